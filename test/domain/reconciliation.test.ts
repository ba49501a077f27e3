/** What an order and its charge say of each other: each way in which they differ, and what may be done about it. */
import { describe, expect, it } from "vitest"
import { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { type Charge, difference, merged } from "../../src/domain/reconciliation.ts"
import { freshId } from "../support/scribe.ts"

const TOTAL = 250
const EUR = { amount: TOTAL, currency: "EUR" }

const placed = Order.place(
  { id: OrderId.make(freshId()), customerId: "kim", lines: [], total: EUR, createdAt: 0, expiresAt: 1 },
  { token: "tok", startedAt: 0, action: null },
)
const lived = (...events: ReadonlyArray<Order.Event>) => events.reduce(Order.evolve, placed)

const PAID: Order.Event = { _tag: "Paid" }
const KEPT: Order.Event = { _tag: "Paid", capture: "due" }
const CANCELLED: Order.Event = { _tag: "Cancelled", reason: null, refund: "due" }

const ORDERS = {
  reserved: placed,
  given_up: lived({ _tag: "PaymentGivenUp" }),
  paid: lived(PAID),
  kept: lived(KEPT),
  shipped: lived(PAID, { _tag: "Shipped" }),
  expired: lived({ _tag: "Expired" }),
  failed: lived({ _tag: "PaymentFailed", code: "no" }),
  called_off: lived({ _tag: "Cancelled", reason: null, refund: "none" }),
  refund_due: lived(PAID, CANCELLED),
  refunded: lived(PAID, CANCELLED, { _tag: "Refunded" }),
  let_go: lived(KEPT, CANCELLED, { _tag: "Refunded" }),
}

const charge = (state: Charge["state"], captured: number, refunded = 0, currency = "EUR"): Charge => ({
  ...{ ref: "ch_1", key: placed.id, state, currency, captured, refunded },
})
const CHARGES = {
  none: null,
  open: charge("open", 0),
  kept: charge("authorized", 0),
  charged: charge("charged", TOTAL),
  given_back: charge("charged", TOTAL, TOTAL),
  half_back: charge("charged", TOTAL, TOTAL / 2),
  less: charge("charged", TOTAL - 1),
  yen: charge("charged", TOTAL, 0, "JPY"),
  declined: charge("declined", 0),
  voided: charge("voided", 0),
}

type Said = readonly [keyof typeof ORDERS, Record<keyof typeof CHARGES, string>]

const SAME = "same"
const ELSEWHERE = "amount-differs none"
const ODD = { half_back: ELSEWHERE, less: ELSEWHERE, yen: ELSEWHERE }
const NO_MONEY = { none: SAME, open: SAME, declined: SAME, voided: SAME, given_back: SAME, ...ODD }
const GONE = "missing-there none"
const BOUGHT = { none: GONE, open: GONE, declined: GONE, voided: GONE, charged: SAME, given_back: ELSEWHERE, ...ODD }
const DUE = "refund-missing refund"
const SETTLE = "missing-here settle"

const TABLE: ReadonlyArray<Said> = [
  ["reserved", { ...NO_MONEY, given_back: ELSEWHERE, kept: SETTLE, charged: SETTLE }],
  // What is kept for it goes by itself.
  ["given_up", { ...NO_MONEY, given_back: ELSEWHERE, kept: SAME, charged: SETTLE }],
  ["paid", { ...BOUGHT, kept: ELSEWHERE }],
  ["kept", { ...BOUGHT, kept: SAME }],
  // What leaves has to be taken by then.
  ["shipped", { ...BOUGHT, kept: ELSEWHERE }],
  ["expired", { ...NO_MONEY, kept: SETTLE, charged: SETTLE }],
  ["failed", { ...NO_MONEY, kept: SETTLE, charged: SETTLE }],
  ["called_off", { ...NO_MONEY, kept: SETTLE, charged: SETTLE }],
  [
    "refund_due",
    { none: DUE, open: DUE, declined: DUE, voided: DUE, given_back: DUE, kept: DUE, charged: DUE, ...ODD },
  ],
  ["refunded", { ...NO_MONEY, kept: DUE, charged: DUE }],
  ["let_go", { ...NO_MONEY, kept: DUE, charged: DUE }],
]

describe.each(TABLE)("an order that is %s", (order, said) => {
  it.each(Object.entries(said))("and a charge that is %s: %s", (name, wanted) => {
    const found = difference(ORDERS[order], CHARGES[name as keyof typeof CHARGES])
    expect(found === null ? SAME : `${found.kind} ${found.repair}`).toBe(wanted)
  })
})

it("names money of no order, and never touches it", () => {
  expect(difference(null, CHARGES.charged)).toMatchObject({ kind: "missing-here", repair: "none", status: null })
  expect(difference(null, CHARGES.given_back)).toBeNull()
})

it("counts two charges under one key together, which is a difference", () => {
  const twice = merged(CHARGES.charged, { ...CHARGES.charged, ref: "ch_2" })
  expect(difference(ORDERS.paid, twice)).toMatchObject({ kind: "amount-differs", captured: 2 * TOTAL })
  expect(difference(ORDERS.paid, merged(CHARGES.declined, CHARGES.charged))).toBeNull()
})
