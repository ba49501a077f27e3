/** Killed with -9 at any moment of its life, the service keeps its word. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as Crash from "./crash.ts"

afterAll(killAll)

describe.each([1, 3])("a service of %i worker(s) that is killed again and again under load", (workers) => {
  it("has forgotten nothing it acknowledged, and done nothing twice", { timeout: 120_000 }, async () => {
    const options = { times: 10, workers, seed: 40 + workers, freshDatabase, log: () => undefined }
    const findings = await Crash.run(options)
    console.log(findings)
    expect(findings.violations).toEqual([])
  })
})
