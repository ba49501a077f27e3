/**
 * The same programs over Postgres, in real time: fewer of them, and nothing waits for a hold to expire. The database is
 * judged from SQL alone, by the verification that operators run.
 */
import { Effect, Exit } from "effect"
import fc from "fast-check"
import { expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { verify } from "../../src/adapters/postgres/verification/verify.ts"
import { Shop } from "../../src/app/shop.ts"
import * as Books from "../support/books.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { freshDatabase } from "../support/postgres.ts"
import { runs } from "../support/runs.ts"
import { type Program, program } from "../support/trade-program.ts"
import * as Trial from "../support/trial.ts"

/** A program takes about half a second here: a database of its own, and every commit a real one. */
const RUNS = runs(4, 16)

const trade = (of: Program, url: string) =>
  Effect.gen(function* () {
    const traders = new Trial.Traders(yield* Shop, null)
    yield* Trial.stock(of, traders)
    for (const { ops } of of.rounds) yield* Effect.forEach(ops, traders.call, { concurrency: "unbounded" })
    return traders.calls
  }).pipe(
    Effect.provide(MemoryShop.over(Books.postgres(url), { workers: of.workers, deadlineMs: 200 })),
    Effect.scoped,
    Effect.runPromise,
  )

it("keeps the laws of the books over Postgres, and everyone is answered", async () => {
  await fc.assert(
    fc.asyncProperty(program(fc.constantFrom(1, 3), 3), async (of) => {
      const url = await freshDatabase()
      const calls = await trade(of, url)
      expect(calls.filter(({ exit }) => exit === null || (Exit.isFailure(exit) && Exit.hasDies(exit)))).toEqual([])
      const { checks } = await Effect.runPromise(Effect.provide(verify, PostgresClient.layer(url)))
      expect(checks.filter(({ violations }) => violations > 0)).toEqual([])
    }),
    { numRuns: RUNS },
  )
})
