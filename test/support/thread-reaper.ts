/**
 * Loaded into a service by `node --import`: at each SIGUSR2 a worker thread is terminated, as a crash would end it. The
 * service itself knows nothing of it. It is the oldest thread, or that of the worker whose number is in the file
 * JAEGO_REAPER_AIM; threads tell their numbers here, each once when it starts.
 */
import { readFileSync } from "node:fs"
import { BroadcastChannel, isMainThread, threadId, type Worker, workerData } from "node:worker_threads"

interface Presence {
  readonly threadId: number
  /** A worker's number; the facts thread has none. */
  readonly name: string
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
      return wanted === null ? name !== "facts" : name === wanted
    })
    void victim?.terminate()
  })
} else {
  const { worker } = workerData as { readonly worker?: number }
  const presence: Presence = { threadId, name: worker === undefined ? "facts" : String(worker) }
  channel.postMessage(presence)
  channel.close()
}
