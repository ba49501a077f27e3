/**
 * The shipping saga's rules: what is to be done next with a shipment, and what an answer of the carrier means. Pure; the
 * runner performs (`app/shipping-runner.ts`).
 *
 *     open -> shipped -> delivered
 *       |`--> withdrawn -> cancelled (the order too: refunded, restocked)
 *       `---------------> stray
 *
 * Law: an attempt is journalled before the carrier is asked. A silence is never a failure: an order that may be with the
 * carrier is cancelled only once the carrier has refused it, or has barred it. Of an order that has ended with its payment still to
 * be captured, no carrier was ever asked.
 */
import type { OrderId } from "./ids.ts"
import type { Order, Status } from "./order.ts"

/**
 * `withdrawn`: given up, or its order was cancelled; the carrier is to bar it. `stray`: it has left although its order was
 * cancelled, and people have to bring it back.
 */
export type State = "open" | "withdrawn" | "shipped" | "delivered" | "cancelled" | "stray"

export interface Shipment {
  readonly orderId: OrderId
  readonly state: State
  /** How often the carrier was asked, to take it or to bar it. */
  readonly attempts: number
  /** The first time, milliseconds since 1970. */
  readonly firstAttemptAt: number | null
  /** When it is looked at next, milliseconds since 1970; null: nothing is left to do. */
  readonly nextAttemptAt: number | null
  readonly trackingId: string | null
  /** Why it is not shipped; of an open one: the code of what went wrong the last time. */
  readonly reason: string | null
  /** 1 when opened, +1 each time it is written: a writer has seen the last one. */
  readonly version: number
}

/** A step, as the timeline shows it. */
export interface Note {
  readonly type: `jaego.shipment.${string}` | `jaego.carrier.${string}`
  readonly detail: Readonly<Record<string, string | number>> | null
}

/** Its version is still the one it was decided on: several changes may be written as one. */
export interface Change {
  readonly shipment: Shipment
  readonly note: Note | null
}

/** `at` in milliseconds since 1970: when it is to be looked at first. */
export const open = (orderId: OrderId, at: number): Shipment => ({
  orderId,
  state: "open",
  attempts: 0,
  firstAttemptAt: null,
  nextAttemptAt: at,
  trackingId: null,
  reason: null,
  version: 1,
})

/** A silent carrier is asked again after half a second, then ever more slowly, at most every half minute. */
export const askAgainMs = (attempts: number): number => Math.min(30_000, 500 * 2 ** Math.max(0, attempts - 1))

export type Step =
  | { readonly _tag: "Register" }
  /** The carrier has it; the order is to say so. */
  | { readonly _tag: "Record" }
  /** To be called back, or barred. */
  | { readonly _tag: "Withdraw"; readonly reason: string }
  /** No call is needed. */
  | { readonly _tag: "Close"; readonly state: "shipped" | "delivered" | "cancelled" }
  /** Its order is not paid: a mistake made elsewhere, not to be shipped. */
  | { readonly _tag: "Wait" }

const ORDER_ENDED = "its order was cancelled"

const isGivenUp = ({ firstAttemptAt }: Shipment, now: number, giveUpMs: number): boolean =>
  firstAttemptAt !== null && now - firstAttemptAt >= giveUpMs

/** Why an attempt ended before a carrier was asked: it is not known whether the payment was captured, or it is with another provider. */
export const NOT_CAPTURED = "not-captured"
export const OTHER_PROVIDER = "other-provider"

const notCaptured = (code: string): string => `its payment could not be captured: ${code}`

const withdraw = (reason: string): Step => ({ _tag: "Withdraw", reason })

/**
 * `now` in milliseconds since 1970, `giveUpMs` how long a carrier is asked to take it, or for the tracking id of what it has
 * taken.
 */
export const next = (shipment: Shipment, { payment, status }: Order, now: number, giveUpMs: number): Step => {
  const isCaptureDue = payment.capture === "due"
  switch (status) {
    case "reserved":
      return { _tag: "Wait" }
    case "shipped":
    case "delivered":
      return shipment.trackingId === null && !isGivenUp(shipment, now, giveUpMs)
        ? { _tag: "Register" }
        : { _tag: "Close", state: status }
    case "cancelled":
    case "expired":
    case "payment_failed":
      // No carrier was ever asked, so that none has it.
      return shipment.attempts === 0 || isCaptureDue ? { _tag: "Close", state: "cancelled" } : withdraw(ORDER_ENDED)
    case "paid":
      if (shipment.state === "withdrawn") return withdraw(shipment.reason ?? "")
      if (shipment.trackingId !== null) return { _tag: "Record" }
      if (!isGivenUp(shipment, now, giveUpMs)) return { _tag: "Register" }
      // Barred all the same: another process may have captured it since, and asked the carrier.
      if (isCaptureDue) return withdraw(notCaptured(shipment.reason === OTHER_PROVIDER ? OTHER_PROVIDER : "no-answer"))
      return withdraw(`the carrier could not be reached: ${carrierCode(shipment)}`)
  }
}

/** Of its last answer. What the payment provider said before is none of it. */
const carrierCode = ({ reason }: Shipment): string =>
  reason === null || reason === NOT_CAPTURED || reason === OTHER_PROVIDER ? "no-answer" : reason

const change = (before: Shipment, after: Partial<Shipment>, note: Note | null = null): Change => ({
  shipment: { ...before, ...after },
  note,
})

/** Journalled before the step is taken: the carrier may get it from now on. */
export const begin = (shipment: Shipment, step: Step, now: number): Change => {
  if (step._tag === "Close") return close(shipment, step.state)
  const attempts = shipment.attempts + (step._tag === "Register" || step._tag === "Withdraw" ? 1 : 0)
  const again = {
    attempts,
    firstAttemptAt: shipment.firstAttemptAt ?? now,
    nextAttemptAt: now + askAgainMs(attempts),
  }
  if (step._tag !== "Withdraw" || shipment.state === "withdrawn") return change(shipment, again)
  const { reason } = step
  const note: Note = { type: "jaego.shipment.withdrawing", detail: { reason } }
  return change(shipment, { ...again, state: "withdrawn", reason }, note)
}

/** Nothing is left to do. */
export const close = (shipment: Shipment, state: "shipped" | "delivered" | "cancelled" | "stray"): Change =>
  change(
    shipment,
    { state, nextAttemptAt: null },
    state === "stray" ? { type: "jaego.shipment.stray", detail: null } : null,
  )

/** The carrier has it. */
export const registered = (shipment: Shipment, trackingId: string): Change =>
  change(
    shipment,
    { trackingId, reason: null },
    { type: "jaego.shipment.registered", detail: { trackingId, attempt: shipment.attempts } },
  )

/** It is not known what the carrier did: asked again when the journal says. `code`: why, in a word that any reader may see. */
export const unanswered = (shipment: Shipment, code: string): Change =>
  change(shipment, shipment.state === "open" ? { reason: code } : {}, {
    type: "jaego.shipment.unanswered",
    detail: { code, attempt: shipment.attempts },
  })

/** The carrier will never have it. */
export const refused = (shipment: Shipment, reason: string): Change =>
  change(
    shipment,
    { reason: `the carrier refused it: ${reason}` },
    { type: "jaego.shipment.refused", detail: { reason, attempt: shipment.attempts } },
  )

/** What was kept for it cannot be taken any more. `code`: the payment provider's. */
export const uncaptured = (shipment: Shipment, code: string): Change =>
  change(
    shipment,
    { reason: notCaptured(code) },
    { type: "jaego.shipment.uncaptured", detail: { code, attempt: shipment.attempts } },
  )

/** The carrier has barred it. */
export const barred = (shipment: Shipment): Change =>
  change(shipment, {}, { type: "jaego.shipment.barred", detail: null })

/** It was to be barred, and has left: shipped after all. */
export const tooLate = (shipment: Shipment): Change =>
  change(shipment, { reason: null }, { type: "jaego.shipment.too-late", detail: null })

/**
 * What the carrier has, once its order was asked to say so and stands as it does; `has`: it has left the house. Its tracking id
 * is asked for as long again when it is missing.
 */
export const recorded = (shipment: Shipment, status: Status, has: "registered" | "left", now: number): Change => {
  if (status === "shipped" || status === "delivered")
    return shipment.trackingId === null
      ? change(shipment, { state: "open", firstAttemptAt: null, nextAttemptAt: now })
      : close(shipment, status)
  if (has === "left") return close(shipment, "stray")
  return change(shipment, { state: "withdrawn", reason: ORDER_ENDED, nextAttemptAt: now })
}

/** What the carrier reports by itself (its callback). */
export interface Report {
  readonly what: "collected" | "delivered"
  readonly trackingId: string
}

/** It names another parcel than the one this order has, or the carrier was never asked to take any. */
export const isForeign = ({ attempts, trackingId }: Shipment, report: Report): boolean =>
  attempts === 0 || (trackingId !== null && trackingId !== report.trackingId)

/** The report does not belong to this order: it is shown, and moves nothing. */
export const mismatched = (shipment: Shipment, { trackingId, what }: Report): Change =>
  change(shipment, {}, { type: "jaego.carrier.mismatch", detail: { what, trackingId } })

/** `status`: where the order stands after it was asked to record what was reported. What is further along stays so. */
export const reported = (shipment: Shipment, { trackingId, what }: Report, status: Status): Change => {
  const isDone = status === "shipped" || status === "delivered"
  return change(
    shipment,
    { state: isDone ? status : "stray", trackingId, nextAttemptAt: null },
    { type: `jaego.carrier.${what}`, detail: { trackingId } },
  )
}
