/** A payment provider with every fault at once costs no buyer money or goods. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as PaymentTrouble from "./payment-trouble.ts"

afterAll(killAll)

/** In the test; a thousand in the proof. */
const TIMES = 20

it.each([1, 3])("takes and gives back exactly what each order says, with %i worker(s)", async (workers) => {
  const options = { times: TIMES, workers, seed: 90 + workers, freshDatabase, log: () => undefined }
  const findings = await PaymentTrouble.run(options)
  expect(findings.violations).toEqual([])
  expect(Object.keys(findings.faults).toSorted()).toEqual([
    "action required",
    "action required, and abandoned",
    "answer lost",
    "charged late",
    "connection reset",
    "declined",
    "error",
    "silent",
    "slow",
    "webhook late",
    "webhook never sent",
    "webhook overtaken",
    "webhook overtaken by its own charge's",
    "webhook twice",
  ])
  for (const times of Object.values(findings.faults)) expect(times).toBeGreaterThanOrEqual(TIMES)
})
