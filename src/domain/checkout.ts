/**
 * The checkout saga's rules: what is to be done next for an order outside, and what an outside answer means. Pure; the
 * runner performs (`app/checkout-runner.ts`).
 *
 * Law: a charge is journalled before the provider is asked; a timeout is unknown, never a failure; the stock of a pending
 * charge returns only when it is certain that nothing was charged.
 */
import type { Order } from "./order.ts"

export type Step =
  | { readonly _tag: "Settled" }
  /** The attempt's outcome is open: charge, or look up, by key. */
  | { readonly _tag: "AskOutcome" }
  /** The hold has ended and its grace too: bar the charge. */
  | { readonly _tag: "Void" }
  | { readonly _tag: "Refund" }

/** `now` in milliseconds since 1970, `graceMs` how long a pending charge may keep the hold beyond its end. */
export const next = (order: Order, now: number, graceMs: number): Step => {
  if (order.status === "reserved") {
    if (order.attempt === null) return { _tag: "Settled" }
    return now >= order.expiresAt + graceMs ? { _tag: "Void" } : { _tag: "AskOutcome" }
  }
  return "refund" in order && order.refund === "due" ? { _tag: "Refund" } : { _tag: "Settled" }
}

/**
 * What the provider says to a step: that it charged, declined, barred or refunded, that it has never heard of the charge
 * (`absent`), or nothing that could be trusted (`unknown`: it may have happened).
 */
export type Answer = "charged" | "declined" | "voided" | "refunded" | "absent" | "unknown"

export type Meaning =
  /** Certain, and to be recorded in the order. */
  | { readonly _tag: "Record"; readonly what: "charged" | "declined" | "voided" | "refunded" }
  /** The charge was not made: it may be made, under the same key. */
  | { readonly _tag: "Charge" }
  /** Nothing is known: the provider is asked later, and looked up before it is charged. */
  | { readonly _tag: "Wait" }

export const meaning = (answer: Answer): Meaning => {
  switch (answer) {
    case "charged":
    case "declined":
    case "voided":
    case "refunded":
      return { _tag: "Record", what: answer }
    case "absent":
      return { _tag: "Charge" }
    case "unknown":
      return { _tag: "Wait" }
  }
}
