/** Sessions that the database ends, whatever they were at, lose no order and double none. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as BackendTermination from "./backend-termination.ts"

afterAll(killAll)

describe.each([1, 3])("a service of %i worker(s) whose database sessions are terminated under load", (workers) => {
  it("finds out what became of each commit, and connects again", async () => {
    const options = { times: 10, workers, seed: 70 + workers, freshDatabase, log: () => undefined }
    const findings = await BackendTermination.run(options)
    expect(findings.violations).toEqual([])
    expect(findings.faults).toEqual({
      "backend terminated before the commit reached it": 2,
      "backend terminated in the commit": 1,
      "backend terminated after COMMIT, before its answer was heard": 3,
      "backend terminated after its commit was heard of": 1,
      "backend of the lease terminated": 1,
      "backends that read terminated": 2,
    })
  })
})
