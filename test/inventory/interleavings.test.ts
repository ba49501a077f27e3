/**
 * Interleavings: the ledger's calls take different times, by a seed, so that they complete in every order; and a plan of
 * faults befalls its commits, loads and raises. Whatever happens, the laws hold and everyone is answered.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Fault, faulty } from "../support/faulty-ledger.ts"
import { brokenHistory } from "../support/history-laws.ts"
import { broken, STANDING } from "../support/laws.ts"
import { runs } from "../support/runs.ts"
import { program } from "../support/trade-program.ts"
import * as Trial from "../support/trial.ts"

const RUNS = runs(20, 60)

const fault = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fault>("none") },
  { weight: 1, arbitrary: fc.constantFrom<Fault>("down", "lost-after", "lost-before") },
)

describe("a ledger with bad luck", () => {
  it("breaks no law, and everyone is answered", async () => {
    const faults = fc.array(fault, { minLength: 5, maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(program(fc.constantFrom(1, 3), 4), faults, async (of, planned) => {
        const slow = Trial.slow(of.seed)
        let call = 0
        // The first calls open the shop; after the plan there is peace, so that everything can come to an end.
        const bad = faulty(() => planned[call++ - 10] ?? "none")
        const { books, calls } = await Trial.run(of, (ledger, store) => slow(bad(ledger, store), store))
        expect([...broken(STANDING, books), ...brokenHistory(calls, books)]).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })
})
