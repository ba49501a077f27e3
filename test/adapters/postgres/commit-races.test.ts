/** A commit beside another session that is at the same rows: it waits, and writes where the row is then, or says what has changed. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as Order from "../../../src/domain/order.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import { type Ledger, nothingWanted } from "../../../src/ports/ledger.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { holding, waitingForLock } from "../../support/sessions.ts"

const adapters = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(freshClient))

const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

const run = <Row extends object>(statement: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement))

const ON_HAND = 10

/** Three orders, each of one product. */
const placed = Effect.gen(function* () {
  const scribe = yield* Scribe.owner
  const products = Array.from({ length: 3 }, () => Scribe.productIn(7))
  yield* scribe.commit({ products: products.map((product) => ({ product, onHand: ON_HAND })) })
  const orders = products.map((product) => Scribe.order([product]))
  const claims = orders.map(() => Scribe.claim())
  yield* scribe.commit({
    orders,
    holds: orders.flatMap((order) => Scribe.holds(order)),
    changes: orders.flatMap((order) => Scribe.reserving(order, ON_HAND)),
    keys: orders.map((order, index) => Scribe.orderAnswer(order, claims[index]!)),
  })
  const [first, second, third] = orders
  return { scribe, orders, claims, first: first!, second: second!, third: third! }
})

const paying = (order: Order.Order) => ({
  order: Order.evolve(order, { _tag: "Paid" }),
  expectedVersion: 1,
  elsewhere: false,
})

const confirming = (order: Order.Order) =>
  ({ orderId: order.id, productId: order.lines[0]!.productId, from: "held", to: "confirmed" }) as const

const COMMITTED = { _tag: "Committed" }

const states = Effect.map(run<{ state: string }>("select state from holds order by order_id"), (rows) =>
  rows.map(({ state }) => state),
)

const paidOrders = Effect.map(
  run<{ id: string }>("select id from orders where status = 'paid' and version = 2 order by id"),
  (rows) => rows.map(({ id }) => id),
)

/** What the commit comes to once the rival, which it has met, has committed. */
const beside = (rival: string, { scribe }: { readonly scribe: Scribe.Scribe }, parts: Scribe.Parts) =>
  Effect.gen(function* () {
    const held = yield* holding(rival)
    const commit = yield* Effect.forkScoped(Effect.result(scribe.commit(parts)))
    yield* waitingForLock("jaego_commit")
    yield* held.commit
    const ended = yield* Fiber.join(commit)
    return ended._tag === "Success" ? ended.success : ended.failure
  })

/** Versions of the row behind which the last one lies on another page. */
const MOVES = 300

const moved = (update: string) => `do $$ begin for i in 1..${MOVES} loop ${update}; end loop; end $$`

describe("a hold that another session", () => {
  it("has moved is changed where it is", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const rival = moved(`update holds set quantity = quantity where order_id = '${shop.second.id}'`)
        expect(
          yield* beside(rival, shop, { holdChanges: shop.orders.map(confirming), orderUpdates: [paying(shop.first)] }),
        ).toMatchObject(COMMITTED)
        expect(yield* states).toEqual(["confirmed", "confirmed", "confirmed"])
      }),
    ))

  it("has ended is contested, and nothing is written", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const rival = `update holds set state = 'expired' where order_id = '${shop.second.id}'`
        expect(
          yield* beside(rival, shop, {
            holdChanges: shop.orders.map(confirming),
            orderUpdates: [paying(shop.first)],
          }),
        ).toMatchObject({ _tag: "Contested", changedHolds: [shop.second.id] })
        expect(yield* states).toEqual(["held", "expired", "held"])
        expect(yield* paidOrders).toEqual([])
      }),
    ))

  it("has deleted is contested", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const rival = `delete from holds where order_id = '${shop.second.id}'`
        expect(yield* beside(rival, shop, { holdChanges: shop.orders.map(confirming) })).toMatchObject({
          _tag: "Contested",
          changedHolds: [shop.second.id],
        })
        expect(yield* states).toEqual(["held", "held"])
      }),
    ))
})

describe("holds", () => {
  it("are locked in the order of their keys, whatever the order of the batch", () =>
    over(
      Effect.gen(function* () {
        const { first, orders, scribe, second, third } = yield* placed
        const held = yield* holding(`select from holds where order_id = '${second.id}' for update`)
        const holdChanges = [third, first, second].map(confirming)
        const commit = yield* Effect.forkScoped(scribe.commit({ orderUpdates: [paying(first)], holdChanges }))
        yield* waitingForLock("jaego_commit")
        const free = yield* run<{ order_id: string }>("select order_id from holds for update skip locked")
        expect(free.map((row) => row.order_id)).toEqual([third.id])
        yield* held.commit
        expect(yield* Fiber.join(commit)).toMatchObject(COMMITTED)
        expect(yield* states).toEqual(orders.map(() => "confirmed"))
      }),
    ))
})

describe("an order that another session", () => {
  it("has moved without a new version is changed where it is, once, and so are the others", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const rival = moved(`update orders set elsewhere = false where id = '${shop.second.id}'`)
        const orderUpdates = shop.orders.map(paying)
        expect(yield* beside(rival, shop, { orderUpdates })).toMatchObject(COMMITTED)
        expect(yield* paidOrders).toEqual(shop.orders.map(({ id }) => id))
      }),
    ))

  it("has changed makes the commit stale, and nothing is written", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const rival = `update orders set version = 7 where id = '${shop.second.id}'`
        expect(yield* beside(rival, shop, { orderUpdates: [paying(shop.second)] })).toMatchObject({
          _tag: "StaleOwner",
        })
        expect(yield* paidOrders).toEqual([])
      }),
    ))
})

describe("a key whose outcome another session", () => {
  it("has stored keeps it", () =>
    over(
      Effect.gen(function* () {
        const shop = yield* placed
        const [one, two, three] = shop.claims
        const rival = `update idempotency_keys set order_status = 'payment_failed' where key = '${two!.key}'`
        const keyOutcomes = shop.claims.map(({ key, route }) => ({ key, route, status: "paid" }) as const)
        expect(yield* beside(rival, shop, { orderUpdates: shop.orders.map(paying), keyOutcomes })).toMatchObject(
          COMMITTED,
        )
        const { known } = yield* shop.scribe.ledger.load({ ...nothingWanted, keys: [one!, two!, three!] })
        expect(known.map(({ reply }) => (reply as { order: Order.Order }).order.status)).toEqual([
          "paid",
          "payment_failed",
          "paid",
        ])
      }),
    ))
})
