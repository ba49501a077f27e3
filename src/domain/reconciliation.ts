/**
 * Reconciliation: what an order says of its money, compared with what the payment provider's books say of its charge. Pure.
 *
 * Law: I14, captured minus refunded is what the order's state says is owed, for every order at rest.
 */
import type { Money } from "./money.ts"
import type { Order, Status } from "./order.ts"

/** `open`: not decided. `authorized`: the money is kept for us, and not taken yet. Whether it was given back, `refunded` says. */
export type ChargeState = "open" | "authorized" | "charged" | "declined" | "voided"

/** A charge, as the provider's books have it. Amounts in minor units of the currency. */
export interface Charge {
  readonly ref: string
  /** Our key; null: it was made without one, so it is not of this shop. */
  readonly key: string | null
  readonly state: ChargeState
  /** Null: nothing was ever to be charged. */
  readonly currency: string | null
  readonly captured: number
  readonly refunded: number
}

/**
 * - `missing-here`: money is there, and no order here says so.
 * - `missing-there`: an order says that it was charged, and the provider has no money of it.
 * - `refund-missing`: money is there that is to be given back, or was, as its order says.
 * - `amount-differs`: both have it, and not as much of it.
 * - `other-provider`: an order waits for the provider that its attempt was made at, which is not the one that is asked now: its units
 *   stay held, or its refund due.
 */
export const KINDS = ["missing-here", "missing-there", "refund-missing", "amount-differs", "other-provider"] as const
export type Kind = (typeof KINDS)[number]

/**
 * - `settle`: record the charge: an order that waits for it is paid, one that has ended owes it back.
 * - `refund`: ask for the refund, under its key: one that was made is not made again.
 * - `none`: people decide. An order that was paid for without money is not taken back from its buyer, money of no order is not
 *   known to be ours (a provider's account may be shared, a database older than it), and of amounts no one knows which is right.
 */
export type Repair = "settle" | "refund" | "none"

export interface Difference {
  readonly kind: Kind
  readonly repair: Repair
  readonly key: string
  /** What the provider calls the charge; null: it has none. */
  readonly ref: string | null
  /** Null: there is no such order. */
  readonly status: Status | null
  /** What is owed for the order, as it says itself. */
  readonly owed: Money | null
  readonly state: ChargeState | null
  readonly captured: number
  readonly refunded: number
}

/**
 * The share of the buyer's money that is the shop's, minor units; a refund that is due is not given back yet, and what is kept for an
 * order until it ships is not taken yet.
 */
export const owed = (order: Order): number => {
  if (order.payment.capture === "due") return 0
  const isCharged = order.status === "paid" || order.status === "shipped" || order.status === "delivered"
  return isCharged || ("refund" in order && order.refund === "due") ? order.total.amount : 0
}

const kindOf = (order: Order | null, charge: Charge | null): readonly [Kind, Repair] | null => {
  const { captured, refunded, state } = charge ?? { captured: 0, refunded: 0, state: null }
  const kept = captured - refunded
  if (order === null) return kept > 0 || state === "authorized" ? ["missing-here", "none"] : null
  const { total } = order
  const isOtherwise = captured > 0 && (captured !== total.amount || charge?.currency !== total.currency)
  if (isOtherwise) return ["amount-differs", "none"]
  const isThere = state === "authorized" || (captured > 0 && kept === captured)
  const isPart = kept !== 0 && kept !== captured
  switch (order.status) {
    case "paid":
    case "shipped":
    case "delivered":
      if (total.amount === 0) return null
      if (captured === 0 && state !== "authorized") return ["missing-there", "none"]
      // Of a capture that is under way the order does not know yet.
      return kept === total.amount || (state === "authorized" && order.payment.capture === "due")
        ? null
        : ["amount-differs", "none"]
    case "reserved":
      // What is kept for a charge that is given up is about to be let go.
      if (captured === 0 && order.payment.capture === "never") return null
      if (isThere) return ["missing-here", "settle"]
      return captured === 0 ? null : ["amount-differs", "none"]
    default:
      if (isPart) return ["amount-differs", "none"]
      if (order.refund === "due") return ["refund-missing", "refund"]
      if (!isThere) return null
      return order.refund === "done" ? ["refund-missing", "refund"] : ["missing-here", "settle"]
  }
}

/** Null: they say the same. */
export const difference = (order: Order | null, charge: Charge | null): Difference | null => {
  const found = kindOf(order, charge)
  if (found === null) return null
  const [kind, repair] = found
  return {
    kind,
    repair,
    key: order?.id ?? charge?.key ?? "",
    ref: charge?.ref ?? null,
    status: order?.status ?? null,
    owed: order === null ? null : { amount: owed(order), currency: order.total.currency },
    state: charge?.state ?? null,
    captured: charge?.captured ?? 0,
    refunded: charge?.refunded ?? 0,
  }
}

/** Of an order with something left to do at another provider: only there it can be found out or done. */
export const elsewhere = (order: Order): Difference => ({
  kind: "other-provider",
  repair: "none",
  key: order.id,
  ref: order.payment.ref,
  status: order.status,
  owed: { amount: owed(order), currency: order.total.currency },
  state: null,
  captured: 0,
  refunded: 0,
})

/** Two charges under one key are one too many: their amounts count together. */
export const merged = (one: Charge, other: Charge): Charge => {
  const first = one.captured >= other.captured ? one : other
  return {
    ...first,
    currency: one.currency ?? other.currency,
    captured: one.captured + other.captured,
    refunded: one.refunded + other.refunded,
  }
}
