/** Lists page through everything once, newest first, whatever is written meanwhile; and filter as the order itself says. */
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresCatalog from "../../../src/adapters/postgres/catalog.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import * as PostgresUnsettled from "../../../src/adapters/postgres/unsettled.ts"
import type { OrderId, ProductId } from "../../../src/domain/ids.ts"
import * as Order from "../../../src/domain/order.ts"
import type { Product } from "../../../src/domain/product.ts"
import { Catalog } from "../../../src/ports/catalog.ts"
import type { Unavailable } from "../../../src/ports/failures.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import type { Ledger } from "../../../src/ports/ledger.ts"
import { OrderBook } from "../../../src/ports/order-book.ts"
import type { Page, PageRequest } from "../../../src/ports/page.ts"
import { type Unsettled, UnsettledOrders } from "../../../src/ports/unsettled.ts"
import { mulberry32 } from "../../../src/std/mulberry32.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"

const adapters = Layer.mergeAll(
  PostgresCatalog.layer,
  PostgresOrderBook.layer,
  PostgresUnsettled.layer,
  PostgresLedger.layer,
  PostgresLease.layer,
).pipe(Layer.provide(freshClient))

const over = <E>(body: Effect.Effect<void, E, Catalog | OrderBook | UnsettledOrders | Ledger | Lease | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

/** Every row, two a page. */
const pages = <Row, Position, E>(list: (request: PageRequest<Position>) => Effect.Effect<Page<Row, Position>, E>) =>
  Effect.gen(function* () {
    const rows: Array<Row> = []
    for (let after: Position | null = null; ; ) {
      const page: Page<Row, Position> = yield* list({ limit: 2, after })
      expect(page.rows.length).toBeLessThanOrEqual(2)
      rows.push(...page.rows)
      if (page.next === null) return rows
      after = page.next
    }
  })

const newestFirst = <Row extends { readonly id: string }>(rows: ReadonlyArray<Row>) =>
  [...rows].sort((a, b) => (a.id < b.id ? 1 : -1))

const oldestFirst = <Row extends { readonly order: { readonly id: string } }>(rows: ReadonlyArray<Row>) =>
  [...rows].sort((a, b) => (a.order.id < b.order.id ? -1 : 1))

const received = { type: "received", onHand: 1, reserved: 0, reason: null } as const

describe("the catalogue", () => {
  it("lists products newest first, and the one of a SKU", () =>
    over(
      Effect.gen(function* () {
        const scribe = yield* Scribe.owner
        const catalog = yield* Catalog
        const products = Array.from({ length: 5 }, () => Scribe.product({ purchaseLimit: 3 }))
        yield* scribe.commit({ products: products.map((product) => ({ product, onHand: 1 })) })
        expect(
          yield* pages<Product, ProductId, unknown>((request) => catalog.list({ ...request, sku: null, words: null })),
        ).toEqual(newestFirst(products))
        expect(
          yield* pages<Product, ProductId, unknown>((request) =>
            catalog.list({ ...request, sku: products[2]!.sku, words: null }),
          ),
        ).toEqual([products[2]])
        expect(
          yield* pages<Product, ProductId, unknown>((request) =>
            catalog.list({ ...request, sku: "none", words: null }),
          ),
        ).toEqual([])
        expect(yield* catalog.get(products[0]!.id)).toEqual(products[0])
        expect(yield* catalog.get(Scribe.product().id)).toBeNull()
      }),
    ))

  it("lists a product's movements newest first", () =>
    over(
      Effect.gen(function* () {
        const scribe = yield* Scribe.owner
        const product = Scribe.product()
        yield* scribe.commit({ products: [{ product, onHand: 1 }] })
        for (let version = 1; version < 5; version++) {
          const before = { onHand: version, reserved: 0, version }
          yield* scribe.commit({ changes: [{ productId: product.id, before, event: received }] })
        }
        const catalog = yield* Catalog
        const movements = yield* pages<{ readonly version: number }, number, unknown>((request) =>
          catalog.movements(product.id, request),
        )
        expect(movements.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1])
        expect(movements[0]).toEqual({
          productId: product.id,
          version: 5,
          type: "received",
          onHandDelta: 1,
          reservedDelta: 0,
          onHand: 5,
          reserved: 0,
          orderId: null,
          reason: null,
          at: Scribe.NOON,
        })
        expect((yield* catalog.movements(Scribe.product().id, { limit: 2, after: null })).rows).toEqual([])
      }),
    ))
})

/** One order of each kind for Ann and for Bo, with their holds. */
const orders = Effect.gen(function* () {
  const scribe = yield* Scribe.owner
  const products = [Scribe.product(), Scribe.product(), Scribe.product()]
  yield* scribe.commit({ products: products.map((product) => ({ product, onHand: 100 })) })
  const one = (customerId: string, shape: (order: Order.Order) => Order.Order, expiresAt = Scribe.NOON + 600_000) =>
    shape(Scribe.order(products, { customerId, expiresAt }))
  const kinds = ["ann", "bo"].flatMap((customerId) => [
    one(customerId, (order) => order),
    one(customerId, (order) => order, Scribe.NOON),
    one(
      customerId,
      (order) => ({ ...order, status: "reserved", attempt: { token: "t", startedAt: 1, action: null } }),
      Scribe.NOON,
    ),
    one(customerId, (order) => Order.evolve(order, { _tag: "Paid" })),
    one(customerId, (order) => Order.evolve(order, { _tag: "Expired" })),
  ])
  yield* scribe.commit({ orders: kinds, holds: kinds.flatMap((order) => Scribe.holds(order)) })
  return { scribe, orders: kinds }
})

const STATUSES = [null, "reserved", "paid", "expired", "delivered"] as const

describe("the order book", () => {
  it.each(STATUSES.flatMap((status) => [null, "ann", "nobody"].map((customerId) => [status, customerId] as const)))(
    "lists orders with status %s of customer %s newest first, with their lines in order",
    (status, customerId) =>
      over(
        Effect.gen(function* () {
          const { orders: all } = yield* orders
          const book = yield* OrderBook
          const found = yield* pages<Order.Order, OrderId, unknown>((request) =>
            book.list({ ...request, status, customerId, from: null, to: null, now: Scribe.NOON }),
          )
          const wanted = all.filter(
            (order) =>
              (status === null || Order.statusAt(order, Scribe.NOON) === status) &&
              (customerId === null || order.customerId === customerId),
          )
          expect(found).toEqual(newestFirst(wanted))
        }),
      ),
  )

  it("gets an order, or none", () =>
    over(
      Effect.gen(function* () {
        const { orders: all } = yield* orders
        const book = yield* OrderBook
        expect(yield* book.get(all[3]!.id)).toEqual(all[3])
        expect(yield* book.get(Scribe.order([Scribe.product()]).id)).toBeNull()
      }),
    ))

  it("finds what is left to do, oldest first, and forgets what has been done", () =>
    over(
      Effect.gen(function* () {
        const { orders: all, scribe } = yield* orders
        const unsettledOrders = yield* UnsettledOrders
        const pending = all.filter((order) => order.status === "reserved" && order.attempt !== null)
        const open = all[0]!
        const paid = Order.evolve(open, { _tag: "Paid" })
        const holdChanges = open.lines
          .slice(1)
          .map(({ productId }) => ({ orderId: open.id, productId, from: "held", to: "confirmed" }) as const)
        yield* scribe.commit({ orderUpdates: [{ order: paid, expectedVersion: 1, elsewhere: true }], holdChanges })
        const quiet = oldestFirst(pending.map((order) => ({ order, elsewhere: [], ending: null })))
        const half = { order: paid, elsewhere: [open.lines[0]!.productId], ending: "confirm" } as const
        expect(yield* pages<Unsettled, OrderId, unknown>((request) => unsettledOrders.list(request))).toEqual(
          oldestFirst<Unsettled>([half, ...quiet]),
        )
        const last = { orderId: open.id, productId: open.lines[0]!.productId, from: "held", to: "confirmed" } as const
        const product = Scribe.product()
        yield* scribe.commit({ products: [{ product, onHand: 1 }], holdChanges: [last] })
        expect(yield* pages<Unsettled, OrderId, unknown>((request) => unsettledOrders.list(request))).toEqual(quiet)
        // Its flag is gone: the same holds, open once more, are no work any more.
        yield* scribe.commit({
          changes: [{ productId: product.id, before: { onHand: 1, reserved: 0, version: 1 }, event: received }],
          holdChanges: [{ ...last, from: "confirmed", to: "held" }],
        })
        expect(yield* pages<Unsettled, OrderId, unknown>((request) => unsettledOrders.list(request))).toEqual(quiet)
      }),
    ))

  it("gives back a paid order that was cancelled elsewhere first, then what was never confirmed", () =>
    over(
      Effect.gen(function* () {
        const { orders: all, scribe } = yield* orders
        const unsettledOrders = yield* UnsettledOrders
        const open = all[0]!
        const [first, second, third] = open.lines.map(({ productId }) => productId)
        const paid = Order.evolve(open, { _tag: "Paid" })
        const cancelled = Order.evolve(paid, { _tag: "Cancelled", reason: null, refund: "due" })
        const change = (productId: typeof first, from: "held" | "confirmed", to: "confirmed" | "returned") =>
          ({ orderId: open.id, productId: productId!, from, to }) as const
        yield* scribe.commit({
          orderUpdates: [{ order: cancelled, expectedVersion: 1, elsewhere: true }],
          holdChanges: [change(first, "held", "confirmed"), change(second, "held", "confirmed")],
        })
        const unsettled = Effect.map(unsettledOrders.list({ limit: 100, after: null }), ({ rows }) =>
          rows.find(({ order }) => order.id === open.id),
        )
        expect(yield* unsettled).toEqual({ order: cancelled, elsewhere: [first, second], ending: "restock" })
        yield* scribe.commit({
          products: [{ product: Scribe.product(), onHand: 1 }],
          holdChanges: [change(first, "confirmed", "returned"), change(second, "confirmed", "returned")],
        })
        expect(yield* unsettled).toEqual({ order: cancelled, elsewhere: [third], ending: "release" })
      }),
    ))
})

/** Two lists, read to their end by several readers while rows keep coming in. */
describe("a list that is paged through while rows are added", () => {
  /** Each row that was there before its first page once, nothing twice, newest first. */
  const expectStable = (seen: ReadonlyArray<string>, before: ReadonlyArray<string>) => {
    expect(seen).toEqual([...new Set(seen)].toSorted().toReversed())
    const shown = new Set(seen)
    expect(before.filter((id) => !shown.has(id))).toEqual([])
  }

  it.each([1, 2, 3, 4, 5])("shows each row once and misses none (seed %i)", (seed) =>
    over(
      Effect.gen(function* () {
        const random = mulberry32(seed)
        const below = (n: number) => random() % n
        const scribe = yield* Scribe.owner
        const catalog = yield* Catalog
        const book = yield* OrderBook
        const ids = { products: [] as Array<string>, ann: [] as Array<string>, orders: [] as Array<string> }
        let pagesRead = 0
        const write = Effect.gen(function* () {
          const products = Array.from({ length: 1 + below(5) }, () => Scribe.product({ name: `Shirt ${random()}` }))
          const all = products.map((product) =>
            Scribe.order([product], { customerId: below(2) === 0 ? "ann" : "bo", expiresAt: Scribe.NOON + 600_000 }),
          )
          yield* scribe.commit({
            products: products.map((product) => ({ product, onHand: 9 })),
            orders: all,
            holds: all.flatMap((order) => Scribe.holds(order)),
          })
          ids.products.push(...products.map(({ id }) => id))
          ids.orders.push(...all.map(({ id }) => id))
          ids.ann.push(...all.filter(({ customerId }) => customerId === "ann").map(({ id }) => id))
        })
        for (let batch = 0; batch < 10; batch++) yield* write
        const atFirst = ids.orders.length
        const read = <Position extends string>(
          before: ReadonlyArray<string>,
          list: (
            request: PageRequest<Position>,
          ) => Effect.Effect<Page<{ readonly id: Position }, Position>, Unavailable>,
        ) =>
          Effect.gen(function* () {
            const there = [...before]
            const seen: Array<string> = []
            for (let after: Position | null = null; ; ) {
              const page: Page<{ readonly id: Position }, Position> = yield* list({ limit: 1 + below(7), after })
              pagesRead++
              seen.push(...page.rows.map(({ id }) => id))
              if (page.next === null) return expectStable(seen, there)
              after = page.next
            }
          })
        const { NOON } = Scribe
        const every = { customerId: null, status: null, from: null, to: null, now: NOON }
        const readers = [
          read<ProductId>(ids.products, (request) => catalog.list({ ...request, sku: null, words: null })),
          read<ProductId>(ids.products, (request) => catalog.list({ ...request, sku: null, words: ["shirt"] })),
          read<OrderId>(ids.orders, (request) => book.list({ ...request, ...every })),
          read<OrderId>(ids.ann, (request) => book.list({ ...request, ...every, customerId: "ann" })),
          read<OrderId>(ids.orders, (request) => book.list({ ...request, ...every, status: "reserved", from: NOON })),
        ]
        const writing = yield* Effect.forkScoped(Effect.forever(write))
        yield* Effect.all(readers, { concurrency: "unbounded", discard: true })
        yield* Fiber.interrupt(writing)
        expect(ids.orders.length).toBeGreaterThan(atFirst)
        expect(pagesRead).toBeGreaterThan(3 * readers.length)
      }),
    ),
  )
})
