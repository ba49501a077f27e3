/**
 * Two thousand seeds of the simulated shop, and five hundred wild ones: no law is broken, and every dangerous moment and every kind of fault
 * comes about.
 * Of the first two hundred each is run again, and is the same history.
 */
import { beforeAll, describe, expect, it } from "vitest"
import { runMany, type Sum } from "../simulation/many.ts"
import { WILD_FROM } from "../simulation/scenario.ts"
import { simulate } from "../simulation/simulate.ts"

const SEEDS = 2_000
const WILD = 500

/** The first so many are run twice. */
const REPEATED = 200

/** Without these a run proves little: each has to happen in at least one of the seeds. */
const SOMETIMES = [
  "a process died between COMMIT and its answer",
  "a worker died between COMMIT and its answer",
  "the last unit wanted by 100 or more",
  "an expiry raced a payment",
  "a stale owner's commit was fenced",
  "a frozen owner woke up after its lanes were taken",
  "a sibling's hold had lapsed before acceptance",
  "a silent relay lost its leadership",
  "a frozen consumer lost its partitions",
  "a fact published twice",
  "an old fact published again after a newer",
  "a shipment ended: cancelled",
  "a shipment ended: delivered",
  "a shipment ended: stray",
  "a parcel taken whose order was cancelled meanwhile",
  "a callback of the carrier: known",
  "a caller hung up before its turn: dropped",
  "a caller hung up after its order was sent: recorded",
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
  "carrier callback: never sent",
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
  "payment confirm: answer lost",
  "payment confirm: delivered twice",
  "payment confirm: late",
  "payment read: absent before the charge landed",
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
  const histories = new Map<number, string>()
  let sum: Sum

  beforeAll(async () => {
    sum = await runMany(0, SEEDS, ({ history, seed }) => void histories.set(seed, history))
  })

  it("break no law", () => {
    const broken = sum.failures.map(({ replay, violations }) => `${replay}\n${violations.join("\n")}`)
    expect(broken).toEqual([])
  })

  it(`and ${WILD} wild ones break no law`, async () => {
    const { failures } = await runMany(WILD_FROM, WILD)
    expect(failures.map(({ replay, violations }) => `${replay}\n${violations.join("\n")}`)).toEqual([])
  })

  it("meet every dangerous moment", () => {
    expect(SOMETIMES.filter((moment) => (sum.moments[moment] ?? 0) === 0)).toEqual([])
  })

  it("meet every kind of fault", () => {
    expect(FAULTS.filter((fault) => (sum.faults[fault] ?? 0) === 0)).toEqual([])
  })

  it(`are runs of their own, and the first ${REPEATED} are the same when they are run again`, async () => {
    expect(new Set(histories.values()).size).toBe(SEEDS)
    const others: Array<number> = []
    for (let seed = 0; seed < REPEATED; seed++)
      if ((await simulate(seed)).history !== histories.get(seed)) others.push(seed)
    expect(others).toEqual([])
  })
})
