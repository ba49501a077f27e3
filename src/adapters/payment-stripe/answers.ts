/**
 * What Stripe's answers mean. An intent is a charge with a state; an error says which of its attempts came to nothing, or that
 * nothing is known.
 *
 * Law: declined is only what Stripe says it will not charge: a card error, or a request that it refuses to carry out. Its own
 * trouble, its limits and a key that it does not take are unknown.
 */
import { Schema } from "effect"
import Stripe from "stripe"
import type { Action } from "../../domain/order.ts"
import {
  ABSENT,
  AUTHORIZED,
  type Capturing,
  CHARGED,
  type Charge,
  type ChargeOutcome,
  type ChargeState,
  CODE_MAX,
  type Listing,
  PENDING,
  REFUNDED,
  type Refunding,
  UNKNOWN,
  VOIDED,
  type Voiding,
} from "../../ports/payment.ts"
import { minorOf } from "./amounts.ts"

type Intent = Stripe.PaymentIntent
type Declined = Extract<ChargeOutcome, { readonly _tag: "Declined" }>
type Refusal = Pick<Stripe.StripeRawError, "code" | "decline_code">

/** After these no other card is tried: it is stolen, or the payer is not who they say. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  ...["fraudulent", "merchant_blacklist", "lost_card", "stolen_card", "pickup_card", "security_violation"],
])

const declined = ({ code, decline_code }: Refusal): Declined => {
  const reason = (decline_code ?? code ?? "declined").slice(0, CODE_MAX)
  return { _tag: "Declined", code: reason, retryable: !FOR_GOOD.has(reason) }
}

/** It has been cancelled: no attempt will ever charge it. */
const BARRED: Declined = { _tag: "Declined", code: "canceled", retryable: false }

/** Where a buyer acts: at a place of its own, or in the page that has the client secret. */
const actionOf = ({ client_secret: clientSecret, next_action: next }: Intent): Action => {
  const url = next?.redirect_to_url?.url ?? null
  return { kind: url === null ? (next?.type ?? "unknown") : "redirect", url, clientSecret }
}

/** Where the intent's newest attempt stands; null: none is under way, whatever became of the last. */
export const standing = (intent: Intent): ChargeOutcome | null => {
  switch (intent.status) {
    case "succeeded":
      return CHARGED
    case "requires_capture":
      return AUTHORIZED
    case "requires_action":
      return { _tag: "ActionRequired", action: actionOf(intent) }
    case "canceled":
      return BARRED
    case "requires_payment_method":
    case "requires_confirmation":
      return null
    case "processing":
      return PENDING
    default:
      return UNKNOWN
  }
}

/** Where the attempt stands that was the last to be sent. */
export const lastAttempt = (intent: Intent): ChargeOutcome => {
  const { last_payment_error: error } = intent
  return standing(intent) ?? (error === null ? UNKNOWN : declined(error))
}

type Failure = InstanceType<typeof Stripe.errors.StripeError>

export const isFailure = (error: unknown): error is Failure => error instanceof Stripe.errors.StripeError

/** The intent stands where the call had no place any more. */
const UNEXPECTED_STATE = "payment_intent_unexpected_state"

/** By Stripe itself, and not by a gateway on the way to it. */
const isRefused = ({ rawType, statusCode }: Failure): boolean =>
  rawType === "invalid_request_error" && statusCode === 400

export const prepareFailed = (error: Failure): Declined | typeof UNKNOWN =>
  isRefused(error) ? { ...declined(error), retryable: false } : UNKNOWN

export const confirmFailed = (error: Failure): ChargeOutcome => {
  if (error.rawType === "card_error") return declined(error)
  if (!isRefused(error)) return UNKNOWN
  if (error.code !== UNEXPECTED_STATE) return declined(error)
  return (error.payment_intent === undefined ? null : standing(error.payment_intent)) ?? UNKNOWN
}

/** What an intent says that could not be cancelled, or has been. */
export const voiding = ({ status }: Intent): Voiding => {
  if (status === "canceled") return VOIDED
  return status === "succeeded" ? CHARGED : UNKNOWN
}

/** What was kept is let go by Stripe after some days: then the intent is cancelled. */
export const capturing = ({ status }: Intent): Capturing => {
  if (status === "succeeded") return CHARGED
  return status === "canceled" ? BARRED : UNKNOWN
}

export const voidFailed = (error: Failure): Voiding =>
  error.code === UNEXPECTED_STATE && error.payment_intent !== undefined ? voiding(error.payment_intent) : UNKNOWN

/** One that is pending is on its way, and is Stripe's to finish. */
export const refunding = ({ status }: Stripe.Refund): Refunding =>
  status === "succeeded" || status === "pending" ? REFUNDED : UNKNOWN

const CHARGE_STATES: { readonly [S in Intent["status"]]?: ChargeState } = {
  succeeded: "charged",
  requires_capture: "authorized",
  canceled: "voided",
}

/** What is needed of an intent in the books: of others than Stripe nothing is believed. */
const isIntent = Schema.is(
  Schema.Struct({
    id: Schema.NonEmptyString,
    status: Schema.String,
    currency: Schema.NonEmptyString,
    amount_received: Schema.Int,
    metadata: Schema.Record(Schema.String, Schema.String),
  }),
)

export const listing = ({ data, has_more: more }: Stripe.ApiList<Intent>): Listing => {
  if (!Array.isArray(data) || !data.every((each) => isIntent(each))) return UNKNOWN
  return { _tag: "Listed", charges: data.map(listed), next: more ? (data.at(-1)?.id ?? null) : null }
}

/** As the books have it; its newest charge comes with it. */
const listed = (intent: Intent): Charge => {
  const { amount_received, id: ref, last_payment_error: error, latest_charge: charge, metadata, status } = intent
  const currency = intent.currency.toUpperCase()
  const refunded = typeof charge === "object" && charge !== null ? charge.amount_refunded : 0
  return {
    ...{ ref, key: metadata["order"] ?? null, currency },
    state: CHARGE_STATES[status] ?? (status === "requires_payment_method" && error !== null ? "declined" : "open"),
    captured: minorOf(amount_received, currency),
    refunded: minorOf(refunded, currency),
  }
}

/** Null: the intent says whether anything is owed. */
export const refundFailed = (error: Failure): Refunding | null => {
  if (error.code === "charge_already_refunded") return REFUNDED
  return isRefused(error) ? null : UNKNOWN
}

/** Of what was never charged nothing is owed. */
export const owed = (intent: Intent): Refunding => {
  const stands = standing(intent)
  return stands === null || stands === BARRED ? REFUNDED : UNKNOWN
}

/** Stripe itself says that there is no such intent. */
export const absent = ({ code, statusCode }: Failure): Refunding =>
  statusCode === 404 && code === "resource_missing" ? ABSENT : UNKNOWN
