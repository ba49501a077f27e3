/**
 * The real service, killed in the middle: each product's history is linearizable, says each of the two checkers. And both
 * say no to the same histories once a small lie is put into them.
 */
import { randomInt } from "node:crypto"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as BySearch from "./by-search.ts"
import * as ByVersion from "./by-version.ts"
import { run } from "./campaign.ts"
import type { History } from "./history.ts"
import * as Mutations from "./mutations.ts"

afterAll(killAll)

/** A lie may cost the search more than it is worth; the truth never does. Positions, some seconds at most. */
const LIE_MAX = 3_000

/** What the checkers say of a few lies about one history. */
const lieAbout = (history: History, seed: number): { readonly bothRefused: number; readonly onlyByVersion: number } => {
  let bothRefused = 0
  let onlyByVersion = 0
  for (const lie of fc.sample(Mutations.any, { seed, numRuns: 12 })) {
    const lied = Mutations.apply(lie, history)
    const isRefused = ByVersion.check(lied).length > 0
    const verdict = BySearch.check(lied, LIE_MAX)._tag
    expect(verdict === "Impossible" && !isRefused, `${JSON.stringify(lie)}, seed ${seed}`).toBe(false)
    if (verdict === "Impossible") bothRefused++
    else if (isRefused) onlyByVersion++
  }
  return { bothRefused, onlyByVersion }
}

describe.each([1, 3])("a service with %i worker(s) that is killed under load and started again", (workers) => {
  it("answers as if one request after another had been served", async () => {
    const seed = randomInt(1_000_000)
    const lines: Array<string> = []
    const histories: Array<History> = []
    const options = { times: 3, workers, seed, freshDatabase, log: (line: string) => lines.push(line) }
    const findings = await run(options, (history) => histories.push(history))
    expect(findings.violations, `seed ${seed}\n${lines.join("\n")}`).toEqual([])
    const { Linearizable = 0, Undecided = 0 } = findings.outcomes
    expect(Linearizable + Undecided).toBe(3)
    expect(Linearizable).toBeGreaterThan(0)
    for (const undecided of findings.notTested) console.warn(undecided)
    expect(findings.faults["attempts without an answer"]).toBeGreaterThan(0)
    // Every kind of answer took part, or less was proved than it seems.
    for (const kind of ["read: 200", "order: 201", "order: 202", "order: 409 insufficient-stock", "cancel: 200"])
      expect(findings.outcomes[kind], kind).toBeGreaterThan(0)
    const lies = histories.map((history) => lieAbout(history, seed))
    const refused = lies.reduce((sum, { bothRefused }) => sum + bothRefused, 0)
    expect(refused).toBeGreaterThan(2)
  })
})
