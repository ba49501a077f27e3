/** Threads that die in the middle of a commit lose nothing and double nothing. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as WorkerDeath from "./worker-death.ts"

afterAll(killAll)

describe.each([1, 3])("a service of %i worker(s) whose threads are terminated under load", (workers) => {
  it("keeps its word at each instant of a commit", async () => {
    const times = 6
    const findings = await WorkerDeath.run({ times, workers, seed: 7 + workers, freshDatabase, log: () => undefined })
    expect(findings.violations).toEqual([])
    expect(findings.faults).toEqual({
      "worker terminated before its commit was sent": 1,
      "worker terminated while Postgres was at its commit": 1,
      "worker terminated before it heard of its commit": 1,
      "worker terminated as it heard of its commit": 1,
      "worker terminated at any moment": 1,
      "worker terminated, and again as it started": 1,
      "late commit of a dead worker came to nothing": 1,
    })
    expect(findings.outcomes["503 worker-lost"]).toBeGreaterThan(0)
  })
})
