/** The real service, killed in the middle: each product's history is linearizable, says each of the two checkers. */
import { randomInt } from "node:crypto"
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import { run } from "./campaign.ts"

afterAll(killAll)

describe.each([1, 3])("a service with %i worker(s) that is killed under load and started again", (workers) => {
  it("answers as if one request after another had been served", async () => {
    const seed = randomInt(1_000_000)
    const told: Array<string> = []
    const findings = await run({ times: 3, workers, seed, freshDatabase, log: (line) => told.push(line) })
    expect(findings.violations, `seed ${seed}\n${told.join("\n")}`).toEqual([])
    expect(findings.outcomes["Linearizable"]).toBe(3)
    expect(findings.faults["attempts without an answer"]).toBeGreaterThan(0)
    // Every kind of answer took part, or less was proved than it seems.
    for (const kind of ["read: 200", "order: 201", "order: 202", "order: 409 insufficient-stock", "cancel: 200"])
      expect(findings.outcomes[kind], kind).toBeGreaterThan(0)
  })
})
