/** What this thread is called in metrics, logs and profiles: as it was started (`worker-0`, `facts`, `http-0`), or `main`. */
import { isMainThread, threadName } from "node:worker_threads"

export const THREAD = isMainThread ? "main" : (threadName ?? "")
