/** A generated past is one that the shop could have had: verification holds, and facts read as the shop writes them. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import { fill, type Past } from "../../../src/adapters/postgres/bulk-load.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import type { OrderId } from "../../../src/domain/ids.ts"
import * as Order from "../../../src/domain/order.ts"
import * as Facts from "../../../src/ports/facts.ts"
import { Ledger, nothingWanted } from "../../../src/ports/ledger.ts"
import { freshClient } from "../../support/postgres.ts"

const NOW = 1_780_315_200_000

const past = (products: number, orders: number, onHand = 1_000): Past => ({ products, orders, onHand, now: NOW })

const filled = (past: Past) => {
  const stages: Array<string> = []
  return Effect.as(
    fill(past, (stage) => Effect.sync(() => void stages.push(stage))),
    stages,
  )
}

const broken = Effect.map(verify, ({ checks }) => checks.filter(({ violations }) => violations > 0))

const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient | Ledger>) =>
  Effect.runPromise(
    effect.pipe(Effect.provide(Layer.provideMerge(PostgresLedger.layer, freshClient)), Effect.scoped) as Effect.Effect<
      A,
      E
    >,
  )

const count = Effect.fnUntraced(function* (table: string) {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql.unsafe<{ readonly count: number }>(`select count(*)::int as count from ${table}`)
  return rows[0]!.count
})

/** Those that are there and those that have gone. */
const factsOf = Effect.fnUntraced(function* (there: Effect.Effect<number, unknown, PgClient.PgClient>) {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<{ readonly gone: number }>`select coalesce(sum(facts), 0)::int as gone from outbox_dropped`
  return (yield* there) + rows[0]!.gone
})

interface FactRow {
  readonly type: string
  readonly payload: string
  readonly version: number
}

describe("a generated past", () => {
  it.each([
    [1, 0],
    [1, 25],
    [64, 64],
    [65, 700],
    [130, 129],
  ])("of %i products and %i orders breaks no law", async (products, orders) => {
    const found = await on(
      Effect.gen(function* () {
        yield* filled(past(products, orders))
        return {
          broken: yield* broken,
          products: yield* count("products"),
          orders: yield* count("orders"),
          keys: yield* count("idempotency_keys"),
          shipments: yield* count("shipments"),
          facts: yield* factsOf(count("outbox")),
        }
      }),
    )
    const sold = Array.from({ length: orders }, (_, i) => Math.floor(i / products) % 10).filter(
      (k) => k !== 3 && k !== 7,
    )
    const facts = products + 4 * orders + 2 * sold.length
    expect(found).toEqual({ broken: [], products, orders, keys: orders, shipments: sold.length, facts })
  })

  it("keeps of its facts those of the last days, and all have left", async () => {
    const found = await on(
      Effect.gen(function* () {
        yield* filled(past(65, 700))
        const sql = yield* PgClient.PgClient
        const rows = yield* sql<{ readonly oldest: Date; readonly behind: number; readonly strays: number }>`
          select (select min(occurred_at) from outbox) as oldest, (select count(*)::int from outbox_rest) as strays,
            (select count(*)::int from lanes l join relay_cursors c using (lane) where c.seq <> l.seq) as behind`
        return { ...rows[0]!, facts: yield* count("outbox") }
      }),
    )
    expect(found).toMatchObject({ behind: 0, strays: 0 })
    expect(found.facts).toBeGreaterThan(200)
    expect(found.oldest.getTime()).toBeGreaterThanOrEqual(NOW - 3 * 24 * 3_600_000 - 12 * 3_600_000)
  })

  it("has orders that were delivered, cancelled and expired, whose facts read as the shop writes them", async () => {
    const orders = await on(
      Effect.gen(function* () {
        yield* filled(past(3, 600))
        const sql = yield* PgClient.PgClient
        const ledger = yield* Ledger
        const ids = yield* sql<{ readonly id: OrderId }>`
          select subject as id from outbox where subject_kind = 'order' and subject_version = 1`
        const { orders } = yield* ledger.load({ ...nothingWanted, orders: ids.map(({ id }) => id) })
        const facts = yield* Effect.forEach(
          orders,
          ({ id }) =>
            sql<FactRow>`select type, payload, subject_version::int as version from outbox where subject = ${id} order by seq`,
        )
        return orders.map((order, index) => ({ order, facts: facts[index]! }))
      }),
    )
    expect(new Set(orders.map(({ order }) => order.status))).toEqual(new Set(["delivered", "cancelled", "expired"]))
    for (const { facts, order } of orders) {
      const lives: ReadonlyArray<Order.Status> =
        order.status === "delivered" ? ["paid", "shipped", "delivered"] : [order.status]
      const versions = lives.map((status, index) => ({ ...order, status, version: index + 2 }) as Order.Order)
      const written = [Order.place(order, null), ...versions].map((each) => ({
        version: each.version,
        payload: Facts.orderPayload(each),
      }))
      expect(facts.map(({ payload, version }) => ({ version, payload }))).toEqual(written)
      expect(facts.map(({ type }) => type)).toEqual(["placed", ...lives].map((each) => `jaego.order.${each}.v1`))
    }
  })

  it("writes what moved as the shop does", async () => {
    const rows = await on(
      Effect.gen(function* () {
        yield* filled(past(2, 300))
        const sql = yield* PgClient.PgClient
        return yield* sql<{ readonly payload: string; readonly at: number; readonly m: Record<string, never> }>`
          select f.payload, row_to_json(m) as m from outbox f
          join movements m on m.product_id = f.subject and m.version = f.subject_version where f.subject_kind = 'stock'`
      }),
    )
    expect(rows.length).toBeGreaterThan(40)
    for (const { m, payload } of rows) {
      const event = {
        type: m["type"]!,
        onHand: m["on_hand_delta"]!,
        reserved: m["reserved_delta"]!,
        reason: m["reason"]!,
      }
      const after = { onHand: m["on_hand"]!, reserved: m["reserved"]!, version: m["version"]! }
      expect(payload).toBe(Facts.stockPayload(m["product_id"]!, event, after, m["order_id"]!))
    }
  })

  it("is refused by a database that has products", async () => {
    const refused = await on(Effect.andThen(filled(past(1, 1)), Effect.flip(filled(past(1, 1)))))
    expect(refused).toMatchObject({ message: "only an empty database can be filled: this one has products" })
  })
})
