/** Killed with -9 at any moment of its life, the service keeps its word. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as Crash from "./crash.ts"

afterAll(killAll)

const FAULTS = [
  "killed before its commit was sent",
  "killed with its commit sent and not answered",
  "killed with its commit's answer on its way",
  "killed as it was answered its commit",
  "killed before its commit was sent, which arrived after the restart and was fenced",
  "killed before a payment or cancellation was recorded",
  "killed at a random moment",
  "killed together with Postgres",
]

describe.each([
  { workers: 1, kills: 10, more: [] },
  { workers: 3, kills: 10, more: ["killed between a hold and its order"] },
])("a service of $workers worker(s) that is killed again and again under load", ({ kills, more, workers }) => {
  it("has forgotten nothing it acknowledged, and done nothing twice", async () => {
    const options = { times: kills, workers, seed: 40 + workers, freshDatabase, log: () => undefined }
    const { checks, faults, outcomes, violations } = await Crash.run(options)
    expect(violations).toEqual([])
    for (const fault of [...FAULTS, ...more]) expect(faults, JSON.stringify(faults)).toHaveProperty([fault])
    const { "killed again while it started": _, ...inTime } = faults
    expect(Object.values(inTime).reduce((all, count) => all + count)).toBe(kills)
    for (const outcome of ["201", "202", "409 insufficient-stock", "no answer"])
      expect(outcomes[outcome], JSON.stringify(outcomes)).toBeGreaterThan(0)
    expect(outcomes["left open, and it had happened"]).toBeGreaterThan(0)
    expect(outcomes["left open, and it had not happened"]).toBeGreaterThan(0)
    expect(checks).toBeGreaterThan(1_000)
  })
})
