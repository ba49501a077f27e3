/**
 * Loaded into every thread of a service that is measured (`--import`, with `--expose-gc`): at SIGUSR2 each collects its
 * garbage and says what is left; the main thread writes the sum, in bytes, to the file that BENCH_HEAP_FILE names.
 */
import { renameSync, writeFileSync } from "node:fs"
import { getHeapStatistics } from "node:v8"
import { BroadcastChannel, isMainThread } from "node:worker_threads"

/** Long enough for a thread to collect some hundred megabytes (ms). */
const PATIENCE_MS = 3_000

const collect = (globalThis as { readonly gc?: () => void }).gc!

const live = (): number => {
  // Twice: what finalizers let go of in the first is found by the second.
  collect()
  collect()
  const { external_memory, malloced_memory, used_heap_size } = getHeapStatistics()
  return used_heap_size + external_memory + malloced_memory
}

type Message = { readonly _tag: "Measure" } | { readonly _tag: "Live"; readonly bytes: number }

const channel = new BroadcastChannel("jaego-bench-heap")
channel.unref()
let sum = 0

const hear = (event: unknown): void => {
  const message = (event as { readonly data: Message }).data
  if (message._tag === "Measure") channel.postMessage({ _tag: "Live", bytes: live() } satisfies Message)
  else sum += message.bytes
}
channel.onmessage = hear as NonNullable<typeof channel.onmessage>

if (isMainThread)
  process.on("SIGUSR2", () => {
    sum = live()
    channel.postMessage({ _tag: "Measure" } satisfies Message)
    setTimeout(() => {
      const file = process.env["BENCH_HEAP_FILE"]!
      writeFileSync(`${file}.part`, String(sum))
      renameSync(`${file}.part`, file)
    }, PATIENCE_MS)
  })
