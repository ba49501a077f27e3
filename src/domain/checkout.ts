/**
 * The checkout saga's rules: what is to be done next for an order outside, and what an outside answer means. Pure; the
 * runner performs (`app/checkout-runner.ts`).
 *
 * Law: a charge is journalled before the provider is asked; a timeout is unknown, never a failure; the stock of a pending
 * charge returns only when it is certain that nothing was charged; a charge is barred only when the order has given it up durably.
 */
import * as Order from "./order.ts"

export type Step =
  | { readonly _tag: "Settled" }
  /** The attempt's outcome is open: confirm, or read, by its ref. */
  | { readonly _tag: "AskOutcome" }
  /** The hold has ended and its grace too: write down, before anything else, that nothing kept for it counts any more. */
  | { readonly _tag: "GiveUp" }
  /** It is given up: bar the charge. */
  | { readonly _tag: "Void" }
  | { readonly _tag: "Refund" }
  /** What was kept and not taken, as far as is known, is let go. */
  | { readonly _tag: "Release" }

/**
 * `now` in milliseconds since 1970, `graceMs` how long a pending charge may keep the hold beyond its end. A buyer who has
 * something to do has until the end of the hold: that is not the provider's time.
 */
export const next = (order: Order.Order, now: number, graceMs: number): Step => {
  if (order.status === "reserved") {
    if (order.attempt === null) return { _tag: "Settled" }
    if (Order.isGivenUp(order)) return { _tag: "Void" }
    const until = order.attempt.action === null ? order.expiresAt + graceMs : order.expiresAt
    return now >= until ? { _tag: "GiveUp" } : { _tag: "AskOutcome" }
  }
  if (!("refund" in order) || order.refund !== "due") return { _tag: "Settled" }
  return { _tag: order.payment.capture === "due" ? "Release" : "Refund" }
}

/** Whether it ended without a charge, and yet one may come to light that was made for it. */
export const mayHaveBeenCharged = (order: Order.Order): boolean =>
  (order.status === "expired" || order.status === "payment_failed") &&
  order.refund === "none" &&
  order.payment.attempts > 0

/** An order is given back once, whole: its refund has one key for ever. */
export const refundKey = (key: string): string => `${key}:refund:1`

/** What is kept for an order is taken once, whole. */
export const captureKey = (key: string): string => `${key}:capture:1`

/** What the provider says to a step. */
export type ProviderAnswer =
  /** It has a name for the charge that is about to be made. */
  | { readonly _tag: "Prepared"; readonly ref: string }
  | { readonly _tag: "Charged" }
  /** The money is kept for us until it is captured. */
  | { readonly _tag: "Authorized" }
  /** `retryable`: another token may do. */
  | { readonly _tag: "Declined"; readonly code: string; readonly retryable: boolean }
  | { readonly _tag: "ActionRequired"; readonly action: Order.Action }
  /** It has never heard of this attempt, which may be sent again under the same number; or of the charge that is to be given back. */
  | { readonly _tag: "Absent" }
  /** Barred: what has not been charged never will be. */
  | { readonly _tag: "Voided" }
  | { readonly _tag: "Refunded" }
  /** Nothing that could be trusted: it may have happened. */
  | { readonly _tag: "Unknown" }

/** Each in a word, as metrics and protocols have it. */
export const WORDS: { readonly [Tag in ProviderAnswer["_tag"]]: string } = {
  Prepared: "prepared",
  Charged: "charged",
  Authorized: "authorized",
  Declined: "declined",
  ActionRequired: "action-required",
  Absent: "absent",
  Voided: "voided",
  Refunded: "refunded",
  Unknown: "unknown",
}

/** The money is here, or is kept for us: the order is paid. */
export const isMoney = ({ _tag }: Order.PaymentRecord): boolean =>
  _tag === "RecordCharge" || _tag === "RecordAuthorization"

export type Meaning =
  /** Certain, and to be recorded in the order. */
  | { readonly _tag: "Record"; readonly what: Order.PaymentRecord }
  | { readonly _tag: "Expire" }
  | { readonly _tag: "RecordRefund" }
  /** The attempt was not made: it may be made, under the same number. */
  | { readonly _tag: "Confirm" }
  /** Nothing is known: the provider is asked later, and read before it is charged. */
  | { readonly _tag: "Wait" }
  /** It is the buyer's turn, as is recorded: the provider is asked now and then whether they have done it. */
  | { readonly _tag: "WaitForBuyer" }

const EXPIRE: Meaning = { _tag: "Expire" }
const RECORD_REFUND: Meaning = { _tag: "RecordRefund" }
const CONFIRM: Meaning = { _tag: "Confirm" }
const WAIT: Meaning = { _tag: "Wait" }
const WAIT_FOR_BUYER: Meaning = { _tag: "WaitForBuyer" }
const RECORD_CHARGE: Meaning = { _tag: "Record", what: { _tag: "RecordCharge" } }
const RECORD_AUTHORIZATION: Meaning = { _tag: "Record", what: { _tag: "RecordAuthorization" } }
const RECORD_CAPTURE: Meaning = { _tag: "Record", what: { _tag: "RecordCapture" } }

export const meaning = (answer: ProviderAnswer, order: Order.Order): Meaning => {
  const attempt = order.payment.attempts
  switch (answer._tag) {
    case "Prepared":
      return { _tag: "Record", what: { _tag: "RecordRef", ref: answer.ref } }
    case "Charged":
      // Of what was kept, it is the answer to its capture, or to its release, which came too late.
      return order.payment.capture === "due" ? RECORD_CAPTURE : RECORD_CHARGE
    case "Authorized":
      return RECORD_AUTHORIZATION
    case "Declined": {
      const { code, retryable } = answer
      return { _tag: "Record", what: { _tag: "RecordDecline", attempt, code, retryable } }
    }
    case "ActionRequired": {
      const open = order.status === "reserved" ? order.attempt : null
      if (open === null || Order.isSameAction(open.action, answer.action)) return WAIT_FOR_BUYER
      return { _tag: "Record", what: { _tag: "RecordAction", attempt, action: answer.action } }
    }
    case "Voided":
      return order.status === "reserved" ? EXPIRE : RECORD_REFUND
    case "Refunded":
      return RECORD_REFUND
    case "Absent":
      // Nothing was given back: a forgetful provider, or one that never had this charge.
      return order.status === "reserved" ? CONFIRM : WAIT
    case "Unknown":
      return WAIT
  }
}
