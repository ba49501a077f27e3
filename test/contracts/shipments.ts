/** What every place for shipments promises: who writes has seen the last word, and the timeline shows what was written. */
import { Effect, type Layer } from "effect"
import { expect } from "vitest"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import type { Shipment } from "../../src/domain/shipping.ts"
import { ORDERS } from "../../src/ports/events.ts"
import { Inbox, type Taken } from "../../src/ports/inbox.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Ledger } from "../../src/ports/ledger.ts"
import { type ShipmentChange, Shipments } from "../../src/ports/shipments.ts"
import { Timeline, type TimelineEntry } from "../../src/ports/timeline.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

type Needs = Shipments | Timeline | Inbox | Ledger | Lease

const { NOON } = Scribe

/** Orders whose shipments are due at these times, opened as the consumer of paid orders opens them. */
const opened = Effect.fnUntraced(function* (...dues: ReadonlyArray<number>) {
  const inbox = yield* Inbox
  const scribe = yield* Scribe.owner
  const product = Scribe.product()
  const orders = dues.map(() => Scribe.order([product]))
  const holds = orders.flatMap((order) => Scribe.holds(order))
  yield* scribe.commit({ products: [{ product, onHand: 100 }], orders, holds })
  const taken = orders.map(
    ({ id }, index): Taken => ({
      _tag: "Event",
      delivery: { topic: ORDERS, offset: index, key: id, value: "{}", headers: {} },
      eventId: Scribe.freshId(),
      version: 2,
      writes: [{ _tag: "OpenShipment", orderId: id, at: dues[index]! }],
    }),
  )
  yield* inbox.commit([{ consumer: "shipping", source: Scribe.freshId(), taken, next: dues.length }])
  return orders
})

const entry = (more: Partial<TimelineEntry> = {}): TimelineEntry => ({
  id: Scribe.freshId(),
  type: "jaego.shipment.registered",
  version: null,
  at: NOON,
  detail: '{"trackingId":"T1"}',
  ...more,
})

const paidOf = (order: Order.Order) => ({
  order: Order.evolve(order, { _tag: "Paid" }),
  expectedVersion: 1,
  elsewhere: false,
})

const written = (shipment: Shipment, more: Partial<ShipmentChange> = {}): ShipmentChange => ({
  shipment,
  entries: [],
  callback: null,
  ...more,
})

const collected = (id: string = Scribe.freshId()) => ({ id, what: "collected" }) as const

/** No callback has this id. */
const none = "no callback"

const found = Effect.fnUntraced(function* (id: OrderId) {
  const shipment = (yield* (yield* Shipments).find(id, none))?.shipment
  if (shipment === undefined) throw new Error(`order ${id} has no shipment`)
  return shipment
})

const ALWAYS = { firsts: Number.NEGATIVE_INFINITY, retries: Number.NEGATIVE_INFINITY }

const dueBy = Effect.fnUntraced(function* (
  orders: ReadonlyArray<{ readonly id: OrderId }>,
  now: number,
  { limit = 100, retries = limit, except = [] as ReadonlyArray<OrderId>, since = ALWAYS } = {},
) {
  const due = yield* (yield* Shipments).due({ since, now, limit, retries, except })
  return due.flatMap(({ shipment }) => {
    const index = orders.findIndex(({ id }) => id === shipment.orderId)
    return index === -1 ? [] : [index]
  })
})

export const checks: ReadonlyArray<Check<Needs>> = [
  check("finds a shipment as it was opened, and none of an order that has none", function* () {
    const [order] = yield* opened(NOON)
    const shipments = yield* Shipments
    expect(yield* shipments.find(order!.id, none)).toEqual({
      known: null,
      shipment: {
        orderId: order!.id,
        state: "open",
        attempts: 0,
        firstAttemptAt: null,
        nextAttemptAt: NOON,
        trackingId: null,
        reason: null,
        version: 1,
      },
    })
    expect(yield* shipments.find(Scribe.freshId() as OrderId, none)).toBeNull()
  }),

  check("lists what is due, longest first, and nothing that is not", function* () {
    const orders = yield* opened(NOON + 20, NOON + 10, NOON + 40, NOON + 30)
    expect(yield* dueBy(orders, NOON + 30)).toEqual([1, 0, 3])
    expect(yield* dueBy(orders, NOON + 29)).toEqual([1, 0])
    expect(yield* dueBy(orders, NOON + 30, { except: [orders[0]!.id] })).toEqual([1, 3])
    for (const { id } of orders) {
      const shipment = yield* found(id)
      yield* (yield* Shipments).save([written({ ...shipment, nextAttemptAt: null })])
    }
    expect(yield* dueBy(orders, NOON + 1_000)).toEqual([])
  }),

  check("lists as many as are asked for, each with its order", function* () {
    const orders = yield* opened(1, 2, 3)
    const shipments = yield* Shipments
    const due = yield* shipments.due({ since: ALWAYS, now: 3, limit: 2, retries: 2, except: [] })
    expect(due.map(({ order }) => order)).toEqual(orders.slice(0, 2))
    yield* shipments.save(
      (yield* shipments.due({ since: ALWAYS, now: 3, limit: 9, retries: 9, except: [] })).map(({ shipment }) =>
        written({ ...shipment, nextAttemptAt: null }),
      ),
    )
  }),

  check("writes everything of a shipment, as the next version", function* () {
    const [order] = yield* opened(NOON)
    const shipments = yield* Shipments
    const after: Shipment = {
      orderId: order!.id,
      state: "withdrawn",
      attempts: 3,
      firstAttemptAt: NOON + 1,
      nextAttemptAt: NOON + 2,
      trackingId: "T1",
      reason: "no answer",
      version: 1,
    }
    expect(yield* shipments.save([written(after)])).toEqual(new Set([order!.id]))
    expect(yield* found(order!.id)).toEqual({ ...after, version: 2 })
  }),

  check("writes nothing that was decided on an older version, but all the others", function* () {
    const [one, two] = yield* opened(NOON, NOON)
    const shipments = yield* Shipments
    const seen = yield* found(one!.id)
    yield* shipments.save([written({ ...seen, state: "shipped" })])
    const late = written({ ...seen, state: "cancelled" }, { entries: [entry()], callback: collected() })
    const other = written({ ...(yield* found(two!.id)), attempts: 1 })
    expect(yield* shipments.save([late, other])).toEqual(new Set([two!.id]))
    expect(yield* found(one!.id)).toMatchObject({ state: "shipped", version: 2 })
    expect(yield* (yield* Timeline).entries(one!.id)).toEqual([])
    // It was not heard: it may come again.
    expect(yield* shipments.find(one!.id, late.callback!.id)).toMatchObject({ known: null })
  }),

  check("lets one of many who write at once win", function* () {
    const [order] = yield* opened(NOON)
    const shipments = yield* Shipments
    const seen = yield* found(order!.id)
    const saved = yield* Effect.forEach(
      Array.from({ length: 10 }, (_, attempts) => written({ ...seen, attempts }, { entries: [entry()] })),
      (each) => shipments.save([each]),
      { concurrency: "unbounded" },
    )
    expect(saved.filter((ids) => ids.has(order!.id))).toHaveLength(1)
    expect(yield* found(order!.id)).toMatchObject({ version: 2 })
    expect(yield* (yield* Timeline).entries(order!.id)).toHaveLength(1)
  }),

  check("writes what a callback led to once", function* () {
    const [order] = yield* opened(NOON)
    const shipments = yield* Shipments
    const callback = collected()
    const seen = yield* found(order!.id)
    const change = written({ ...seen, state: "delivered" }, { entries: [entry()], callback })
    expect(yield* shipments.save([change])).toEqual(new Set([order!.id]))
    expect(yield* shipments.find(order!.id, callback.id)).toMatchObject({ known: "collected" })
    const again = written({ ...(yield* found(order!.id)), state: "stray" }, { entries: [entry()], callback })
    expect(yield* shipments.save([again])).toEqual(new Set())
    expect(yield* found(order!.id)).toMatchObject({ state: "delivered", version: 2 })
    expect(yield* (yield* Timeline).entries(order!.id)).toHaveLength(1)
  }),

  check("knows a callback of its own order only", function* () {
    const [one, two] = yield* opened(NOON, NOON)
    const shipments = yield* Shipments
    const callback = collected("1")
    for (const order of [one!, two!]) {
      expect(yield* shipments.find(order.id, "1")).toMatchObject({ known: null })
      expect(yield* shipments.save([written(yield* found(order.id), { callback })])).toEqual(new Set([order.id]))
      expect(yield* shipments.find(order.id, "1")).toMatchObject({ known: "collected" })
    }
  }),

  check("gives a parcel to the order that claims it first, for ever", function* () {
    const [one, two] = yield* opened(NOON, NOON)
    const shipments = yield* Shipments
    const [parcel, other] = [`T-${Scribe.freshId()}`, `T-${Scribe.freshId()}`]
    const claimed = yield* Effect.all(
      [one!, two!, one!].map(({ id }) => shipments.claimParcel(id, parcel)),
      { concurrency: "unbounded" },
    )
    expect(claimed).toEqual([true, false, true])
    expect(yield* shipments.claimParcel(one!.id, parcel)).toBe(true)
    expect(yield* shipments.claimParcel(two!.id, parcel)).toBe(false)
    expect(yield* shipments.claimParcel(two!.id, other)).toBe(true)
  }),

  check("lists first attempts before all others, and as many of those as are asked for", function* () {
    const orders = yield* opened(4, 3, 2, 1)
    const shipments = yield* Shipments
    // The two that are due longest have been asked about before.
    for (const { id } of orders.slice(2)) yield* shipments.save([written({ ...(yield* found(id)), attempts: 1 })])
    const due = 5
    expect(yield* dueBy(orders, due)).toEqual([1, 0, 3, 2])
    expect(yield* dueBy(orders, due, { retries: 1 })).toEqual([1, 0, 3])
    expect(yield* dueBy(orders, due, { retries: 0 })).toEqual([1, 0])
    expect(yield* dueBy(orders, due, { limit: 3 })).toEqual([1, 0, 3])
    expect(yield* dueBy(orders, due, { limit: 1 })).toEqual([1])
    expect(yield* dueBy(orders, due, { since: { firsts: 4, retries: 1 } })).toEqual([0, 3, 2])
    expect(yield* dueBy(orders, due, { since: { firsts: 3, retries: 2 } })).toEqual([1, 0, 2])
    for (const { id } of orders) yield* shipments.save([written({ ...(yield* found(id)), nextAttemptAt: null })])
  }),

  check("finds paid orders that have no shipment, and opens what is missing once", function* () {
    const scribe = yield* Scribe.owner
    const shipments = yield* Shipments
    const product = Scribe.product()
    const placed = Array.from({ length: 3 }, () => Scribe.order([product]))
    const holds = placed.flatMap((order) => Scribe.holds(order))
    yield* scribe.commit({ products: [{ product, onHand: 100 }], orders: placed, holds })
    const [one, two, unpaid] = placed as [Order.Order, Order.Order, Order.Order]
    const isOurs = (id: OrderId) => placed.some((order) => order.id === id)
    expect((yield* shipments.missing({ after: null, limit: 1_000 })).filter(isOurs)).toEqual([])
    for (const order of [one, two]) yield* scribe.commit({ orderUpdates: [paidOf(order)] })
    expect((yield* shipments.missing({ after: null, limit: 1_000 })).filter(isOurs)).toEqual(
      [one.id, two.id].toSorted(),
    )
    expect((yield* shipments.missing({ after: one.id, limit: 1_000 })).filter(isOurs)).toEqual([two.id])
    expect(yield* shipments.open([one.id, unpaid.id], 7)).toBe(1)
    expect(yield* shipments.open([one.id], 8)).toBe(0)
    expect(yield* found(one.id)).toMatchObject({ state: "open", attempts: 0, nextAttemptAt: 7, version: 1 })
    expect(yield* shipments.find(unpaid.id, none)).toBeNull()
    expect((yield* shipments.missing({ after: null, limit: 1_000 })).filter(isOurs)).toEqual([two.id])
    yield* shipments.open([two.id], 9)
    for (const { id } of [one, two]) yield* shipments.save([written({ ...(yield* found(id)), nextAttemptAt: null })])
  }),

  check("lets a change that no database keeps fail alone", function* () {
    const orders = yield* opened(NOON, NOON, NOON)
    const shipments = yield* Shipments
    const ends = yield* Effect.forEach(
      orders,
      ({ id }, index) =>
        Effect.gen(function* () {
          const shipment = { ...(yield* found(id)), trackingId: index === 1 ? "A\0B" : "T1", nextAttemptAt: null }
          return yield* Effect.exit(shipments.save([written(shipment)]))
        }),
      { concurrency: "unbounded" },
    )
    expect(ends.map(({ _tag }) => _tag)).toEqual(["Success", "Failure", "Success"])
    expect(yield* found(orders[1]!.id)).toMatchObject({ version: 1, trackingId: null })
    for (const index of [0, 2]) expect(yield* found(orders[index]!.id)).toMatchObject({ version: 2, trackingId: "T1" })
    yield* shipments.save([written({ ...(yield* found(orders[1]!.id)), nextAttemptAt: null })])
  }),

  check("keeps the timeline oldest first, each entry once", function* () {
    const [order] = yield* opened(NOON)
    const shipments = yield* Shipments
    const first = entry({ at: NOON + 1, detail: null })
    const second = entry({ at: NOON + 2, version: 3, type: "jaego.order.shipped.v1" })
    yield* shipments.save([written(yield* found(order!.id), { entries: [second, first] })])
    yield* shipments.save([written(yield* found(order!.id), { entries: [{ ...first, at: NOON + 9 }] })])
    expect(yield* (yield* Timeline).entries(order!.id)).toEqual([first, second])
  }),
]

export const shipmentsContract = <R>(name: string, adapter: Layer.Layer<R | Needs, unknown>): void =>
  runAll<R | Needs>(`shipments (${name})`, checks, adapter)
