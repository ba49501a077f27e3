/** Tiny limits are met all the time, and no law is broken by it. */
import { expect, it } from "vitest"
import { runs } from "../support/runs.ts"
import { runCramped } from "./cramped.ts"

const SEEDS = runs(20, 200)

it(`${SEEDS} seeds of a cramped shop break no law, and some of it was refused admission`, async () => {
  const { failures, outcomes } = await runCramped(0, SEEDS)
  expect(failures.map(({ replay, violations }) => `${replay}\n${violations.join("\n")}`)).toEqual([])
  expect(outcomes["unavailable: mailbox-full"]).toBeGreaterThan(0)
})
