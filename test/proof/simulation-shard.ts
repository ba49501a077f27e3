/** A thread of the proof that simulates some of the seeds, each twice, and reports what happened in sums. */
import { parentPort, workerData } from "node:worker_threads"
import { loadCramped } from "../simulation/cramped.ts"
import { addTo, type Counts } from "../simulation/journal.ts"
import * as Roomy from "../simulation/many.ts"
import type { Simulated } from "./report.ts"

export interface Share {
  readonly shop: "roomy" | "cramped"
  readonly from: number
  readonly length: number
  /** Every how many seeds this thread takes one. */
  readonly step: number
}

/** Seeds between two words to the main thread. */
const WORD = 50

const { from, length, shop, step } = workerData as Share
const { replayCommand, simulate } = shop === "cramped" ? await loadCramped() : Roomy

const sums = { seeds: 0, faults: {}, moments: {}, outcomes: {}, themes: {}, failed: [] } satisfies Simulated as {
  seeds: number
  faults: Counts
  moments: Counts
  outcomes: Counts
  themes: Counts
  failed: Array<Simulated["failed"][number]>
}

for (let seed = from; seed < from + length; seed += step) {
  const run = await simulate(seed)
  const again = await simulate(seed)
  const violations = [...run.violations]
  if (run.history !== again.history) violations.push("the same seed took another course when it ran again")
  const replay = replayCommand(seed, shop === "cramped" ? "--cramped" : "")
  if (violations.length > 0) sums.failed.push({ seed, violations, replay })
  sums.seeds++
  for (const name of ["faults", "moments", "outcomes"] as const) addTo(sums[name], run[name])
  addTo(sums.themes, { [run.theme]: 1 })
  if (sums.seeds % WORD === 0) parentPort!.postMessage({ ...sums, over: false })
}
parentPort!.postMessage({ ...sums, over: true })
