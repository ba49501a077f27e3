/** What is refused leaves nothing in the database, however many workers an order lies on, and however often it comes. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import type { OrderId, ProductId } from "../../../src/domain/ids.ts"
import * as Lane from "../../../src/domain/lane.ts"
import { type Command, Inventory } from "../../../src/ports/inventory.ts"
import * as Books from "../../support/books.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import { freshDatabase } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"

const ORDERS = 1_000
const WORKERS = 3
const LINES = 12

const shop = Layer.unwrap(
  Effect.map(Effect.promise(freshDatabase), (url) =>
    MemoryShop.over(Books.postgres(url), { workers: WORKERS }).pipe(Layer.provideMerge(PostgresClient.layer(url))),
  ),
)

const counted = Effect.flatMap(PgClient.PgClient, (sql) =>
  sql.unsafe(`select (select count(*) from orders) as orders, (select count(*) from holds) as holds,
    (select count(*) from movements) as movements, (select count(*) from outbox) as facts,
    (select count(*) from idempotency_keys) as keys, (select sum(reserved) from stock) as reserved`),
)

const create = Effect.fnUntraced(function* (lane: number, onHand: number, currency = "EUR") {
  const id = Lane.place(Scribe.freshId(), lane) as ProductId
  const product = Scribe.product({ id, sku: `sku-${id}`, price: { amount: 100, currency } })
  yield* (yield* Inventory).submit({ _tag: "CreateProduct", product, onHand, claim: null })
  return id
})

it("a thousand refused orders over three workers leave no row", () =>
  Effect.gen(function* () {
    yield* MemoryShop.opened
    const { submit } = yield* Inventory
    const many = yield* Effect.forEach(Array.from({ length: LINES }), (_, lane) => create(lane, 1_000_000))
    const soldOut = yield* Effect.forEach([0, 1, 2], (lane) => create(lane, 0))
    const foreign = yield* create(4, 1_000_000, "USD")
    const before = yield* counted
    const refusals = yield* Effect.forEach(
      Array.from({ length: ORDERS }),
      (_, n) => {
        const ids = [...many, [...soldOut, foreign][n % 4]!]
        const command: Command = {
          _tag: "PlaceOrder",
          orderId: Lane.place(Scribe.freshId(), Lane.home(ids)) as OrderId,
          customerId: `buyer ${n}`,
          lines: ids.map((productId) => ({ productId, quantity: 1 })),
          held: [],
          token: null,
          createdAt: Date.now(),
          expiresAt: Date.now() + 600_000,
          claim: Scribe.claim(),
        }
        return Effect.flip(submit(command))
      },
      { concurrency: 50 },
    )
    const reasons = refusals.map((error) => (error._tag === "Refused" ? error.rejection._tag : error.reason))
    expect(Object.groupBy(reasons, (each) => each)).toMatchObject({
      InsufficientStock: { length: (ORDERS * 3) / 4 },
      MixedCurrencies: { length: ORDERS / 4 },
    })
    expect(yield* counted).toEqual(before)
  }).pipe(Effect.provide(shop), Effect.runPromise))
