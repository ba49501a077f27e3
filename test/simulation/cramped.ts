/**
 * A cramped shop: the same source with tiny limits, so that a few dozen orders fill what otherwise takes millions. Memory
 * forgets all the time, commits are cut into small batches, deadlines find no room, admission refuses.
 *
 * Limits: runs in a thread of its own, not inside a test runner (see `mutants/load.ts`).
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import type * as Many from "./many.ts"
import { type Change, load } from "./mutants/load.ts"

const LIMITS = "src/app/inventory/limits.ts"

const limit = (name: string, now: string, cramped: number): Change => ({
  file: LIMITS,
  from: `export const ${name} = ${now}\n`,
  to: `export const ${name} = ${cramped}\n`,
})

const CHANGES: ReadonlyArray<Change> = [
  limit("BATCH_SIZE_MAX", "512", 3),
  limit("BATCH_ROWS_MAX", "8_192", 48),
  limit("ADMITTED_PER_PRODUCT_MAX", "8_192", 12),
  limit("ADMITTED_PER_WORKER_MAX", "65_536", 40),
  limit("RESIDENT_PRODUCTS_MAX", "1_000_000", 3),
  limit("RESIDENT_ORDERS_MAX", "50_000", 6),
  limit("RESIDENT_UNITS_MAX", "100_000", 4),
  limit("DEADLINE_HORIZON_MS", "30_000", 2_000),
  limit("DEADLINES_MAX", "50_000", 8),
  limit("KEYS_PAGE", "5_000", 7),
]

export const loadCramped = (): Promise<typeof Many> => load<typeof Many>("test/simulation/many.ts", CHANGES)

interface Asked {
  readonly from: number
  readonly count: number
}

/** So many seeds, in a thread. */
export const runCramped = (from: number, count: number): Promise<Many.Sum> =>
  new Promise((resolve, reject) => {
    const asked: Asked = { from, count }
    const worker = new Worker(new URL(import.meta.url), { workerData: asked })
    worker.once("message", resolve)
    worker.once("error", reject)
    worker.once("exit", (code) => reject(new Error(`the thread of the cramped shop ended with ${code}`)))
  })

if (!isMainThread && workerData !== null && typeof workerData === "object" && "count" in workerData) {
  const { count, from } = workerData as Asked
  const { runMany } = await loadCramped()
  parentPort!.postMessage(await runMany(from, count, undefined, "--cramped"))
}
