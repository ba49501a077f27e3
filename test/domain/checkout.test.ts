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

const charging = Order.place(TERMS, { token: "tok_ok", startedAt: 0 })
const next = (order: Order.Order, now: number) => Checkout.next(order, now, GRACE)._tag

describe("a checkout", () => {
  it("asks for the outcome until the grace has ended, and bars the charge from then on", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 * END }), (now) => {
        expect(next(charging, now)).toBe(now < END + GRACE ? "AskOutcome" : "Void")
      }),
    )
    expect(next(charging, END + GRACE - 1)).toBe("AskOutcome")
    expect(next(charging, END + GRACE)).toBe("Void")
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

  it("records what is certain, charges what was never charged, and waits where nothing is known", () => {
    for (const what of ["charged", "declined", "voided", "refunded"] as const)
      expect(Checkout.meaning(what)).toEqual({ _tag: "Record", what })
    expect(Checkout.meaning("absent")).toEqual({ _tag: "Charge" })
    expect(Checkout.meaning("unknown")).toEqual({ _tag: "Wait" })
  })
})
