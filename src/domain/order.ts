/**
 * An order, as a decider: `decide(command, order)` gives an event or a rejection, `evolve` applies it.
 *
 *     reserved -> paid -> shipped -> delivered
 *        |          `---> cancelled (refunded, restocked)
 *        `-> cancelled | expired | payment_failed
 *
 * Law: I11, every end of `reserved` ends the holds exactly once (`ending`); paid is never stockless.
 * Versions are contiguous: 1 when placed, +1 per event.
 * Fails: NotCancellable, PaymentInProgress, NotPayable (values).
 */
import { Result } from "effect"
import type { CustomerId, OrderId, ProductId } from "./ids.ts"
import type { Money } from "./money.ts"
import {
  type Action,
  type Attempt,
  begun,
  isSameAction,
  type Payment,
  paidBy,
  type Refund,
  TRIED_ONCE,
  UNTRIED,
} from "./order-payment.ts"

export { type Action, type Attempt, isSameAction, type Payment, type Refund, TRIED_ONCE, UNTRIED }

export type Status = "reserved" | "paid" | "shipped" | "delivered" | "cancelled" | "expired" | "payment_failed"

export interface Line {
  readonly productId: ProductId
  readonly quantity: number
  readonly unitPrice: Money
}

/** What was agreed when the order was placed; it never changes. */
export interface Terms {
  readonly id: OrderId
  readonly customerId: CustomerId
  /** 1..LINES_MAX lines, each product once. */
  readonly lines: ReadonlyArray<Line>
  readonly total: Money
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** End of the hold (ms since 1970). */
  readonly expiresAt: number
}

type Life =
  | { readonly status: "reserved"; readonly attempt: Attempt | null }
  | { readonly status: "paid" | "shipped" | "delivered" }
  | { readonly status: "cancelled"; readonly reason: string | null; readonly refund: Refund }
  | { readonly status: "expired"; readonly refund: Refund }
  | { readonly status: "payment_failed"; readonly refund: Refund }

/** Where an order with this status stands when its payment took no more than one attempt, and nothing went wrong. */
export const usualPayment = (status: Status, has: "attempt" | "no-attempt", refund: Refund): Payment => {
  switch (status) {
    case "reserved":
      return has === "attempt" ? TRIED_ONCE : UNTRIED
    case "expired":
    case "cancelled":
      return refund === "none" ? UNTRIED : TRIED_ONCE
    default:
      return TRIED_ONCE
  }
}

export type Order = Terms & { readonly version: number; readonly payment: Payment } & Life

/** What is certain of a charge. Of an attempt that is no longer the open one it changes nothing. */
export type PaymentRecord =
  | { readonly _tag: "RecordCharge" }
  /** The money is kept for us, and not taken yet: that counts as paid. */
  | { readonly _tag: "RecordAuthorization" }
  /** What was kept has been taken. */
  | { readonly _tag: "RecordCapture" }
  | { readonly _tag: "RecordDecline"; readonly attempt: number; readonly code: string; readonly retryable: boolean }
  | { readonly _tag: "RecordAction"; readonly attempt: number; readonly action: Action }
  | { readonly _tag: "RecordRef"; readonly ref: string }
  /** Its time has passed, and it is about to be barred: from now on only money that has been taken already makes the order paid. */
  | { readonly _tag: "GiveUp"; readonly attempt: number }

export type Command =
  /** `attemptsMax`: without it, as the order has it. */
  | {
      readonly _tag: "StartPayment"
      readonly token: string
      readonly at: number
      readonly attemptsMax?: number
      readonly provider?: string | undefined
    }
  | PaymentRecord
  | { readonly _tag: "Cancel"; readonly reason: string | null }
  /** The hold's end has come; `voided` says that a pending attempt is known to have charged nothing. */
  | { readonly _tag: "Expire"; readonly at: number; readonly voided: "voided" | "not-voided" }
  | { readonly _tag: "RecordRefund" }
  /** The carrier has taken it. Of an order that has ended meanwhile it changes nothing: the reply shows the status. */
  | { readonly _tag: "RecordShipment" }
  | { readonly _tag: "RecordDelivery" }

export type Event =
  | { readonly _tag: "Placed" }
  | {
      readonly _tag: "PaymentStarted"
      readonly attempt: Attempt
      readonly attemptsMax: number
      readonly provider: string | null
    }
  /** The provider has named the charge that is about to be made. */
  | { readonly _tag: "PaymentPrepared"; readonly ref: string }
  | { readonly _tag: "PaymentActionRequired"; readonly action: Action }
  /** Before the provider is asked to bar it. */
  | { readonly _tag: "PaymentGivenUp" }
  /** Declined, and another attempt may follow: the hold lives on. */
  | { readonly _tag: "PaymentDeclined"; readonly code: string }
  | { readonly _tag: "Paid"; readonly capture?: "due" }
  | { readonly _tag: "PaymentCaptured" }
  | { readonly _tag: "PaymentFailed"; readonly code: string }
  | { readonly _tag: "Cancelled"; readonly reason: string | null; readonly refund: Refund }
  | { readonly _tag: "Expired" }
  /** A charge came to light after the order had ended without it. */
  | { readonly _tag: "RefundFellDue"; readonly capture?: "due" }
  | { readonly _tag: "Refunded" }
  | { readonly _tag: "Shipped" }
  | { readonly _tag: "Delivered" }

export type Rejection =
  | { readonly _tag: "NotCancellable"; readonly orderId: OrderId; readonly status: Status }
  | { readonly _tag: "PaymentInProgress"; readonly orderId: OrderId }
  | { readonly _tag: "NotPayable"; readonly orderId: OrderId; readonly status: Status }

/** How an event ends the holds of its order; null: it does not. `restock` brings back units that had left. */
export type Ending = "confirm" | "release" | "expire" | "restock"

export const ending = (before: Order, event: Event): Ending | null => {
  switch (event._tag) {
    case "Paid":
      return "confirm"
    case "PaymentFailed":
      return "release"
    case "Expired":
      return "expire"
    case "Cancelled":
      return before.status === "reserved" ? "release" : "restock"
    default:
      return null
  }
}

/** `attemptsMax`, `provider`: see `Payment`. */
export const place = (
  terms: Terms,
  attempt: Attempt | null,
  attemptsMax = 1,
  provider: string | null = null,
): Order => ({
  ...terms,
  version: 1,
  payment: begun(attempt, attemptsMax, provider),
  status: "reserved",
  attempt,
})

/** `null` is "nothing to do, it is already so": repeating a command answers the same and changes nothing. */
export const decide = (command: Command, order: Order): Result.Result<Event | null, Rejection> => {
  switch (command._tag) {
    case "StartPayment":
      return startPayment(command, order)
    case "RecordCharge":
      return Result.succeed(recordCharge(order))
    case "RecordAuthorization": {
      // What is kept for a charge that is given up goes the moment it is barred.
      const charged = isGivenUp(order) ? null : recordCharge(order)
      return Result.succeed(charged === null ? null : { ...charged, capture: "due" })
    }
    case "RecordCapture":
      return Result.succeed(order.payment.capture === "due" ? { _tag: "PaymentCaptured" } : null)
    case "RecordDecline":
      return Result.succeed(recordDecline(command, order))
    case "RecordAction":
      return Result.succeed(recordAction(command, order))
    case "RecordRef":
      return Result.succeed(
        openAttempt(order) !== null && !isGivenUp(order) && order.payment.ref === null
          ? { _tag: "PaymentPrepared", ref: command.ref }
          : null,
      )
    case "GiveUp": {
      const isOpen = openAttempt(order) !== null && command.attempt === order.payment.attempts
      return Result.succeed(isOpen && !isGivenUp(order) ? { _tag: "PaymentGivenUp" } : null)
    }
    case "Cancel":
      return cancel(command, order)
    case "Expire":
      return expire(command, order)
    case "RecordRefund":
      return Result.succeed("refund" in order && order.refund === "due" ? { _tag: "Refunded" } : null)
    case "RecordShipment":
      return Result.succeed(order.status === "paid" ? { _tag: "Shipped" } : null)
    case "RecordDelivery":
      return Result.succeed(order.status === "shipped" ? { _tag: "Delivered" } : null)
  }
}

const startPayment = (
  command: Command & { readonly _tag: "StartPayment" },
  order: Order,
): Result.Result<Event | null, Rejection> => {
  if (order.status === "paid") return Result.succeed(null)
  if (order.status !== "reserved") return Result.fail({ _tag: "NotPayable", orderId: order.id, status: order.status })
  if (order.attempt !== null) return Result.fail({ _tag: "PaymentInProgress", orderId: order.id })
  if (isGivenUp(order) || hasLapsed(order, command.at))
    return Result.fail({ _tag: "NotPayable", orderId: order.id, status: "expired" })
  const attempt = { token: command.token, startedAt: command.at, action: null }
  const attemptsMax = command.attemptsMax ?? order.payment.attemptsMax
  return Result.succeed({ _tag: "PaymentStarted", attempt, attemptsMax, provider: command.provider ?? null })
}

const openAttempt = (order: Order): Attempt | null => (order.status === "reserved" ? order.attempt : null)

/** The charge of a reserved order is barred, or about to be. */
export const isGivenUp = ({ payment, status }: Order): boolean => status === "reserved" && payment.capture === "never"

const recordDecline = (
  { attempt, code, retryable }: PaymentRecord & { readonly _tag: "RecordDecline" },
  order: Order,
): Event | null => {
  if (openAttempt(order) === null || attempt !== order.payment.attempts) return null
  const isLast = !retryable || attempt >= order.payment.attemptsMax
  return { _tag: isLast ? "PaymentFailed" : "PaymentDeclined", code }
}

const recordAction = (
  { action, attempt }: PaymentRecord & { readonly _tag: "RecordAction" },
  order: Order,
): Event | null => {
  const open = openAttempt(order)
  if (open === null || isGivenUp(order) || attempt !== order.payment.attempts || isSameAction(open.action, action))
    return null
  return { _tag: "PaymentActionRequired", action }
}

const recordCharge = (order: Order): { readonly _tag: "Paid" | "RefundFellDue" } | null => {
  if (order.status === "reserved") return { _tag: "Paid" }
  // It has ended without the money, so that is owed back.
  return "refund" in order && order.refund === "none" ? { _tag: "RefundFellDue" } : null
}

const cancel = (
  command: Command & { readonly _tag: "Cancel" },
  order: Order,
): Result.Result<Event | null, Rejection> => {
  switch (order.status) {
    case "cancelled":
      return Result.succeed(null)
    case "reserved":
      return order.attempt === null
        ? Result.succeed({ _tag: "Cancelled", reason: command.reason, refund: "none" })
        : Result.fail({ _tag: "PaymentInProgress", orderId: order.id })
    case "paid":
      return Result.succeed({ _tag: "Cancelled", reason: command.reason, refund: "due" })
    default:
      return Result.fail({ _tag: "NotCancellable", orderId: order.id, status: order.status })
  }
}

const expire = (
  command: Command & { readonly _tag: "Expire" },
  order: Order,
): Result.Result<Event | null, Rejection> => {
  const due =
    order.status === "reserved" &&
    order.expiresAt <= command.at &&
    (order.attempt === null || command.voided === "voided")
  return Result.succeed(due ? { _tag: "Expired" } : null)
}

export const evolve = (order: Order, event: Event): Order => {
  const { id, customerId, lines, total, createdAt, expiresAt, payment } = order
  const next = { id, customerId, lines, total, createdAt, expiresAt, version: order.version + 1, payment }
  switch (event._tag) {
    case "Placed":
      return order
    case "PaymentStarted": {
      const { attempt, attemptsMax, provider } = event
      const attempts = payment.attempts + 1
      // What one provider calls the charge, another does not know.
      const ref = provider === payment.provider ? payment.ref : null
      return { ...next, payment: { ...payment, attempts, attemptsMax, provider, ref }, status: "reserved", attempt }
    }
    case "PaymentPrepared":
      return { ...order, version: next.version, payment: { ...payment, ref: event.ref } }
    case "PaymentActionRequired":
      return { ...next, status: "reserved", attempt: { ...openAttempt(order)!, action: event.action } }
    case "PaymentDeclined":
      return { ...next, payment: { ...payment, lastError: event.code }, status: "reserved", attempt: null }
    case "PaymentGivenUp":
      return { ...order, version: next.version, payment: { ...payment, capture: "never" } }
    case "Paid":
      return { ...next, payment: paidBy(payment, event.capture ?? null), status: "paid" }
    case "PaymentCaptured":
      return { ...order, version: next.version, payment: { ...payment, capture: "done" } }
    case "PaymentFailed":
      return { ...next, payment: { ...payment, lastError: event.code }, status: "payment_failed", refund: "none" }
    case "Cancelled":
      return { ...next, status: "cancelled", reason: event.reason, refund: event.refund }
    case "Expired":
      return { ...next, status: "expired", refund: "none" }
    case "RefundFellDue":
      return {
        ...order,
        version: next.version,
        payment: paidBy(payment, event.capture ?? null),
        refund: "due",
      } as Order
    case "Refunded":
      return { ...order, version: next.version, refund: "done" } as Order
    case "Shipped":
      return { ...next, status: "shipped" }
    case "Delivered":
      return { ...next, status: "delivered" }
  }
}

/** A hold whose end has passed counts as expired at read, even in the moment before its owner has said so. */
export const hasLapsed = (order: Order, now: number): boolean =>
  order.status === "reserved" && order.attempt === null && order.expiresAt <= now

export const statusAt = (order: Order, now: number): Status => (hasLapsed(order, now) ? "expired" : order.status)
