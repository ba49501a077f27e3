/** What every inventory promises of orders once they are placed: paid, declined, cancelled, expired, refunded. */
import { Effect } from "effect"
import { expect } from "vitest"
import { OrderBook } from "../../src/ports/order-book.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check } from "./check.ts"
import { counter, soon } from "./inventory-counter.ts"
import { all, ledgerOf, type Needs, outcomes } from "./inventory-looks.ts"

export const lives: ReadonlyArray<Check<Needs>> = [
  check("takes the units of a paid order from the shelf, once", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const order = yield* shop.placed([[id, 2]])
    const started = yield* shop.startPayment(order.id)
    expect(started).toMatchObject({ status: "reserved", version: 2, attempt: { token: "tok_test" } })
    expect(yield* shop.startPayment(order.id)).toEqual({ refused: { _tag: "PaymentInProgress", orderId: order.id } })
    expect(yield* shop.cancel(order.id)).toEqual({ refused: { _tag: "PaymentInProgress", orderId: order.id } })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.record(order.id, "charged")).toMatchObject({ status: "paid", version: 3 })
    expect(yield* shop.startPayment(order.id)).toMatchObject({ status: "paid", version: 3 })
    expect(yield* shop.stock({ id })).toEqual({ onHand: 3, reserved: 0, version: 3 })
    expect(yield* ledgerOf(id)).toEqual([
      [1, "created", 5, 0, 5, 0],
      [2, "reserved", 0, 2, 5, 2],
      [3, "confirmed", -2, -2, 3, 0],
    ])
  }),

  check("makes the outcome the answer of the request that still waits for it", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const claim = Scribe.claim()
    const order = yield* shop.placed([[id, 1]], { claim, token: "tok_test" })
    expect(order).toMatchObject({ attempt: { token: "tok_test" } })
    yield* shop.record(order.id, "charged", claim)
    expect(yield* shop.ask(shop.placing([[id, 1]], { claim }))).toMatchObject({
      reply: { order: { id: order.id, status: "paid" } },
      replayed: true,
    })
    const later = Scribe.claim()
    const other = yield* shop.placed([[id, 1]], { claim: later, token: "tok_test" })
    yield* shop.record(other.id, "declined")
    expect(yield* shop.place([[id, 1]], { claim: later })).toMatchObject({ id: other.id, status: "reserved" })
  }),

  check("gives the units of a declined order back, once", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const order = yield* shop.placed([[id, 2]], { token: "tok_test" })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.record(order.id, "declined")).toMatchObject({ status: "payment_failed", version: 2 })
    expect(yield* shop.stock({ id })).toEqual({ onHand: 5, reserved: 0, version: 3 })
    const status = "payment_failed"
    expect(yield* shop.cancel(order.id)).toEqual({ refused: { _tag: "NotCancellable", orderId: order.id, status } })
    expect(yield* shop.startPayment(order.id)).toEqual({ refused: { _tag: "NotPayable", orderId: order.id, status } })
  }),

  check("gives the units of a cancelled order back, and the money of a paid one", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const unpaid = yield* shop.placed([[id, 2]])
    for (let times = 0; times < 2; times++)
      expect(yield* shop.cancel(unpaid.id)).toMatchObject({ status: "cancelled", version: 2, refund: "none" })
    const paid = yield* shop.placed([[id, 3]])
    yield* shop.paid(paid.id)
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 2, reserved: 0 })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.cancel(paid.id)).toMatchObject({ status: "cancelled", version: 4, refund: "due" })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.refunded(paid.id)).toMatchObject({ status: "cancelled", version: 5, refund: "done" })
    expect((yield* ledgerOf(id)).map(([, type]) => type)).toEqual([
      "created",
      "reserved",
      "released",
      "reserved",
      "confirmed",
      "restocked",
    ])
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 0 })
  }),

  check("answers the keys of payments and cancellations as they were answered", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const pay = Scribe.claim("pay")
    const order = yield* shop.placed([[id, 1]])
    yield* shop.startPayment(order.id, pay)
    expect(yield* shop.startPayment(order.id, pay)).toMatchObject({ status: "reserved" })
    yield* shop.record(order.id, "charged", pay)
    const cancel = Scribe.claim("cancel")
    expect(yield* shop.cancel(order.id, cancel)).toMatchObject({ status: "cancelled" })
    expect(yield* shop.startPayment(order.id, pay)).toMatchObject({ status: "paid" })
    expect(yield* shop.cancel(order.id, cancel)).toMatchObject({ status: "cancelled" })
    const other = { ...cancel, fingerprint: Scribe.freshId() }
    expect(yield* shop.cancel(order.id, other)).toEqual({ refused: { _tag: "KeyReused", key: cancel.key } })
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 0 })
  }),

  check("cancels once what is cancelled by many at once", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const order = yield* shop.placed([[id, 5]])
    const answers = yield* all(Array.from({ length: 20 }, () => shop.cancel(order.id)))
    expect(outcomes(answers)).toEqual({ cancelled: 20 })
    expect(yield* shop.stock({ id })).toEqual({ onHand: 5, reserved: 0, version: 3 })
  }),

  check("ends a hold when its time has come and not before, and never under an open charge", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const early = yield* shop.placed([[id, 1]])
    expect(yield* shop.expire(early.id, "voided")).toMatchObject({ status: "reserved", version: 1 })
    const charged = yield* shop.placed([[id, 1]], { token: "tok_test", expiresAt: 1 })
    expect(yield* shop.expire(charged.id, "not-voided")).toMatchObject({ status: "reserved" })
    expect(yield* shop.expire(charged.id, "voided")).toMatchObject({ status: "expired", version: 2 })
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 1 })
    // The charge comes to light all the same: the money goes back, and the goods stay.
    expect(yield* shop.record(charged.id, "charged")).toMatchObject({ status: "expired", refund: "due" })
    expect(yield* shop.refunded(charged.id)).toMatchObject({ status: "expired", refund: "done" })
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 1 })
  }),

  check("ends holds by itself, and sells them again", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 1 })
    const order = yield* shop.placed([[id, 1]], { expiresAt: soon() })
    yield* shop.expired(order.id)
    expect(yield* shop.place([[id, 1]])).toMatchObject({ status: "reserved" })
    expect(yield* shop.startPayment(order.id)).toEqual({
      refused: { _tag: "NotPayable", orderId: order.id, status: "expired" },
    })
    expect((yield* ledgerOf(id)).map(([, type]) => type)).toEqual(["created", "reserved", "expired", "reserved"])
  }),

  check("ships a paid order once and delivers it once, in that order and no other", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const order = yield* shop.placed([[id, 2]])
    expect(yield* shop.shipped(order.id)).toMatchObject({ status: "reserved", version: 1 })
    yield* shop.paid(order.id)
    expect(yield* shop.delivered(order.id)).toMatchObject({ status: "paid", version: 3 })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.shipped(order.id)).toMatchObject({ status: "shipped", version: 4 })
    const status = "shipped"
    expect(yield* shop.cancel(order.id)).toEqual({ refused: { _tag: "NotCancellable", orderId: order.id, status } })
    for (let times = 0; times < 2; times++)
      expect(yield* shop.delivered(order.id)).toMatchObject({ status: "delivered", version: 5 })
    expect(yield* shop.shipped(order.id)).toMatchObject({ status: "delivered", version: 5 })
    expect(yield* (yield* OrderBook).get(order.id)).toMatchObject({ status: "delivered", version: 5 })
    expect(yield* shop.stock({ id })).toEqual({ onHand: 3, reserved: 0, version: 3 })
  }),

  check(
    "ships nothing of an order that was cancelled, and lets a shipment and a cancellation race to one end",
    function* () {
      const shop = yield* counter
      const { id } = yield* shop.create({ onHand: 50 })
      const gone = yield* shop.placed([[id, 1]])
      yield* shop.paid(gone.id)
      yield* shop.cancel(gone.id)
      expect(yield* shop.shipped(gone.id)).toMatchObject({ status: "cancelled", version: 4, refund: "due" })
      const race = Effect.gen(function* () {
        const order = yield* shop.placed([[id, 1]])
        yield* shop.paid(order.id)
        const [shipped, cancelled] = yield* all([shop.shipped(order.id), shop.cancel(order.id)])
        // The first has won, and the other has seen it.
        if (shipped !== undefined && "status" in shipped && shipped.status === "shipped")
          expect(cancelled).toMatchObject({ refused: { _tag: "NotCancellable" } })
        else expect([shipped, cancelled]).toMatchObject([{ status: "cancelled" }, { status: "cancelled" }])
        return shipped !== undefined && "status" in shipped && shipped.status === "shipped" ? 1 : 0
      })
      const sent = yield* all(Array.from({ length: 20 }, () => race))
      const left = 50 - sent.reduce<number>((sum, units) => sum + units, 0)
      expect(yield* shop.stock({ id })).toMatchObject({ onHand: left, reserved: 0 })
    },
    "I2",
  ),

  check("refuses an order that was never placed", function* () {
    const shop = yield* counter
    const orderId = Scribe.order([Scribe.product()]).id
    const missing = { refused: { _tag: "OrderNotFound", orderId } }
    expect(yield* shop.startPayment(orderId)).toEqual(missing)
    expect(yield* shop.record(orderId, "charged")).toEqual(missing)
    expect(yield* shop.cancel(orderId)).toEqual(missing)
    expect(yield* shop.expire(orderId, "voided")).toEqual(missing)
    expect(yield* shop.refunded(orderId)).toEqual(missing)
    expect(yield* shop.shipped(orderId)).toEqual(missing)
    expect(yield* shop.delivered(orderId)).toEqual(missing)
  }),

  check(
    "keeps its shelves whole while everything happens at once",
    function* () {
      const shop = yield* counter
      const shelves = yield* all(Array.from({ length: 4 }, () => shop.create({ onHand: 20 })))
      const life = (index: number) =>
        Effect.gen(function* () {
          const lines = [index, index + 1, index + 3].map((at) => [shelves[at % 4]!.id, 1] as const)
          const answer = yield* shop.place(index % 3 === 0 ? lines.toReversed() : lines.slice(0, 1 + (index % 2)))
          if (!("id" in answer)) return 0
          if (index % 5 === 0) yield* shop.cancel(answer.id)
          if (index % 5 !== 1) return 0
          yield* shop.paid(answer.id)
          return answer.lines.length
        })
      const sold = yield* all(Array.from({ length: 60 }, (_, index) => life(index)))
      const stocks = yield* all(shelves.map((shelf) => shop.stock(shelf)))
      const left = stocks.reduce((sum, { onHand }) => sum + onHand, 0)
      expect(left).toBe(80 - sold.reduce((sum, units) => sum + units, 0))
      for (const { onHand, reserved } of stocks) expect(onHand >= reserved && reserved >= 0).toBe(true)
    },
    "I2",
  ),
]
