/** What single guards are known for: deadlocks without an order of locks, rows that are skipped. */
import { PgClient } from "@effect/sql-pg"
import { describe, it as test } from "@effect/vitest"
import { Effect } from "effect"
import { expect } from "vitest"
import type { Guard } from "../../../src/adapters/postgres/transactional/guard.ts"
import { pessimistic } from "../../../src/adapters/postgres/transactional/guards/pessimistic.ts"
import { pessimisticUnordered } from "../../../src/adapters/postgres/transactional/guards/pessimistic-unordered.ts"
import { skipLocked } from "../../../src/adapters/postgres/transactional/guards/skip-locked.ts"
import type { ProductId } from "../../../src/domain/ids.ts"
import { counter } from "../../contracts/inventory-counter.ts"
import * as TransactionalShop from "../../support/transactional-shop.ts"

const PAIRS = 20

/** Buyers of two products, half of whom name them the other way round; the deadlocks of the database afterwards. */
const crossing = Effect.gen(function* () {
  const shop = yield* counter
  const sql = yield* PgClient.PgClient
  const [one, two] = [yield* shop.create({ onHand: 2 * PAIRS }), yield* shop.create({ onHand: 2 * PAIRS })]
  const lines = (...ids: ReadonlyArray<ProductId>) => ids.map((id) => [id, 1] as const)
  yield* Effect.forEach(
    Array.from({ length: PAIRS }),
    () =>
      Effect.all([shop.placed(lines(one.id, two.id)), shop.placed(lines(two.id, one.id))], {
        concurrency: "unbounded",
      }),
    { concurrency: 2 },
  )
  expect(yield* shop.stock(one)).toMatchObject({ reserved: 2 * PAIRS })
  expect(yield* shop.stock(two)).toMatchObject({ reserved: 2 * PAIRS })
  const deadlocks = sql<{ readonly deadlocks: number }>`
    select deadlocks::float8 from pg_stat_database where datname = current_database()`
  return Effect.map(deadlocks, ([row]) => row!.deadlocks)
})

const under = <A, E>(guard: Guard, body: Effect.Effect<A, E, Effect.Services<typeof crossing>>) =>
  Effect.scoped(Effect.provide(body, TransactionalShop.layer(guard)))

describe("pessimistic locking", () => {
  test.live("without an order of the locks runs into deadlocks, which the database ends and a second try mends", () =>
    under(
      pessimisticUnordered,
      Effect.gen(function* () {
        // On a busy machine buyers may not meet, and a session reports its statistics a while after its transaction has ended.
        yield* Effect.repeat(Effect.flatten(crossing), { until: (count) => count > 0 })
      }),
    ),
  )

  test.live("in the order of the ids never does", () =>
    under(
      pessimistic,
      Effect.gen(function* () {
        const deadlocks = yield* crossing
        expect(yield* deadlocks).toBe(0)
      }),
    ),
  )
})

describe("a row per unit", () => {
  test.live("has at most as many rows as there are units, also of more than are made at a time", () =>
    under(
      skipLocked,
      Effect.gen(function* () {
        const shop = yield* counter
        const sql = yield* PgClient.PgClient
        const { id } = yield* shop.create({ onHand: 1_200 })
        const rows = Effect.map(
          sql<{ readonly rows: number }>`select count(*)::float8 as rows from stock_units`,
          ([row]) => row!.rows,
        )
        yield* Effect.forEach(Array.from({ length: 40 }), () => shop.placed([[id, 3]]), { concurrency: 16 })
        expect(yield* rows).toBeGreaterThan(0)
        expect(yield* rows).toBeLessThanOrEqual(1_080)
        yield* shop.adjust(id, -1_000)
        expect(yield* rows).toBeLessThanOrEqual(80)
        yield* shop.placed([[id, 80]])
        expect(yield* rows).toBe(0)
        expect(yield* shop.place([[id, 1]])).toMatchObject({ refused: { _tag: "InsufficientStock", available: 0 } })
      }),
    ),
  )
})
