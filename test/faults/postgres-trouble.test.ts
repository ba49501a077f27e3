/** Whatever Postgres suffers, callers hear 503 or the truth, and afterwards business goes on by itself. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as PostgresTrouble from "./postgres-trouble.ts"

afterAll(killAll)

describe("a service of 3 workers whose Postgres is in trouble under load", () => {
  it("outlives restarts, read-only spells, timeouts and a full disk without help", async () => {
    const options = { times: 9, workers: 3, seed: 700, freshDatabase, log: () => undefined }
    const findings = await PostgresTrouble.run(options)
    expect(findings.violations).toEqual([])
    for (const reason of findings.notTested) console.warn(`NOT TESTED: ${reason}`)
    expect(findings.faults).toEqual({
      "Postgres restarted, fast": 1,
      "Postgres restarted, immediate": 1,
      "Postgres restarted, killed": 1,
      "Postgres read-only": 1,
      "a session read-only": 1,
      "Postgres read-only when the lease was lost": 1,
      "lock timeout": 1,
      "statement timeout behind a lock": 1,
      ...(findings.notTested.length === 0 ? { "disk full": 1 } : {}),
    })
    expect(findings.outcomes["503 database"]).toBeGreaterThan(0)
  })
})
