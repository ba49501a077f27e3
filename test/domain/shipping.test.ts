/** What a shipment does next, and what an answer of the carrier means: nothing is given up that may be on its way. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import * as Shipping from "../../src/domain/shipping.ts"

const GIVE_UP = 10_000

const id = "01a1feab-edb8-7f21-8b21-89d61d1a5e73" as OrderId
const unitPrice = { amount: 250, currency: "EUR" }
const reserved = Order.place(
  {
    id,
    customerId: "Ann",
    lines: [{ productId: "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId, quantity: 1, unitPrice }],
    total: unitPrice,
    createdAt: 0,
    expiresAt: 1_000,
  },
  null,
)
const paid = Order.evolve(reserved, { _tag: "Paid" })
const cancelled = Order.evolve(paid, { _tag: "Cancelled", reason: null, refund: "due" })
const shipped = Order.evolve(paid, { _tag: "Shipped" })

const opened = Shipping.open(id, 3_000)
const next = (shipment: Shipping.Shipment, order: Order.Order, now = 3_000) =>
  Shipping.next(shipment, order, now, GIVE_UP)
/** After the step that is next has been journalled. */
const begun = (shipment: Shipping.Shipment, order: Order.Order, now = 3_000) =>
  Shipping.begin(shipment, next(shipment, order, now), now).shipment

describe("a shipment", () => {
  it("is registered, recorded and done", () => {
    expect(next(opened, paid)).toEqual({ _tag: "Register" })
    const asked = begun(opened, paid)
    expect(asked).toMatchObject({ state: "open", attempts: 1, firstAttemptAt: 3_000, nextAttemptAt: 3_500 })
    const { note, shipment } = Shipping.registered(asked, "T1")
    expect(note).toEqual({ type: "jaego.shipment.registered", detail: { trackingId: "T1", attempt: 1 } })
    expect(Shipping.recorded(shipment, "shipped", "registered", 3_100).shipment).toEqual({
      ...asked,
      state: "shipped",
      trackingId: "T1",
      nextAttemptAt: null,
    })
  })

  it("is recorded without asking again, when that was not possible at once", () => {
    const { shipment } = Shipping.registered(begun(opened, paid), "T1")
    expect(next(shipment, paid, 99_999)).toEqual({ _tag: "Record" })
    expect(begun(shipment, paid, 99_999).attempts).toBe(1)
  })

  it("is asked for again ever more slowly, at most every half minute", () => {
    const waits = Array.from({ length: 9 }, (_, index) => Shipping.askAgainMs(index + 1))
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it("is given up only after its time, and then barred before anything else happens", () => {
    const asked = Shipping.unanswered(begun(opened, paid), "no-answer").shipment
    expect(next(asked, paid, 3_000 + GIVE_UP - 1)).toEqual({ _tag: "Register" })
    const reason = "the carrier could not be reached: no-answer"
    expect(next(asked, paid, 3_000 + GIVE_UP)).toEqual({ _tag: "Withdraw", reason })
    const withdrawn = begun(asked, paid, 3_000 + GIVE_UP)
    expect(withdrawn).toMatchObject({ state: "withdrawn", reason, attempts: 2 })
    expect(next(withdrawn, paid, 99_999)).toEqual({ _tag: "Withdraw", reason })
    // However long the carrier says nothing, the reason stays the one it was given up for.
    const silent = Shipping.unanswered(withdrawn, "not-barred").shipment
    expect(next(silent, paid, 99_999)).toEqual({ _tag: "Withdraw", reason })
  })

  it("is barred, with the reason, when its payment was not captured in time: another process may have done it since", () => {
    const kept = Order.evolve(reserved, { _tag: "Paid", capture: "due" })
    const asked = Shipping.unanswered(begun(opened, kept), Shipping.NOT_CAPTURED).shipment
    expect(next(asked, kept, 3_000 + GIVE_UP - 1)).toEqual({ _tag: "Register" })
    const late = "its payment could not be captured: no-answer"
    expect(next(asked, kept, 3_000 + GIVE_UP)).toEqual({ _tag: "Withdraw", reason: late })
    expect(begun(asked, kept, 3_000 + GIVE_UP)).toMatchObject({ state: "withdrawn", reason: late, attempts: 2 })
    const elsewhere = Shipping.unanswered(begun(opened, kept), Shipping.OTHER_PROVIDER).shipment
    expect(next(elsewhere, kept, 3_000 + GIVE_UP)).toMatchObject({
      reason: "its payment could not be captured: other-provider",
    })
    // Once it is captured, the carrier is what is waited for.
    const captured = Order.evolve(kept, { _tag: "PaymentCaptured" })
    const reason = "the carrier could not be reached: no-answer"
    expect(next(asked, captured, 3_000 + GIVE_UP)).toEqual({ _tag: "Withdraw", reason })
    // Its order was cancelled meanwhile: there is nothing to call back.
    const ended = Order.evolve(kept, { _tag: "Cancelled", reason: null, refund: "due" })
    expect(next(asked, ended)).toEqual({ _tag: "Close", state: "cancelled" })
  })

  it("is shipped after all, when it had left before it could be barred, and then asked for its tracking id", () => {
    const withdrawn = begun(begun(opened, paid), paid, 3_000 + GIVE_UP)
    const { shipment } = Shipping.tooLate(withdrawn)
    const missing = Shipping.recorded(shipment, "shipped", "left", 20_000).shipment
    expect(missing).toMatchObject({ state: "open", reason: null, firstAttemptAt: null, nextAttemptAt: 20_000 })
    expect(next(missing, shipped, 20_000)).toEqual({ _tag: "Register" })
    const asked = begun(missing, shipped, 20_000)
    const { shipment: found } = Shipping.registered(asked, "T1")
    expect(Shipping.recorded(found, "shipped", "registered", 20_100).shipment).toMatchObject({
      state: "shipped",
      trackingId: "T1",
      nextAttemptAt: null,
    })
    // Without an answer it is given up in its time, and stays shipped.
    const silent = Shipping.unanswered(asked, "no-answer").shipment
    expect(next(silent, shipped, 20_000 + GIVE_UP - 1)).toEqual({ _tag: "Register" })
    expect(next(silent, shipped, 20_000 + GIVE_UP)).toEqual({ _tag: "Close", state: "shipped" })
  })

  it("is closed without asking a carrier, when its order was cancelled before one was asked", () => {
    expect(next(opened, cancelled)).toEqual({ _tag: "Close", state: "cancelled" })
    expect(begun(opened, cancelled)).toMatchObject({ state: "cancelled", attempts: 0, nextAttemptAt: null })
  })

  it("is called back, when its order was cancelled while the carrier was asked", () => {
    const asked = begun(opened, paid)
    expect(next(asked, cancelled)).toMatchObject({ _tag: "Withdraw" })
    const { shipment } = Shipping.registered(asked, "T1")
    const recorded = Shipping.recorded(shipment, "cancelled", "registered", 3_200).shipment
    expect(recorded).toMatchObject({ state: "withdrawn", trackingId: "T1", nextAttemptAt: 3_200 })
    expect(next(recorded, cancelled)).toMatchObject({ _tag: "Withdraw" })
    expect(Shipping.recorded(recorded, "cancelled", "left", 3_300)).toMatchObject({
      shipment: { state: "stray", nextAttemptAt: null },
      note: { type: "jaego.shipment.stray" },
    })
  })

  it("is closed as its order stands, when that was recorded already", () => {
    const known = { ...begun(opened, paid), trackingId: "T1" }
    expect(next(known, shipped)).toEqual({ _tag: "Close", state: "shipped" })
    expect(next(known, Order.evolve(shipped, { _tag: "Delivered" }))).toEqual({ _tag: "Close", state: "delivered" })
  })

  it("takes no callback that names another parcel, or that the carrier cannot know of", () => {
    const report = { what: "delivered", trackingId: "T2" } as const
    const asked = begun(opened, paid)
    expect(Shipping.isForeign(asked, report)).toBe(false)
    expect(Shipping.isForeign({ ...asked, trackingId: "T2" }, report)).toBe(false)
    expect(Shipping.isForeign({ ...asked, trackingId: "T1" }, report)).toBe(true)
    expect(Shipping.isForeign(opened, report)).toBe(true)
    expect(Shipping.mismatched({ ...asked, trackingId: "T1" }, report)).toEqual({
      shipment: { ...asked, trackingId: "T1" },
      note: { type: "jaego.carrier.mismatch", detail: { what: "delivered", trackingId: "T2" } },
    })
  })

  it("takes callbacks in any order, and never moves back", () => {
    const collected = { what: "collected", trackingId: "T1" } as const
    const delivered = { what: "delivered", trackingId: "T1" } as const
    const early = Shipping.reported(begun(opened, paid), delivered, "delivered").shipment
    expect(early).toMatchObject({ state: "delivered", trackingId: "T1", nextAttemptAt: null })
    expect(Shipping.reported(early, collected, "delivered").shipment).toMatchObject({ state: "delivered" })
    expect(Shipping.reported(opened, collected, "shipped").shipment).toMatchObject({ state: "shipped" })
    expect(Shipping.reported(opened, collected, "cancelled").shipment).toMatchObject({ state: "stray" })
  })
})

/** How the carrier answers the next step. */
const answer = fc.constantFrom("registered" as const, "unknown" as const, "cancelled" as const, "left" as const)

describe("every life of a shipment", () => {
  it("cancels nothing that the carrier may have, and ends once it is answered", () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 20 }), fc.nat({ max: 3 * GIVE_UP }), (answers, stride) => {
        let shipment = opened
        let order: Order.Order = paid
        let mayHaveIt = false
        let now = 3_000
        for (const said of answers) {
          if (shipment.nextAttemptAt === null) break
          const step = next(shipment, order, now)
          shipment = Shipping.begin(shipment, step, now).shipment
          if (step._tag === "Register" && said === "registered") {
            mayHaveIt = true
            shipment = Shipping.registered(shipment, "T1").shipment
            if (order === shipped) shipment = Shipping.recorded(shipment, "shipped", "registered", now).shipment
          } else if (step._tag === "Register") {
            // The answer is lost; the outcome is unknown.
            mayHaveIt = true
            shipment = Shipping.unanswered(shipment, "silence").shipment
          } else if (step._tag === "Withdraw" && said === "cancelled") {
            mayHaveIt = false
            order = cancelled
            shipment = Shipping.close(Shipping.barred(shipment).shipment, "cancelled").shipment
          } else if (step._tag === "Withdraw" && said === "left") {
            order = shipped
            shipment = Shipping.recorded(Shipping.tooLate(shipment).shipment, "shipped", "left", now).shipment
          } else if (step._tag === "Record") {
            order = shipped
            shipment = Shipping.recorded(shipment, "shipped", "registered", now).shipment
          }
          now += stride
        }
        if (shipment.state === "cancelled") expect(mayHaveIt).toBe(false)
        if (shipment.state === "shipped") expect(order.status).toBe("shipped")
        expect(shipment.nextAttemptAt === null).toBe(shipment.state === "shipped" || shipment.state === "cancelled")
      }),
      { numRuns: 1_000 },
    )
  })
})
