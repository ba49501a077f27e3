/**
 * Loaded into a service by `node --import`: at each SIGUSR2 a worker thread is terminated, as a crash would end it, or
 * hangs (JAEGO_REAPER_DEED is `hang`): it runs in a circle, for ever. The service itself knows nothing of it. It is the
 * oldest worker, or the thread whose name is in the file JAEGO_REAPER_AIM; threads report their names here, each once when it
 * starts. A thread that hangs says so first, on stdout.
 */
import { readFileSync, writeSync } from "node:fs"
import { BroadcastChannel, isMainThread, threadId, type Worker, workerData } from "node:worker_threads"

interface Presence {
  readonly threadId: number
  /** A worker's number, `http-` and an HTTP thread's number, or `facts`. */
  readonly name: string
}

/** Which thread is to hang, by its id. */
type Order = { readonly hang: number }

const deed = process.env["JAEGO_REAPER_DEED"] ?? "terminate"

const hang = (): never => {
  // By itself: what it would log goes through the main thread, at a turn of its own that never comes.
  writeSync(1, "a thread hangs from now on\n")
  for (;;);
}

const channel = new BroadcastChannel("jaego reaper")
if (isMainThread) {
  const threads: Array<Worker> = []
  const names = new Map<number, string>()
  const aim = process.env["JAEGO_REAPER_AIM"]
  channel.onmessage = (message) => {
    const { name, threadId } = (message as { readonly data: Presence }).data
    names.set(threadId, name)
  }
  channel.unref()
  process.on("worker", (thread: Worker) => {
    threads.push(thread)
    thread.once("exit", () => threads.splice(threads.indexOf(thread), 1))
  })
  process.on("SIGUSR2", () => {
    const wanted = aim === undefined ? null : readFileSync(aim, "utf8").trim()
    const victim = threads.find(({ threadId }) => {
      const name = names.get(threadId)
      return wanted === null ? name !== "facts" && !name?.startsWith("http-") : name === wanted
    })
    if (victim === undefined) return
    if (deed === "hang") channel.postMessage({ hang: victim.threadId } satisfies Order)
    else void victim.terminate()
  })
} else {
  const { http, worker } = workerData as { readonly http?: number; readonly worker?: number }
  const serving = http === undefined ? "facts" : `http-${http}`
  const presence: Presence = { threadId, name: worker === undefined ? serving : String(worker) }
  channel.postMessage(presence)
  if (deed === "hang") {
    channel.onmessage = (message) => {
      if ((message as { readonly data: Partial<Order> }).data.hang === threadId) hang()
    }
    channel.unref()
  } else channel.close()
}
