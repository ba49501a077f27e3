/** The owner is asked to end under load, and the one that stands by takes over. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as HandOver from "./hand-over.ts"

afterAll(killAll)

it.each([1, 3])("a hand-over by SIGTERM loses no answer and no order, with %i worker(s)", async (workers) => {
  const found = await HandOver.run({ times: 2, workers, seed: 1, freshDatabase, log: () => undefined })
  expect(found.violations).toEqual([])
  expect(found.faults).toEqual({ "asked to end under load": 2 })
  // A shopper was turned away, or the shop was empty and nothing was tried.
  expect(found.outcomes["503 standby"]).toBeGreaterThan(0)
  const worst = found.figures!["longest wait for an answer, ms"]!
  console.info(`hand-over with ${workers} worker(s): the longest wait for an answer was ${worst} ms`)
})
