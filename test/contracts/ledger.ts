/** What every ledger promises: atomic, fenced, versioned, each key once; and what it gives back of what was written. */

import { Effect, type Layer } from "effect"
import { expect } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import type { Product } from "../../src/domain/product.ts"
import { type Claim, claimName, type Reply } from "../../src/ports/inventory.ts"
import type { Lease } from "../../src/ports/lease.ts"
import { type Batch, type KeyPosition, type Ledger, nothingWanted } from "../../src/ports/ledger.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, endOf, runAll } from "./check.ts"

const COMMITTED = { _tag: "Committed", receipt: expect.anything() }

const NOTHING_FOUND = {
  products: [],
  details: [],
  orders: [],
  holds: [],
  units: [],
  unpaid: [],
  known: [],
  takenSkus: [],
  unreadable: [],
}

/** Some products on the shelf, and who owns them. */
const shop = (count: number, onHand = 10) =>
  Effect.gen(function* () {
    const scribe = yield* Scribe.owner
    const products = Array.from({ length: count }, () => Scribe.product())
    yield* scribe.commit({ products: products.map((product) => ({ product, onHand })) })
    return { scribe, products, first: products[0]! }
  })

/** An order that is placed, with its holds and its key. */
const placed = (count: number, over: Partial<Order.Terms> = {}, attempt: Order.Attempt | null = null) =>
  Effect.gen(function* () {
    const { products, scribe } = yield* shop(count)
    const order = Scribe.order(products, over, attempt)
    const claim = Scribe.claim()
    yield* scribe.commit({
      orders: [order],
      holds: Scribe.holds(order),
      changes: Scribe.reserving(order, 10),
      keys: [Scribe.orderAnswer(order, claim)],
    })
    return { scribe, products, order, claim }
  })

const received = (product: Product) => ({
  productId: product.id,
  before: { onHand: 10, reserved: 0, version: 1 },
  event: { type: "received", onHand: 5, reserved: 0, reason: null } as const,
})

const stockOf = (scribe: Scribe.Scribe, ids: ReadonlyArray<ProductId>) =>
  Effect.map(scribe.ledger.load({ ...nothingWanted, products: ids }), ({ products }) =>
    ids.map((id) => products.find(({ product }) => product.id === id)?.stock),
  )

/** The batch is refused as stale, and the lanes stand where they stood: the next proper batch goes through. */
const refusedAsStale = (scribe: Scribe.Scribe, batch: Batch, next: Product) =>
  Effect.gen(function* () {
    expect(yield* endOf(scribe.ledger.commit(batch))).toBe("StaleOwner")
    expect(yield* scribe.commit({ changes: [received(next)] })).toEqual(COMMITTED)
  })

/** What these keys were answered with: of an order its terms and the status it was answered with. */
const answers = (scribe: Scribe.Scribe, ...keys: ReadonlyArray<Claim>) =>
  Effect.map(scribe.ledger.load({ ...nothingWanted, keys }), ({ known }) =>
    known.map(({ fingerprint, key, reply, route }) => ({
      route,
      key,
      fingerprint,
      reply: reply._tag === "Order" ? { status: reply.order.status, ...Scribe.terms(reply.order) } : reply,
    })),
  )

const atomicity: ReadonlyArray<Check<Ledger | Lease>> = [
  check("writes every part of a batch", function* () {
    const { order, products, scribe } = yield* placed(2)
    const ids = products.map(({ id }) => id)
    const loaded = yield* scribe.ledger.load({
      ...nothingWanted,
      products: ids,
      orders: [order.id],
      holdsOf: [order.id],
    })
    expect(loaded.products).toEqual(
      expect.arrayContaining(products.map((product) => ({ product, stock: { onHand: 10, reserved: 1, version: 2 } }))),
    )
    expect(loaded.orders).toEqual([order])
    expect(loaded.holds).toHaveLength(2)
    expect(loaded.holds).toEqual(expect.arrayContaining([...Scribe.holds(order)]))
  }),

  check("writes nothing when one part among many is stale", function* () {
    const { products, scribe } = yield* shop(20)
    const order = Scribe.order(products)
    const claim = Scribe.claim()
    const newcomer = Scribe.product()
    const batch = scribe.batch({
      products: [{ product: newcomer, onHand: 1 }],
      changes: Scribe.reserving(order, 10),
      orders: [order],
      holds: Scribe.holds(order),
      keys: [Scribe.orderAnswer(order, claim)],
      units: [{ productId: products[0]!.id, customerId: order.customerId, units: 1 }],
    })
    const stocks = batch.stocks.map((row, index) => (index === 13 ? { ...row, expectedVersion: 7 } : row))
    expect(yield* endOf(scribe.ledger.commit({ ...batch, stocks }))).toBe("StaleOwner")

    const ids = products.map(({ id }) => id)
    const found = yield* scribe.ledger.load({
      ...nothingWanted,
      products: [newcomer.id],
      orders: [order.id],
      holdsOf: [order.id],
      units: [{ productId: products[0]!.id, customerId: order.customerId }],
    })
    expect(found).toEqual(NOTHING_FOUND)
    expect(yield* stockOf(scribe, ids)).toEqual(ids.map(() => ({ onHand: 10, reserved: 0, version: 1 })))
    // The same batch, put right, is taken: neither keys nor facts nor lanes had been written.
    expect(yield* scribe.submit(batch)).toEqual(COMMITTED)
  }),

  check("cannot store an oversold product, and writes nothing", function* () {
    const { products, scribe } = yield* shop(2)
    const order = Scribe.order(products)
    const batch = scribe.batch({ changes: Scribe.reserving(order, 10) })
    const stocks = batch.stocks.map((row, index) =>
      index === 1 ? { ...row, stock: { ...row.stock, reserved: 11 } } : row,
    )
    expect(yield* endOf(scribe.ledger.commit({ ...batch, stocks }))).toBe("Unstorable")
    expect(yield* scribe.submit(batch)).toEqual(COMMITTED)
  }),

  check("cannot store a text with a NUL, says that and not that it is away, and writes nothing", function* () {
    const { first, scribe } = yield* shop(1)
    const [other, poisoned] = [Scribe.product(), Scribe.product({ name: "bread\u0000" })]
    const batch = scribe.batch({ products: [other, poisoned].map((product) => ({ product, onHand: 1 })) })
    expect(yield* endOf(scribe.ledger.commit(batch))).toBe("Unstorable")
    expect(yield* stockOf(scribe, [other.id, poisoned.id])).toEqual([undefined, undefined])
    expect(yield* scribe.commit({ changes: [received(first)] })).toEqual(COMMITTED)
  }),
]

const fencing: ReadonlyArray<Check<Ledger | Lease>> = [
  check("refuses a batch of an older epoch", function* () {
    const { first, scribe } = yield* shop(1)
    const batch = scribe.batch({ changes: [received(first)] })
    scribe.take(yield* scribe.ledger.raise([scribe.lane(Lane.of(first.id))]))
    yield* refusedAsStale(scribe, batch, first)
  }),

  check("refuses a batch decided on another seq", function* () {
    const { first, scribe } = yield* shop(1)
    const batch = scribe.batch({ changes: [received(first)] })
    const ahead = batch.lanes.map((row) => ({ ...row, fromSeq: row.fromSeq + 1, toSeq: row.toSeq + 1 }))
    const facts = batch.facts.map((fact) => ({ ...fact, seq: fact.seq + 1 }))
    yield* refusedAsStale(scribe, { ...batch, lanes: ahead, facts }, first)
  }),

  check("refuses a batch when one of its lanes is stale", function* () {
    const { products, scribe } = yield* shop(20)
    const batch = scribe.batch({ changes: products.map(received) })
    const stale = batch.lanes.map((row, index) => (index === 3 ? { ...row, epoch: row.epoch - 1 } : row))
    yield* refusedAsStale(scribe, { ...batch, lanes: stale }, products[0]!)
  }),

  check("refuses a batch that expects another version of an order", function* () {
    const { order, products, scribe } = yield* placed(1)
    const paid = Order.evolve(order, { _tag: "Paid" })
    const update = { order: paid, expectedVersion: 1, elsewhere: false }
    const other = Scribe.product()
    const batch = scribe.batch({
      products: [{ product: other, onHand: 10 }],
      orderUpdates: [{ ...update, expectedVersion: 4 }],
    })
    expect(yield* endOf(scribe.ledger.commit(batch))).toBe("StaleOwner")
    const found = yield* scribe.ledger.load({ ...nothingWanted, orders: [order.id], products: [other.id] })
    expect([found.orders, found.products]).toEqual([[order], []])
    expect(products).toHaveLength(1)
    expect(yield* scribe.commit({ orderUpdates: [update] })).toEqual(COMMITTED)
  }),

  check("raises epochs and says where the lanes stand", function* () {
    const { first, scribe } = yield* shop(1)
    yield* scribe.commit({ changes: [received(first)] })
    const before = scribe.lane(Lane.of(first.id))
    expect(yield* scribe.ledger.raise([before])).toEqual([{ ...before, epoch: before.epoch + 1 }])
  }),

  check("raises no epoch when another has taken a lane", function* () {
    const { scribe } = yield* shop(1)
    const [one, two] = [scribe.lane(0), scribe.lane(1)]
    const somebodyElses = { ...two, epoch: two.epoch - 1 }
    expect(yield* endOf(scribe.ledger.raise([one, somebodyElses]))).toBe("StaleOwner")
    const raised = yield* endOf(scribe.ledger.raise([one, two]))
    expect(raised).toHaveLength(2)
    expect(raised).toEqual(expect.arrayContaining([one, two].map((each) => ({ ...each, epoch: each.epoch + 1 }))))
  }),
]

const contests: ReadonlyArray<Check<Ledger | Lease>> = [
  check("binds a key once: a second batch is contested and writes nothing", function* () {
    const { claim, order, products, scribe } = yield* placed(1)
    const [other] = [Scribe.product()]
    const again = scribe.batch({
      products: [{ product: other, onHand: 1 }],
      keys: [
        { claim: { ...claim, fingerprint: Scribe.freshId() }, answer: { _tag: "Whole", reply: { _tag: "Done" } } },
      ],
    })
    expect(yield* scribe.ledger.commit(again)).toEqual({
      _tag: "Contested",
      boundKeys: [claimName(claim)],
      takenSkus: [],
      changedHolds: [],
    })
    expect(yield* answers(scribe, claim)).toEqual([{ ...claim, reply: { status: "reserved", ...Scribe.terms(order) } }])
    expect(yield* stockOf(scribe, [other.id])).toEqual([undefined])
    expect(products).toHaveLength(1)
    expect(yield* scribe.submit({ ...again, keys: [] })).toEqual(COMMITTED)
  }),

  check("keeps the keys of different routes apart", function* () {
    const { first, scribe } = yield* shop(1)
    const key = Scribe.freshId()
    const bind = (route: "receipts" | "adjustments") =>
      ({ claim: Scribe.claim(route, key), answer: { _tag: "Whole", reply: { _tag: "Done" } } }) as const
    expect(yield* scribe.commit({ changes: [received(first)], keys: [bind("receipts"), bind("adjustments")] })).toEqual(
      COMMITTED,
    )
  }),

  check("reports a taken SKU, and writes nothing", function* () {
    const { first, scribe } = yield* shop(1)
    const twin = Scribe.product({ sku: first.sku })
    const other = Scribe.product()
    const batch = scribe.batch({ products: [twin, other].map((product) => ({ product, onHand: 1 })) })
    expect(yield* scribe.ledger.commit(batch)).toEqual({
      _tag: "Contested",
      boundKeys: [],
      takenSkus: [first.sku],
      changedHolds: [],
    })
    expect(yield* stockOf(scribe, [twin.id, other.id])).toEqual([undefined, undefined])
    expect(yield* scribe.commit({ products: [{ product: other, onHand: 1 }] })).toEqual(COMMITTED)
  }),

  check("reports the orders whose holds are not as expected, and writes nothing", function* () {
    const { order, products, scribe } = yield* placed(2)
    const changes = products.map(
      ({ id }) => ({ orderId: order.id, productId: id, from: "held", to: "confirmed" }) as const,
    )
    const update = { order: Order.evolve(order, { _tag: "Paid" }), expectedVersion: 1, elsewhere: false }
    const lapsed = changes.map((change, index) => (index === 1 ? ({ ...change, from: "tentative" } as const) : change))
    expect(yield* scribe.ledger.commit(scribe.batch({ orderUpdates: [update], holdChanges: lapsed }))).toEqual({
      _tag: "Contested",
      boundKeys: [],
      takenSkus: [],
      changedHolds: [order.id],
    })
    expect((yield* scribe.ledger.load({ ...nothingWanted, orders: [order.id] })).orders).toEqual([order])
    expect(yield* scribe.commit({ orderUpdates: [update], holdChanges: changes })).toEqual(COMMITTED)
    const { holds } = yield* scribe.ledger.load({ ...nothingWanted, holdsOf: [order.id] })
    expect(holds.map(({ state }) => state)).toEqual(["confirmed", "confirmed"])
  }),

  check("counts a hold that does not exist as changed", function* () {
    const { products, scribe } = yield* shop(1)
    const order = Scribe.order(products)
    const holdChanges = [{ orderId: order.id, productId: products[0]!.id, from: "tentative", to: "held" }] as const
    const batch = scribe.batch({ orders: [order], holdChanges })
    expect(yield* scribe.ledger.commit(batch)).toMatchObject({ _tag: "Contested", changedHolds: [order.id] })
    expect((yield* scribe.ledger.load({ ...nothingWanted, orders: [order.id] })).orders).toEqual([])
  }),

  check("makes a tentative hold last once its order is accepted", function* () {
    const { products, scribe } = yield* shop(2)
    const order = Scribe.order(products)
    yield* scribe.commit({
      holds: Scribe.holds(order, "tentative", NOON + 5_000),
      changes: Scribe.reserving(order, 10),
    })
    const holdChanges = order.lines.map(
      ({ productId }) => ({ orderId: order.id, productId, from: "tentative", to: "held" }) as const,
    )
    expect(yield* scribe.commit({ orders: [order], holdChanges })).toEqual(COMMITTED)
    const { holds } = yield* scribe.ledger.load({ ...nothingWanted, holdsOf: [order.id] })
    expect(holds).toEqual(expect.arrayContaining([...Scribe.holds(order, "held", null)]))
  }),
]

const NOON = Scribe.NOON

const WHOLE: ReadonlyArray<Reply> = [
  { _tag: "Done" },
  { _tag: "Product", product: Scribe.product({ name: 'Früchte "gemischt" \\ 日本 🍎', purchaseLimit: 2 }) },
  { _tag: "Stock", productId: Scribe.product().id, stock: { onHand: 999_999_999_999, reserved: 3, version: 4 } },
]

const keys: ReadonlyArray<Check<Ledger | Lease>> = [
  check("finds the keys that are bound among those asked for, with their answers, and binds none", function* () {
    const { claim, order, scribe } = yield* placed(1)
    const free = Scribe.claim()
    for (const _ of ["once", "again"])
      expect(yield* answers(scribe, free, claim)).toEqual([
        { ...claim, reply: { status: "reserved", ...Scribe.terms(order) } },
      ])
    expect(yield* answers(scribe, { ...claim, route: "pay" })).toEqual([])
  }),

  check("finds the SKUs that are taken among those asked for", function* () {
    const { first, scribe } = yield* shop(2)
    const { takenSkus } = yield* scribe.ledger.load({ ...nothingWanted, skus: [Scribe.product().sku, first.sku] })
    expect(takenSkus).toEqual([first.sku])
  }),

  check("gives whole answers back as they were", function* () {
    const { first, scribe } = yield* shop(1)
    const bound = WHOLE.map((reply) => ({ claim: Scribe.claim("receipts"), answer: { _tag: "Whole", reply } as const }))
    yield* scribe.commit({ changes: [received(first)], keys: bound })
    const { known } = yield* scribe.ledger.load({ ...nothingWanted, keys: bound.map((row) => row.claim) })
    expect(known).toHaveLength(bound.length)
    expect(known).toEqual(expect.arrayContaining(bound.map(({ answer, claim }) => ({ ...claim, reply: answer.reply }))))
  }),

  check("stores the outcome with a key, once, and rebuilds the order with it", function* () {
    const { claim, order, scribe } = yield* placed(1, {}, { token: "tok_ok", startedAt: NOON, action: null })
    const paid = Order.evolve(order, { _tag: "Paid" })
    const outcome = { route: claim.route, key: claim.key }
    yield* scribe.commit({
      orderUpdates: [{ order: paid, expectedVersion: 1, elsewhere: false }],
      keyOutcomes: [{ ...outcome, status: "paid" }],
    })
    const cancelled = Order.evolve(paid, { _tag: "Cancelled", reason: null, refund: "due" })
    yield* scribe.commit({
      orderUpdates: [{ order: cancelled, expectedVersion: 2, elsewhere: false }],
      keyOutcomes: [{ ...outcome, status: "cancelled" }],
    })
    expect(yield* answers(scribe, claim)).toEqual([{ ...claim, reply: { status: "paid", ...Scribe.terms(order) } }])
  }),

  check("keeps the answer of a key as it was when its order goes on", function* () {
    const { claim, order, scribe } = yield* placed(3)
    const ended = Order.evolve(order, { _tag: "Cancelled", reason: "changed my mind", refund: "none" })
    yield* scribe.commit({ orderUpdates: [{ order: ended, expectedVersion: 1, elsewhere: false }] })
    expect(yield* answers(scribe, claim)).toEqual([{ ...claim, reply: { status: "reserved", ...Scribe.terms(order) } }])
  }),

  check("binds a key and stores its outcome in one batch", function* () {
    const { products, scribe } = yield* shop(1)
    const order = Scribe.order(products, {}, { token: "tok_ok", startedAt: NOON, action: null })
    const claim = Scribe.claim()
    yield* scribe.commit({
      orders: [order],
      holds: Scribe.holds(order),
      changes: Scribe.reserving(order, 10),
      keys: [Scribe.orderAnswer(order, claim)],
      keyOutcomes: [{ route: claim.route, key: claim.key, status: "paid" }],
    })
    expect(yield* answers(scribe, claim)).toMatchObject([{ reply: { status: "paid" } }])
  }),
]

const STARTED = {
  _tag: "PaymentStarted",
  provider: "another",
  attempt: { token: "tok_ok", startedAt: NOON + 1, action: null },
  attemptsMax: 3,
} as const
const ACTION = { kind: "redirect", url: "https://bank.example/'1'", clientSecret: null }

/** Every shape an order can have. */
const SHAPES: ReadonlyArray<(order: Order.Order) => Order.Order> = [
  (order) => Order.evolve(order, STARTED),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "PaymentPrepared", ref: "pi_1" }),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "PaymentActionRequired", action: ACTION }),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "PaymentGivenUp" }),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "PaymentDeclined", code: "insufficient_funds" }),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "Paid" }),
  (order) => Order.evolve(Order.evolve(order, STARTED), { _tag: "Expired" }),
  (order) => Order.evolve(order, { _tag: "Paid" }),
  (order) => ({ ...Order.evolve(order, { _tag: "Paid" }), status: "shipped" }),
  (order) => ({ ...Order.evolve(order, { _tag: "Paid" }), status: "delivered" }),
  (order) => Order.evolve(order, { _tag: "Cancelled", reason: "it's 'broken'; \\ {1,2}", refund: "done" }),
  (order) => Order.evolve(order, { _tag: "Cancelled", reason: null, refund: "due" }),
  (order) => Order.evolve(order, { _tag: "Expired" }),
  (order) =>
    Order.evolve(Order.evolve(order, { _tag: "PaymentFailed", code: "insufficient_funds" }), { _tag: "RefundFellDue" }),
]

const loading: ReadonlyArray<Check<Ledger | Lease>> = [
  check("loads exactly what exists of what is wanted", function* () {
    const { order, products, scribe } = yield* placed(1)
    const unwanted = Scribe.order(products)
    yield* scribe.commit({ orders: [unwanted], holds: Scribe.holds(unwanted) })
    const [product] = products
    const none = Scribe.order([Scribe.product()])
    const loaded = yield* scribe.ledger.load({
      ...nothingWanted,
      products: [none.lines[0]!.productId, product!.id, product!.id],
      orders: [none.id, order.id],
      holdsOf: [none.id],
      units: [{ productId: product!.id, customerId: "nobody" }],
    })
    expect(loaded).toEqual({
      ...NOTHING_FOUND,
      products: [{ product, stock: { onHand: 10, reserved: 1, version: 2 } }],
      orders: [order],
    })
  }),

  check("names an order without lines, which cannot be read, beside those that can", function* () {
    const { order, scribe } = yield* placed(1)
    const broken = { ...Scribe.order([Scribe.product()]), lines: [] }
    yield* scribe.commit({ orders: [broken] })
    const loaded = yield* scribe.ledger.load({ ...nothingWanted, orders: [broken.id, order.id] })
    expect([loaded.orders, loaded.unreadable]).toEqual([[order], [broken.id]])
  }),

  check("counts the unpaid holds that a customer has of a product, whatever their orders have come to", function* () {
    const scribe = yield* Scribe.owner
    const product = Scribe.product()
    const other = Scribe.productElsewhere(product)
    const of = { customerId: `customer ${Scribe.freshId()}` }
    const [live, paid, sold, released] = [0, 1, 2, 3].map(() => Scribe.order([product], of))
    const unplaced = Scribe.order([product, other], of)
    const strangers = Scribe.order([product])
    yield* scribe.commit({
      products: [product, other].map((each) => ({ product: each, onHand: 10 })),
      orders: [live!, paid!, sold!, released!, strangers],
      holds: [
        ...[live!, paid!, strangers].flatMap((order) => Scribe.holds(order)),
        ...Scribe.holds(sold!, "confirmed"),
        ...Scribe.holds(released!, "released"),
        ...Scribe.holds(unplaced, "tentative", NOON + 5_000),
      ],
    })
    const unpaid = [product, other, Scribe.product()].map(({ id }) => ({ productId: id, ...of }))
    const counts = Effect.map(scribe.ledger.load({ ...nothingWanted, unpaid }), (loaded) =>
      unpaid.map(({ productId }) => loaded.unpaid.find((each) => each.productId === productId)?.holds ?? 0),
    )
    expect(yield* counts).toEqual([3, 1, 0])
    // Its end has not come to this hold yet.
    const isPaid = (order: Order.Order) => ({
      order: Order.evolve(order, { _tag: "Paid" }),
      expectedVersion: 1,
      elsewhere: true,
    })
    yield* scribe.commit({ orderUpdates: [isPaid(paid!)] })
    expect(yield* counts).toEqual([3, 1, 0])
    const confirm = { orderId: paid!.id, productId: product.id, from: "held", to: "confirmed" } as const
    yield* scribe.commit({ orderUpdates: [isPaid(live!)], holdChanges: [confirm] })
    expect(yield* counts).toEqual([2, 1, 0])
  }),

  check("loads nothing when nothing is wanted", function* () {
    const { scribe } = yield* placed(1)
    expect(yield* scribe.ledger.load(nothingWanted)).toEqual(NOTHING_FOUND)
  }),

  check("loads the holds of an order in every lane", function* () {
    const scribe = yield* Scribe.owner
    const one = Scribe.product()
    const other = Scribe.productElsewhere(one)
    const order = Scribe.order([one, other])
    yield* scribe.commit({
      products: [one, other].map((product) => ({ product, onHand: 10 })),
      holds: Scribe.holds(order, "tentative", NOON + 5_000),
    })
    const { holds } = yield* scribe.ledger.load({ ...nothingWanted, holdsOf: [order.id] })
    expect(holds).toHaveLength(2)
    expect(holds).toEqual(expect.arrayContaining([...Scribe.holds(order, "tentative", NOON + 5_000)]))
  }),

  check("keeps the units of each customer of a product", function* () {
    const { first, scribe } = yield* shop(1)
    const row = (customerId: string, units: number) => ({ productId: first.id, customerId, units })
    yield* scribe.commit({ changes: [received(first)], units: [row("Ann", 2), row('Bo "the {null}" \\', 1)] })
    const next = { ...received(first), before: { onHand: 15, reserved: 0, version: 2 } }
    yield* scribe.commit({ changes: [next], units: [row("Ann", 5)] })
    const { units } = yield* scribe.ledger.load({
      ...nothingWanted,
      units: [row("Ann", 0), row('Bo "the {null}" \\', 0), row("Cy", 0)],
    })
    expect(units).toHaveLength(2)
    expect(units).toEqual(expect.arrayContaining([row("Ann", 5), row('Bo "the {null}" \\', 1)]))
  }),

  check("gives an order back in every shape it can have", function* () {
    const { products, scribe } = yield* shop(3)
    const orders = SHAPES.map((shape) => {
      const customerId = `{"x", NULL} 'y' \\ 日本 ${Scribe.freshId()}`
      return shape(Scribe.order(products, { customerId }))
    })
    yield* scribe.commit({
      orders,
      holds: orders.flatMap((order) => Scribe.holds(order, order.status === "reserved" ? "held" : "released")),
    })
    const loaded = yield* scribe.ledger.load({ ...nothingWanted, orders: orders.map(({ id }) => id) })
    expect(loaded.orders).toHaveLength(orders.length)
    expect(loaded.orders).toEqual(expect.arrayContaining(orders))
  }),

  check("gives an updated order back in every shape it can have", function* () {
    const { products, scribe } = yield* shop(1)
    const orders = SHAPES.map(() => Scribe.order(products))
    yield* scribe.commit({ orders, holds: orders.flatMap((order) => Scribe.holds(order)) })
    const updates = orders.map((order, index) => SHAPES[index]!(order))
    yield* scribe.commit({
      orderUpdates: updates.map((order) => ({ order, expectedVersion: 1, elsewhere: false })),
    })
    const loaded = yield* scribe.ledger.load({ ...nothingWanted, orders: orders.map(({ id }) => id) })
    expect(loaded.orders).toEqual(expect.arrayContaining(updates))
  }),

  check("keeps the largest numbers exactly", function* () {
    const scribe = yield* Scribe.owner
    const product = Scribe.product({ price: { amount: 1_000_000_000_000, currency: "JPY" }, purchaseLimit: 1_000_000 })
    yield* scribe.commit({ products: [{ product, onHand: 1_000_000_000_000 }] })
    expect((yield* scribe.ledger.load({ ...nothingWanted, products: [product.id] })).products).toEqual([
      { product, stock: { onHand: 1_000_000_000_000, reserved: 0, version: 1 } },
    ])
  }),
]

/** Long ago, so that nothing else in the ledger is due before it. */
const LONG_AGO = 1_000_000_000_000

const deadlines: ReadonlyArray<Check<Ledger | Lease>> = [
  check("finds what is due before the horizon, soonest first, at most so many of each", function* () {
    const { products, scribe } = yield* shop(1)
    const at = [3_000, 1_000, 4_000, 2_000].map((offset) => LONG_AGO + offset)
    const orders = at.map((expiresAt) => Scribe.order(products, { expiresAt }))
    const tentative = at.map(() => Scribe.order(products))
    yield* scribe.commit({
      orders,
      holds: [
        ...orders.flatMap((order) => Scribe.holds(order)),
        ...tentative.flatMap((order, index) => Scribe.holds(order, "tentative", at[index]!)),
      ],
    })
    const lanes = [Lane.of(products[0]!.id)]
    const due = yield* scribe.ledger.due(lanes, Number.NEGATIVE_INFINITY, LONG_AGO + 4_000, 2)
    expect(due).toEqual({
      expiries: [1, 3].map((index) => ({ orderId: orders[index]!.id, expiresAt: at[index]! })),
      lapses: [1, 3].map((index) => ({ orderId: tentative[index]!.id, lapsesAt: at[index]! })),
    })
    const all = yield* scribe.ledger.due(lanes, Number.NEGATIVE_INFINITY, LONG_AGO + 4_000, 100)
    expect([all.expiries.length, all.lapses.length]).toEqual([3, 3])
    const later = yield* scribe.ledger.due(lanes, LONG_AGO + 2_000, LONG_AGO + 4_000, 100)
    expect(later).toEqual({ expiries: all.expiries.slice(1), lapses: all.lapses.slice(1) })
    yield* scribe.commit({
      orderUpdates: orders.map((order) => ({
        order: Order.evolve(order, { _tag: "Expired" }),
        expectedVersion: 1,
        elsewhere: false,
      })),
      holdChanges: [
        ...orders.map(
          (order) => ({ orderId: order.id, productId: products[0]!.id, from: "held", to: "expired" }) as const,
        ),
        ...tentative.map(
          (order) => ({ orderId: order.id, productId: products[0]!.id, from: "tentative", to: "expired" }) as const,
        ),
      ],
    })
    expect(yield* scribe.ledger.due(lanes, Number.NEGATIVE_INFINITY, LONG_AGO + 4_000, 100)).toEqual({
      expiries: [],
      lapses: [],
    })
  }),

  check("leaves what is due in other lanes to their owners", function* () {
    const { order, scribe } = yield* placed(1, { expiresAt: LONG_AGO })
    const others = Array.from({ length: Lane.COUNT }, (_, lane) => lane).filter((lane) => lane !== Lane.of(order.id))
    const ids = (lanes: ReadonlyArray<Lane.Lane>) =>
      Effect.map(scribe.ledger.due(lanes, Number.NEGATIVE_INFINITY, LONG_AGO + 1, 100), ({ expiries }) =>
        expiries.map((each) => each.orderId),
      )
    expect(yield* ids(others)).not.toContain(order.id)
    expect(yield* ids([Lane.of(order.id)])).toContain(order.id)
  }),

  check("lets a pending charge and an ended order wait for no expiry", function* () {
    const pending = yield* placed(1, { expiresAt: LONG_AGO }, { token: "tok_ok", startedAt: NOON, action: null })
    const { products, scribe } = pending
    const ended = Order.evolve(Scribe.order(products, { expiresAt: LONG_AGO }), { _tag: "Paid" })
    yield* scribe.commit({ orders: [ended], holds: Scribe.holds(ended, "confirmed") })
    const { expiries } = yield* scribe.ledger.due(
      [Lane.of(pending.order.id)],
      Number.NEGATIVE_INFINITY,
      LONG_AGO + 1,
      100,
    )
    expect(expiries.map(({ orderId }) => orderId)).not.toContain(pending.order.id)
    expect(expiries.map(({ orderId }) => orderId)).not.toContain(ended.id)
  }),

  check("names an order with several tentative holds once", function* () {
    const scribe = yield* Scribe.owner
    const one = Scribe.product()
    const other = Scribe.product({ id: Lane.place(Scribe.freshId(), Lane.of(one.id)) as ProductId })
    const order = Scribe.order([one, other])
    yield* scribe.commit({
      products: [one, other].map((product) => ({ product, onHand: 1 })),
      holds: Scribe.holds(order, "tentative", LONG_AGO),
    })
    const { lapses } = yield* scribe.ledger.due([Lane.of(one.id)], Number.NEGATIVE_INFINITY, LONG_AGO + 1, 100)
    expect(lapses.filter(({ orderId }) => orderId === order.id)).toEqual([{ orderId: order.id, lapsesAt: LONG_AGO }])
  }),
]

const boundKeys: ReadonlyArray<Check<Ledger | Lease>> = [
  check("names every bound key once, page by page, whatever is in its name", function* () {
    const { products, scribe } = yield* shop(1)
    const claims = ["a b", "a", "a ", "~", "!", "a b c", "A"].flatMap((key) =>
      (["orders", "pay"] as const).map((route) => Scribe.claim(route, `${key}${Scribe.freshId()}`)),
    )
    for (const claim of claims) {
      const order = Scribe.order(products)
      yield* scribe.commit({ orders: [order], holds: Scribe.holds(order), keys: [Scribe.orderAnswer(order, claim)] })
    }
    const names: Array<string> = []
    let after: KeyPosition | null = null
    do {
      const page: { readonly names: ReadonlyArray<string>; readonly next: KeyPosition | null } =
        yield* scribe.ledger.boundKeys(after, 3)
      expect(page.names.length).toBeLessThanOrEqual(3)
      names.push(...page.names)
      after = page.next
    } while (after !== null)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(names)).toEqual(new Set([...names, ...claims.map(claimName)]))
  }),
]

const edits: ReadonlyArray<Check<Ledger | Lease>> = [
  check(
    "writes edits one after another, and gives the product back as it is, and whether it was ever sold",
    function* () {
      const { first, products, scribe } = yield* shop(2)
      const second = { ...first, version: 2, name: 'Stale "bread" \\ 빵', price: { amount: 120, currency: "EUR" } }
      const third = { ...second, version: 3, purchaseLimit: 4, archived: true }
      const productEdits = [
        { before: first, after: second, stockVersion: 1, at: NOON },
        { before: second, after: third, stockVersion: 1, at: NOON },
      ]
      expect(yield* scribe.commit({ productEdits })).toEqual(COMMITTED)
      const other = products[1]!
      const order = Scribe.order([other])
      yield* scribe.commit({
        orders: [order],
        holds: Scribe.holds(order),
        changes: Scribe.reserving(order, 10),
        keys: [Scribe.orderAnswer(order, Scribe.claim())],
      })
      const ids = [first.id, other.id, Scribe.product().id]
      const { details, products: found } = yield* scribe.ledger.load({ ...nothingWanted, details: ids, products: ids })
      expect(details).toHaveLength(2)
      expect(details).toEqual(
        expect.arrayContaining([
          { product: third, stockVersion: 1, isSold: false },
          { product: other, stockVersion: 2, isSold: true },
        ]),
      )
      expect(found.find(({ product }) => product.id === first.id)).toMatchObject({
        product: third,
        stock: { version: 1 },
      })
    },
  ),

  check("writes nothing of a batch with an edit of a version that has passed", function* () {
    const { products, scribe } = yield* shop(2)
    const [one, two] = [products[0]!, products[1]!]
    const edit = (product: Product, version: number) => ({
      before: { ...product, version },
      after: { ...product, version: version + 1, name: `Edit ${version}` },
      stockVersion: 1,
      at: NOON,
    })
    yield* scribe.commit({ productEdits: [edit(one, 1)] })
    const stale = scribe.batch({ productEdits: [edit(two, 1), edit(one, 1)] })
    yield* refusedAsStale(scribe, stale, two)
    const { details } = yield* scribe.ledger.load({ ...nothingWanted, details: [one.id, two.id] })
    expect(new Map(details.map(({ product }) => [product.id, product.version]))).toEqual(
      new Map([
        [one.id, 2],
        [two.id, 1],
      ]),
    )
  }),

  check("refuses an edit of a name that no database keeps, and nothing else ever after", function* () {
    const { first, scribe } = yield* shop(1)
    for (const name of ["a\0b", "\ud800"]) {
      const after = { ...first, version: 2, name }
      const batch = scribe.batch({ productEdits: [{ before: first, after, stockVersion: 1, at: NOON }] })
      expect(yield* endOf(scribe.ledger.commit(batch))).toBe("Unstorable")
    }
    expect(yield* scribe.commit({ changes: [received(first)] })).toEqual(COMMITTED)
  }),
]

export const checks = [...atomicity, ...edits, ...fencing, ...contests, ...keys, ...loading, ...deadlines, ...boundKeys]

export const ledgerContract = (name: string, adapter: Layer.Layer<Ledger | Lease, unknown>): void =>
  runAll(`a ledger (${name})`, checks, adapter)
