/** Two hundred seeds: no law is broken, every dangerous moment happens, and the same seed is the same history. */
import { beforeAll, describe, expect, it } from "vitest"
import { runMany, type Sum } from "./many.ts"
import { type Run, simulate } from "./simulate.ts"

const SEEDS = 200

/** Without these a run proves little: each has to happen in at least one of the seeds. */
const SOMETIMES = [
  "a process died between COMMIT and its answer",
  "a worker died between COMMIT and its answer",
  "the last unit wanted by 100 or more",
  "an expiry raced a payment",
  "a stale owner's commit was fenced",
  "a frozen owner woke up after its lanes were taken",
  "a sibling's hold had lapsed before acceptance",
  "a silent relay lost its turn",
  "a frozen consumer lost its partitions",
  "a fact told twice",
  "an old fact told again after a newer",
  "a shipment ended: cancelled",
  "a shipment ended: delivered",
  "a shipment ended: stray",
  "a parcel taken whose order was cancelled meanwhile",
  "a callback of the carrier: known",
  "a batch of 1",
  "a batch of 64 or more",
]

const FAULTS = [
  "a caller hung up",
  "a facts thread killed",
  "a clock put back",
  "a clock put forward",
  "a process asked to stop",
  "a process cut off from the database",
  "a process frozen",
  "a process killed",
  "a request sent twice",
  "a thread frozen",
  "a worker thread killed",
  "carrier callback: never told",
  "carrier callback: twice",
  "carrier cancel: answer lost",
  "carrier register: answer lost",
  "carrier register: delivered twice",
  "carrier register: late",
  "carrier register: no word",
  "carrier register: refused",
  "commit answer late",
  "commit answer lost after",
  "commit answer lost before",
  "commit refused",
  "delivered again",
  "intake answer late",
  "intake answer lost after",
  "load refused",
  "payment charge: answer lost",
  "payment charge: delivered twice",
  "payment charge: late",
  "payment look-up: absent before the charge landed",
  "publish answer late",
  "publish answer lost after",
  "publish came twice",
  "raise answer lost after",
  "raise refused",
  "shipments answer late",
  "shipments answer lost after",
  "the database restarted",
  "the lease's session ended",
  "the relay's session ended",
  "the stream was down",
]

describe(`${SEEDS} seeds`, () => {
  const runs: Array<Run> = []
  let sum: Sum

  beforeAll(async () => {
    sum = await runMany(0, SEEDS, (run) => runs.push(run))
  }, 120_000)

  it("break no law", () => {
    const told = sum.failures.map(({ replay, violations }) => `${replay}\n${violations.join("\n")}`)
    expect(told).toEqual([])
  })

  it("meet every dangerous moment", () => {
    expect(SOMETIMES.filter((moment) => (sum.moments[moment] ?? 0) === 0)).toEqual([])
  })

  it("meet every kind of fault", () => {
    expect(FAULTS.filter((fault) => (sum.faults[fault] ?? 0) === 0)).toEqual([])
  })

  it("are the same run when they are run again", async () => {
    const others: Array<number> = []
    for (const { history, seed } of runs) if ((await simulate(seed)).history !== history) others.push(seed)
    expect(others).toEqual([])
  }, 120_000)

  it("are runs of their own", () => {
    expect(new Set(runs.map(({ history }) => history)).size).toBe(SEEDS)
  })
})
