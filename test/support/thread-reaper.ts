/**
 * Loaded into a service by `node --import`: at each SIGUSR2 a worker thread is terminated, as a crash would end it. The
 * service itself knows nothing of it. It is the oldest thread, or that of the worker whose number is in the file
 * JAEGO_REAPER_AIM; threads tell their numbers here, each once when it starts.
 */
import { readFileSync } from "node:fs"
import { BroadcastChannel, isMainThread, threadId, type Worker, workerData } from "node:worker_threads"

interface Presence {
  readonly threadId: number
  readonly worker: number
}

const channel = new BroadcastChannel("jaego reaper")
if (isMainThread) {
  const threads: Array<Worker> = []
  const workers = new Map<number, number>()
  const aim = process.env["JAEGO_REAPER_AIM"]
  channel.onmessage = (message) => {
    const { threadId, worker } = (message as { readonly data: Presence }).data
    workers.set(threadId, worker)
  }
  channel.unref()
  process.on("worker", (thread: Worker) => {
    threads.push(thread)
    thread.once("exit", () => threads.splice(threads.indexOf(thread), 1))
  })
  process.on("SIGUSR2", () => {
    const wanted = aim === undefined ? null : Number(readFileSync(aim, "utf8"))
    const victim = threads.find((thread) => wanted === null || workers.get(thread.threadId) === wanted)
    void victim?.terminate()
  })
} else {
  const { worker } = workerData as { readonly worker: number }
  channel.postMessage({ threadId, worker })
  channel.close()
}
