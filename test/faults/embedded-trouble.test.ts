/** A service with its own Postgres looks after it: when it dies alone, the service brings it back, and nothing is lost. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as EmbeddedTrouble from "./embedded-trouble.ts"

afterAll(killAll)

describe("a service of 1 worker whose embedded Postgres dies under load", () => {
  it("starts it again, also when its disk is full and only later has room again", async () => {
    const options = { times: 3, workers: 1, seed: 701, freshDatabase, log: () => undefined }
    const findings = await EmbeddedTrouble.run(options)
    expect(findings.violations).toEqual([])
    for (const reason of findings.notTested) console.warn(`NOT TESTED: ${reason}`)
    expect(findings.faults).toEqual({
      "the embedded Postgres killed": 1,
      "the embedded Postgres crashed": 1,
      ...(findings.notTested.length === 0 ? { "the embedded Postgres died of a full disk": 1 } : {}),
    })
  })
})
