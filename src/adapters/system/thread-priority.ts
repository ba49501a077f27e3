/**
 * The priority of threads, where processors are short: threads that decide come after those that read sockets and answer.
 *
 * Why it exists: under overload the main thread is the one that all others wait for. It passes each command on and each answer back, and
 * refuses what is too much; while it waits for a processor as long as any worker does, everything that is under way waits with it.
 * Limits: Linux, where a thread has a nice value of its own. A process may only raise it, and needs no right to do so.
 */
import { readlinkSync } from "node:fs"
import { setPriority } from "node:os"

/** A third of the weight of nice 0. With 10 the workers starve, and less is answered. */
const BEHIND = 5

/** The calling thread, and those that it starts, come behind the others of this process. */
export const fallBehind = (): void => {
  if (process.platform !== "linux") return
  try {
    // `PID/task/TID`: setpriority of Linux means the thread of that number alone.
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), BEHIND)
  } catch {
    // Without /proc, or where a sandbox forbids it, all threads are equal: nothing depends on it but waiting times.
  }
}
