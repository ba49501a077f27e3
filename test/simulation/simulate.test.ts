/**
 * Some seeds of the simulated shop: no law is broken, and the same seed is the same history. The thousands, and the proof that
 * they meet every dangerous moment, are in `faults/seeds.test.ts`.
 */
import { beforeAll, describe, expect, it } from "vitest"
import { runs } from "../support/runs.ts"
import { runMany, type Sum } from "./many.ts"
import { WILD_FROM } from "./scenario.ts"
import { type Run, simulate } from "./simulate.ts"

describe.each([
  // Two of every theme (`scenario.ts`), or four.
  ["seeds", runs(20, 40), 0],
  ["wild seeds", runs(10, 40), WILD_FROM],
] as const)("%s: %i", (_, seeds, from) => {
  const runs: Array<Run> = []
  let sum: Sum

  beforeAll(async () => {
    sum = await runMany(from, seeds, (run) => runs.push(run))
  })

  it("break no law", () => {
    const failures = sum.failures.map(({ replay, violations }) => `${replay}\n${violations.join("\n")}`)
    expect(failures).toEqual([])
  })

  it("are the same run when they are run again", async () => {
    const others: Array<number> = []
    for (const { history, seed } of runs) if ((await simulate(seed)).history !== history) others.push(seed)
    expect(others).toEqual([])
  })

  it("are runs of their own", () => {
    expect(new Set(runs.map(({ history }) => history)).size).toBe(seeds)
  })
})
