/** What every order book promises: orders as they were committed, newest first, and what is left to do for them outside. */
import { Effect, type Layer } from "effect"
import { expect } from "vitest"
import type * as Hold from "../../src/domain/hold.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { CommittedOrders } from "../../src/ports/committed-orders.ts"
import { lowest } from "../../src/ports/ids.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Ledger } from "../../src/ports/ledger.ts"
import { OrderBook } from "../../src/ports/order-book.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

type Needs = OrderBook | UnsettledOrders | CommittedOrders | Ledger | Lease

const { NOON } = Scribe

/** Orders over two products in different lanes, placed one after another. */
const placed = (orders: ReadonlyArray<{ readonly terms?: Partial<Order.Terms>; readonly attempt?: Order.Attempt }>) =>
  Effect.gen(function* () {
    const scribe = yield* Scribe.owner
    const one = Scribe.product()
    const other = Scribe.productElsewhere(one)
    const start = Scribe.freshId() as OrderId
    const all = orders.map(({ attempt, terms }) => Scribe.order([one, other], terms, attempt ?? null))
    yield* scribe.commit({
      products: [one, other].map((product) => ({ product, onHand: 10 })),
      orders: all,
      holds: all.flatMap((order) => Scribe.holds(order)),
    })
    return { scribe, one, other, orders: all, start, book: yield* OrderBook, open: yield* UnsettledOrders }
  })

/** All orders. */
const ALL = { customerId: null, status: null, from: null, to: null }

const newestFirst = (orders: ReadonlyArray<Order.Order>) => orders.toSorted((a, b) => (a.id < b.id ? 1 : -1))
const oldestFirst = (orders: ReadonlyArray<Order.Order>) => newestFirst(orders).toReversed()

const change = (order: Order.Order, event: Order.Event, holds: "elsewhere" | "none-elsewhere" = "none-elsewhere") => ({
  order: Order.evolve(order, event),
  expectedVersion: order.version,
  elsewhere: holds === "elsewhere",
})

const moved = (order: Order.Order, line: number, from: Hold.State, to: Hold.State) => ({
  orderId: order.id,
  productId: order.lines[line]!.productId,
  from,
  to,
})

const ATTEMPT: Order.Attempt = { token: "tok_ok", startedAt: NOON, action: null }

const reading: ReadonlyArray<Check<Needs>> = [
  check("gets an order as it was committed, and null for an unknown one", function* () {
    const { book, orders, other } = yield* placed([{}, { attempt: ATTEMPT }])
    expect(yield* book.get(orders[0]!.id)).toEqual(orders[0])
    expect(yield* book.get(orders[1]!.id)).toEqual(orders[1])
    expect(yield* book.get(Scribe.order([other]).id)).toBeNull()
  }),

  check("finds an order by the key that it was placed under, and by no other key or route", function* () {
    const scribe = yield* Scribe.owner
    const product = Scribe.product()
    const [order, key, other] = [Scribe.order([product]), Scribe.claim(), Scribe.claim()]
    yield* scribe.commit({
      products: [{ product, onHand: 10 }],
      orders: [order],
      holds: Scribe.holds(order),
      keys: [Scribe.orderAnswer(order, key), Scribe.orderAnswer(order, { ...other, route: "pay" })],
    })
    const book = yield* OrderBook
    expect(yield* book.ofKey(key.key)).toBe(order.id)
    expect(yield* book.ofKey(other.key)).toBeNull()
    expect(yield* book.ofKey("never given")).toBeNull()
  }),

  check("says how many units are held, and when the first hold ends that no charge keeps", function* () {
    const paying = { attempt: ATTEMPT, terms: { expiresAt: NOON + 1_000 } }
    const { book, one, scribe } = yield* placed([
      { terms: { expiresAt: NOON + 3_000 } },
      { terms: { expiresAt: NOON + 2_000 } },
      paying,
    ])
    expect((yield* book.outlook(one.id)).nextReleaseAt).toBe(NOON + 2_000)
    const idle = Scribe.product()
    yield* scribe.commit({ products: [{ product: idle, onHand: 4 }] })
    expect(yield* book.outlook(idle.id)).toEqual({ held: 0, nextReleaseAt: null })
  }),

  check("does not show an order that is only held tentatively", function* () {
    const { book, one, scribe } = yield* placed([])
    const order = Scribe.order([one])
    yield* scribe.commit({ holds: Scribe.holds(order, "tentative", NOON), changes: Scribe.reserving(order, 10) })
    expect(yield* book.get(order.id)).toBeNull()
    expect((yield* book.list({ ...ALL, limit: 1, after: null, customerId: order.customerId, now: 0 })).rows).toEqual([])
  }),

  check("lists a customer's orders newest first, page by page, and no other customer's", function* () {
    const customerId = `Ann ${Scribe.freshId()}`
    const { book, orders } = yield* placed([
      { terms: { customerId } },
      {},
      { terms: { customerId } },
      { terms: { customerId } },
    ])
    const mine = newestFirst(orders.filter((order) => order.customerId === customerId))
    const query = { ...ALL, limit: 2, customerId, now: NOON }
    const first = yield* book.list({ ...query, after: null })
    expect(first).toEqual({ rows: mine.slice(0, 2), next: mine[1]!.id })
    expect(yield* book.list({ ...query, after: first.next })).toEqual({ rows: mine.slice(2), next: null })
  }),

  check("lists the newest orders of all customers", function* () {
    const { book, orders } = yield* placed([{}, {}, {}])
    const { rows } = yield* book.list({ ...ALL, limit: 3, after: null, now: NOON })
    expect(rows).toEqual(newestFirst(orders))
  }),

  check("filters by the status as time has it: a hold that has lapsed is expired", function* () {
    const customerId = `Bo ${Scribe.freshId()}`
    const ends = (expiresAt: number) => ({ customerId, expiresAt })
    const { book, orders, scribe } = yield* placed([
      { terms: ends(NOON) },
      { terms: ends(NOON + 1) },
      { terms: ends(NOON), attempt: ATTEMPT },
      { terms: ends(NOON) },
      { terms: ends(NOON + 1) },
    ])
    const [lapsed, live, charging, paid, expired] = orders
    yield* scribe.commit({ orderUpdates: [change(paid!, { _tag: "Paid" }), change(expired!, { _tag: "Expired" })] })
    const ids = (status: Order.Status) =>
      Effect.map(book.list({ ...ALL, limit: 100, after: null, customerId, status, now: NOON }), ({ rows }) =>
        rows.map(({ id }) => id),
      )
    const newest = (...some: ReadonlyArray<Order.Order | undefined>) =>
      newestFirst(some.filter((order) => order !== undefined)).map(({ id }) => id)
    expect(yield* ids("reserved")).toEqual(newest(live, charging))
    expect(yield* ids("expired")).toEqual(newest(lapsed, expired))
    expect(yield* ids("paid")).toEqual(newest(paid))
    expect(yield* ids("shipped")).toEqual([])
  }),

  check("lists what was placed in a span of time: from its beginning on, and up to its end", function* () {
    const customerId = `Cy ${Scribe.freshId()}`
    const scribe = yield* Scribe.owner
    const book = yield* OrderBook
    const product = Scribe.product()
    const placedAt = (createdAt: number, idAt = createdAt) => {
      const id = (lowest(idAt)!.slice(0, 19) + Scribe.freshId().slice(19)) as OrderId
      return { ...Scribe.order([product], { customerId, createdAt, expiresAt: createdAt + 1_000 }), id }
    }
    // An id may be a little ahead of its order, never behind.
    const all = [
      placedAt(NOON - 1),
      placedAt(NOON - 1, NOON + 5),
      placedAt(NOON),
      placedAt(NOON + 9),
      placedAt(NOON + 10),
    ]
    yield* scribe.commit({
      products: [{ product, onHand: 10 }],
      orders: all,
      holds: all.flatMap((order) => Scribe.holds(order)),
    })
    const wanted = (from: number | null, to: number | null) =>
      newestFirst(all.filter(({ createdAt }) => createdAt >= (from ?? 0) && createdAt < (to ?? Infinity)))
    for (const status of [null, "reserved", "expired"] as const)
      for (const from of [null, NOON - 1, NOON, NOON + 11])
        for (const to of [null, NOON, NOON + 10]) {
          const query = { limit: 2, customerId, status, from, to, now: status === "expired" ? NOON + 60_000 : NOON }
          const first = yield* book.list({ ...query, after: null })
          const others = first.next === null ? [] : (yield* book.list({ ...query, limit: 9, after: first.next })).rows
          expect([...first.rows, ...others], JSON.stringify(query)).toEqual(wanted(from, to))
        }
  }),
]

const unsettled: ReadonlyArray<Check<Needs>> = [
  check("finds pending attempts and refunds that are due, oldest first, page by page", function* () {
    const { open, orders, scribe, start } = yield* placed([
      { attempt: ATTEMPT },
      {},
      { attempt: ATTEMPT },
      { attempt: ATTEMPT },
      {},
    ])
    const [pending, , refunding, failed, cancelled] = orders
    const paid = change(refunding!, { _tag: "Paid" })
    yield* scribe.commit({
      orderUpdates: [
        paid,
        change(failed!, { _tag: "PaymentFailed", code: "insufficient_funds" }),
        change(cancelled!, { _tag: "Cancelled", reason: null, refund: "none" }),
      ],
      holdChanges: [
        ...[0, 1].map((line) => moved(refunding!, line, "held", "confirmed")),
        ...[failed!, cancelled!].flatMap((order) => [0, 1].map((line) => moved(order, line, "held", "released"))),
      ],
    })
    const owed = change(paid.order, { _tag: "Cancelled", reason: null, refund: "due" })
    yield* scribe.commit({
      orderUpdates: [owed],
      holdChanges: [0, 1].map((line) => moved(refunding!, line, "confirmed", "returned")),
    })
    const [first, second] = oldestFirst([pending!, owed.order])
    const left = { elsewhere: [], ending: null }
    const page = yield* open.list({ limit: 1, after: start })
    expect(page).toEqual({ rows: [{ order: first, ...left }], next: first!.id })
    expect(yield* open.list({ limit: 1, after: page.next })).toEqual({
      rows: [{ order: second, ...left }],
      next: null,
    })

    yield* scribe.commit({ orderUpdates: [change(owed.order, { _tag: "Refunded" })] })
    const rest = yield* open.list({ limit: 100, after: start })
    expect(rest.rows.map(({ order }) => order.id)).toEqual([pending!.id])
  }),

  check("finds the holds that other workers have not ended yet, and how they end, until they have", function* () {
    const { open, orders, scribe, start } = yield* placed([{}, {}, {}])
    const [paid, expired, cancelled] = orders
    yield* scribe.commit({
      orderUpdates: [
        change(paid!, { _tag: "Paid" }, "elsewhere"),
        change(expired!, { _tag: "Expired" }, "elsewhere"),
        change(cancelled!, { _tag: "Cancelled", reason: null, refund: "none" }, "elsewhere"),
      ],
      holdChanges: [
        moved(paid!, 0, "held", "confirmed"),
        moved(expired!, 0, "held", "expired"),
        moved(cancelled!, 0, "held", "released"),
      ],
    })
    const { rows } = yield* open.list({ limit: 100, after: start })
    const ending = new Map(rows.map((row) => [row.order.id, row]))
    const elsewhere = [paid!.lines[1]!.productId]
    expect(ending.get(paid!.id)).toMatchObject({ elsewhere, ending: "confirm" })
    expect(ending.get(expired!.id)).toMatchObject({ elsewhere, ending: "expire" })
    expect(ending.get(cancelled!.id)).toMatchObject({ elsewhere, ending: "release" })

    yield* scribe.commit({
      changes: [],
      holdChanges: [
        moved(paid!, 1, "held", "confirmed"),
        moved(expired!, 1, "held", "expired"),
        moved(cancelled!, 1, "held", "released"),
      ],
      orders: [Scribe.order([Scribe.product()])],
    })
    const after = yield* open.list({ limit: 100, after: start })
    const ids = after.rows.map(({ order }) => order.id)
    for (const order of orders) expect(ids).not.toContain(order.id)
  }),

  check("does not forget holds elsewhere when their order goes on", function* () {
    const { open, orders, scribe, start } = yield* placed([{}])
    const [order] = orders
    const paid = change(order!, { _tag: "Paid" })
    yield* scribe.commit({
      orderUpdates: [paid],
      holdChanges: [0, 1].map((line) => moved(order!, line, "held", "confirmed")),
    })
    const cancelled = change(paid.order, { _tag: "Cancelled", reason: null, refund: "due" }, "elsewhere")
    yield* scribe.commit({ orderUpdates: [cancelled], holdChanges: [moved(order!, 0, "confirmed", "returned")] })
    const refunded = change(cancelled.order, { _tag: "Refunded" })
    yield* scribe.commit({ orderUpdates: [refunded] })
    expect((yield* open.list({ limit: 100, after: start })).rows).toEqual([
      { order: refunded.order, elsewhere: [order!.lines[1]!.productId], ending: "restock" },
    ])
  }),
]

const committed: ReadonlyArray<Check<Needs>> = [
  check("lists committed orders oldest first, page by page, and finds them by their ids", function* () {
    const { one, orders, start } = yield* placed([{}, { attempt: ATTEMPT }, {}])
    const { list, of } = yield* CommittedOrders
    const all = oldestFirst(orders)
    const first = yield* list({ limit: 2, after: start })
    expect(first).toEqual({ rows: all.slice(0, 2), next: all[1]!.id })
    const { rows } = yield* list({ limit: 100, after: first.next })
    expect(rows.slice(0, 1)).toEqual(all.slice(2))
    const asked = yield* of([all[2]!.id, Scribe.order([one]).id, all[0]!.id])
    expect(oldestFirst(asked)).toEqual([all[0], all[2]])
  }),
]

export const checks = [...reading, ...unsettled, ...committed]

export const orderBookContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`an order open (${name})`, checks, adapter)
