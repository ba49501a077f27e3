/**
 * The checkout saga's rules: what is to be done next for an order outside, and what an outside answer means. Pure; the
 * runner performs (`app/checkout-runner.ts`).
 *
 * Law: a charge is journalled before the provider is asked; a timeout is unknown, never a failure; the stock of a pending
 * charge returns only when it is certain that nobody was charged.
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
