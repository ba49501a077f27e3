/** Two processes under supervisors fight for the lanes; every kind of blow once. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as TwoOwners from "./two-owners.ts"

afterAll(killAll)

it("lanes change hands when their owner is lost, once each time, and never otherwise", async () => {
  const found = await TwoOwners.run({
    times: TwoOwners.BLOWS.length,
    workers: 3,
    seed: 1,
    freshDatabase,
    log: () => undefined,
  })
  expect(found.violations).toEqual([])
  expect(Object.values(found.faults)).toEqual(TwoOwners.BLOWS.map(() => 1))
  // By all blows together: one of them takes two owners, two take none.
  expect(found.figures!["lanes changed hands"]).toBe(6)
  expect(found.checks).toBeGreaterThan(100)
})
