/** What a checkout does next: ask while the hold and its grace last, bar the charge after them, pay back what is owed. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Checkout from "../../src/domain/checkout.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"

const END = 1_000
const GRACE = 60

const TERMS: Order.Terms = {
  id: "01a1feab-edb8-7f21-8b21-89d61d1a5e73" as OrderId,
  customerId: "Ann",
  lines: [
    {
      productId: "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId,
      quantity: 1,
      unitPrice: { amount: 250, currency: "EUR" },
    },
  ],
  total: { amount: 250, currency: "EUR" },
  createdAt: 0,
  expiresAt: END,
}

const ACTION = { kind: "redirect", url: "https://bank.example/act", clientSecret: null }

const charging = Order.place(TERMS, { token: "tok_ok", startedAt: 0, action: null })
const next = (order: Order.Order, now: number) => Checkout.next(order, now, GRACE)._tag

describe("a checkout", () => {
  it("asks for the outcome until the grace has ended, and gives the charge up from then on", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 * END }), (now) => {
        expect(next(charging, now)).toBe(now < END + GRACE ? "AskOutcome" : "GiveUp")
      }),
    )
    expect(next(charging, END + GRACE - 1)).toBe("AskOutcome")
    expect(next(charging, END + GRACE)).toBe("GiveUp")
  })

  it("bars a charge only once it is given up, whatever the clock of this process says", () => {
    const givenUp = Order.evolve(charging, { _tag: "PaymentGivenUp" })
    fc.assert(
      fc.property(fc.nat({ max: 2 * END }), (now) => {
        expect(next(charging, now)).not.toBe("Void")
        expect(next(givenUp, now)).toBe("Void")
      }),
    )
    expect(Checkout.meaning({ _tag: "Voided" }, givenUp)).toEqual({ _tag: "Expire" })
    expect(Checkout.meaning({ _tag: "Charged" }, givenUp)).toEqual({ _tag: "Record", what: { _tag: "RecordCharge" } })
  })

  it("has nothing to do for an order that is not being paid, nor for one that is paid", () => {
    expect(next(Order.place(TERMS, null), 2 * END)).toBe("Settled")
    expect(next(Order.evolve(charging, { _tag: "Paid" }), 2 * END)).toBe("Settled")
  })

  it("refunds what is due, until it is done", () => {
    const paid = Order.evolve(charging, { _tag: "Paid" })
    const cancelled = Order.evolve(paid, { _tag: "Cancelled", reason: null, refund: "due" })
    expect(next(cancelled, 0)).toBe("Refund")
    expect(next(Order.evolve(cancelled, { _tag: "Refunded" }), 0)).toBe("Settled")
    const late = Order.evolve(Order.evolve(charging, { _tag: "Expired" }), { _tag: "RefundFellDue" })
    expect(next(late, 2 * END)).toBe("Refund")
  })

  it("lets go what is only kept for an order that is cancelled, and gives back what was taken before it could be", () => {
    const kept = Order.evolve(charging, { _tag: "Paid", capture: "due" })
    expect(next(kept, 2 * END)).toBe("Settled")
    const cancelled = Order.evolve(kept, { _tag: "Cancelled", reason: null, refund: "due" })
    expect(next(cancelled, 0)).toBe("Release")
    expect(Checkout.meaning({ _tag: "Voided" }, cancelled)).toEqual({ _tag: "RecordRefund" })
    const tooLate = Checkout.meaning({ _tag: "Charged" }, cancelled)
    expect(tooLate).toEqual({ _tag: "Record", what: { _tag: "RecordCapture" } })
    const taken = Order.evolve(cancelled, { _tag: "PaymentCaptured" })
    expect(next(taken, 0)).toBe("Refund")
  })

  it("records what is certain, charges what was never charged, and waits where nothing is known", () => {
    const meaning = (answer: Checkout.ProviderAnswer, order = charging) => Checkout.meaning(answer, order)
    expect(meaning({ _tag: "Charged" })).toEqual({ _tag: "Record", what: { _tag: "RecordCharge" } })
    expect(meaning({ _tag: "Authorized" })).toEqual({ _tag: "Record", what: { _tag: "RecordAuthorization" } })
    const why = { code: "insufficient_funds", retryable: true }
    expect(meaning({ _tag: "Declined", ...why })).toEqual({
      _tag: "Record",
      what: { _tag: "RecordDecline", attempt: 1, ...why },
    })
    expect(meaning({ _tag: "Prepared", ref: "pi" })).toEqual({ _tag: "Record", what: { _tag: "RecordRef", ref: "pi" } })
    expect(meaning({ _tag: "Voided" })).toEqual({ _tag: "Expire" })
    expect(meaning({ _tag: "Refunded" })).toEqual({ _tag: "RecordRefund" })
    expect(meaning({ _tag: "Absent" })).toEqual({ _tag: "Confirm" })
    expect(meaning({ _tag: "Unknown" })).toEqual({ _tag: "Wait" })
  })

  it("waits for the buyer until the hold ends, without the grace that is the provider's", () => {
    const asked = Order.evolve(charging, { _tag: "PaymentActionRequired", action: ACTION })
    expect(Checkout.meaning({ _tag: "ActionRequired", action: ACTION }, charging)).toEqual({
      _tag: "Record",
      what: { _tag: "RecordAction", attempt: 1, action: ACTION },
    })
    expect(Checkout.meaning({ _tag: "ActionRequired", action: ACTION }, asked)).toEqual({ _tag: "WaitForBuyer" })
    expect(next(asked, END - 1)).toBe("AskOutcome")
    expect(next(asked, END)).toBe("GiveUp")
  })
})
