/** What Stripe's API shows of a charge: intents, refunds, errors and events, each whole, as its OpenAPI document has them. */
import type { Action } from "../../domain/order.ts"
import type { Capture } from "../../ports/payment.ts"

/** An intent as the simulated provider keeps it; the money's state is in the till. */
export interface Kept {
  readonly id: string
  /** In Stripe's units. */
  readonly amount: number
  readonly currency: string
  readonly metadata: Readonly<Record<string, string>>
  readonly redirects: "always" | "never"
  readonly capture: Capture
  /** Seconds since 1970. */
  readonly created: number
  /** Confirmations begun. */
  attempts: number
  /** Whether the newest one named a place to come back to. */
  comesBack: boolean
  refund: { readonly amount: number } | null
}

export type State =
  | { readonly status: "requires_payment_method"; readonly error: object | null }
  | { readonly status: "requires_action"; readonly action: Action }
  | { readonly status: "processing" | "requires_capture" | "succeeded" | "canceled" }

export const seconds = (): number => Math.floor(Date.now() / 1_000)

const nextAction = ({ comesBack }: Kept, { url }: Action): object =>
  comesBack
    ? { type: "redirect_to_url", redirect_to_url: { url, return_url: null } }
    : { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: url } }

export const chargeOf = ({ attempts, id }: Kept): string | null => (attempts === 0 ? null : `ch_${id}_${attempts}`)

export const intent = (kept: Kept, state: State) => {
  const { amount, capture, created, currency, id, metadata, redirects } = kept
  const { status } = state
  return {
    ...{ id, object: "payment_intent", amount, amount_details: { tip: {} } },
    amount_capturable: status === "requires_capture" ? amount : 0,
    amount_received: status === "succeeded" ? amount : 0,
    ...{ application: null, application_fee_amount: null },
    automatic_payment_methods: { allow_redirects: redirects, enabled: true },
    canceled_at: status === "canceled" ? created : null,
    cancellation_reason: null,
    capture_method: capture === "auto" ? "automatic_async" : "manual",
    ...{ client_secret: `${id}_secret_simulated`, confirmation_method: "automatic" },
    ...{ created, currency, customer: null, description: null },
    last_payment_error: status === "requires_payment_method" ? state.error : null,
    ...{ latest_charge: chargeOf(kept), livemode: false, metadata },
    next_action: status === "requires_action" ? nextAction(kept, state.action) : null,
    ...{ on_behalf_of: null, payment_method: null, payment_method_options: {}, payment_method_types: ["card"] },
    ...{ processing: null, receipt_email: null, review: null, setup_future_usage: null, shipping: null },
    ...{ statement_descriptor: null, statement_descriptor_suffix: null },
    ...{ status, transfer_data: null, transfer_group: null },
  }
}

/** With the newest charge whole, as a list has it that asks for it (`expand`). */
export const withCharge = (kept: Kept, state: State) => {
  const shown = intent(kept, state)
  const id = chargeOf(kept)
  const { amount, created, currency, metadata } = kept
  const isCharged = state.status === "succeeded"
  const charge = {
    ...{ id, object: "charge", amount, amount_captured: isCharged ? amount : 0, created, currency, metadata },
    amount_refunded: kept.refund?.amount ?? 0,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    ...{ captured: isCharged, disputed: false, livemode: false, paid: isCharged, payment_intent: kept.id },
    refunded: kept.refund?.amount === amount,
    status: isCharged || state.status === "requires_capture" ? "succeeded" : "failed",
  }
  return { ...shown, latest_charge: id === null ? null : charge }
}

export const list = (url: string, data: ReadonlyArray<object>, more: boolean) => ({
  ...{ object: "list", url, data, has_more: more },
})

export const refund = (kept: Kept, amount: number) => ({
  ...{ id: `re_${kept.id}`, object: "refund", amount, balance_transaction: null, charge: chargeOf(kept) },
  ...{ created: seconds(), currency: kept.currency, metadata: {}, payment_intent: kept.id, reason: null },
  ...{ receipt_number: null, source_transfer_reversal: null, status: "succeeded", transfer_reversal: null },
})

/** `insufficient_funds` and its like are the issuer's words, which Stripe puts behind a code of its own. */
export const cardError = (reason: string) => ({
  ...{ type: "card_error", code: "card_declined", decline_code: reason, message: "Your card was declined." },
})

export const authenticationError = {
  ...{ type: "invalid_request_error", code: "payment_intent_authentication_failure" },
  message: "The provided payment method has failed authentication.",
}

export const event = (id: string, type: string, object: object) => ({
  ...{ id, object: "event", api_version: "2026-08-26.dahlia", created: seconds(), data: { object }, livemode: false },
  ...{ pending_webhooks: 1, request: { id: null, idempotency_key: null }, type },
})
