/**
 * Loaded into a service by `node --import`: at each SIGUSR2 the oldest worker thread is terminated, as a crash would end
 * it. The service itself knows nothing of it.
 */
import { isMainThread, type Worker } from "node:worker_threads"

if (isMainThread) {
  const threads: Array<Worker> = []
  process.on("worker", (thread: Worker) => threads.push(thread))
  process.on("SIGUSR2", () => void threads.shift()?.terminate())
}
