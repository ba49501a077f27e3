/** A database that falls silent is found out about, in time. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as Silence from "./silence.ts"

afterAll(killAll)

// One after the other they would wait most of their time.
it.concurrent.each([1, 3])(
  "answers the truth about a commit whose answer never comes, with %i worker(s)",
  async (workers) => {
    const findings = await Silence.run({ times: 3, workers, seed: 60 + workers, freshDatabase, log: () => undefined })
    expect(findings.violations).toEqual([])
    expect(findings.faults).toEqual({
      "line silent before a commit arrived": 1,
      "line silent before a commit was answered": 1,
      "all lines but the lease's silent": 1,
    })
  },
)
