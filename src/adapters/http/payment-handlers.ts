/**
 * Answers the payment provider's webhooks, if their signature is true and fresh. What is no news of a charge of ours is acknowledged
 * too: a provider has other business, and would send it again for days.
 */
import { Effect, Option, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { Hint } from "../../app/payment-webhook.ts"
import { Shop } from "../../app/shop.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Words from "./schemas.ts"
import * as Signatures from "./signatures.ts"

type Provider = Exclude<Signatures.Sender, "carrier">
type Body = Readonly<Record<string, unknown>>

const charge = Schema.decodeUnknownOption(
  Schema.Struct({ id: Schema.NonEmptyString, key: Words.OrderIdText, at: Words.Moment }),
)

const event = Schema.decodeUnknownOption(
  Schema.Struct({
    id: Schema.NonEmptyString,
    created: Schema.Int,
    data: Schema.Struct({
      object: Schema.Struct({
        object: Schema.Literal("payment_intent"),
        id: Schema.NonEmptyString,
        metadata: Schema.Struct({ order: Words.OrderIdText }),
      }),
    }),
  }),
)

/** What a webhook says of a charge of ours, if it does. */
const HINTS: { readonly [Name in Provider]: (body: Body) => Option.Option<Omit<Hint, "provider">> } = {
  http: (body) =>
    Option.map(charge(body), ({ at, id, key }) => ({ id, orderId: key, ref: key, at: Rfc3339.parse(at)! })),
  stripe: (body) =>
    Option.map(event(body), ({ created, data: { object }, id }) => {
      const { id: ref, metadata } = object
      return { id, orderId: metadata.order, ref, at: created * 1_000 }
    }),
}

const SIGNED: { readonly [Name in Provider]: Omit<Signatures.Signing, "secrets"> } = {
  http: { knob: "PAYMENT_WEBHOOK_SECRET", header: "Payment-Signature" },
  stripe: { knob: "STRIPE_WEBHOOK_SECRET", header: "Stripe-Signature" },
}

/** What a webhook has been read as. */
interface Called {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly params: { readonly provider: Provider }
  readonly headers: { readonly "payment-signature"?: string; readonly "stripe-signature"?: string }
  readonly payload: Body
}

const hear = Effect.fnUntraced(function* (
  shop: Shop["Service"],
  secrets: Signatures.Secrets,
  { headers, params: { provider }, payload, request }: Called,
) {
  const given = provider === "http" ? headers["payment-signature"] : headers["stripe-signature"]
  yield* Signatures.check({ ...SIGNED[provider], secrets: secrets[provider] }, given, request)
  const hint = HINTS[provider](payload)
  if (Option.isNone(hint)) return Answers.ok({ heard: "ignored" })
  return Answers.ok({ heard: yield* shop.hearPayment({ provider, ...hint.value }) })
})

export const layer = HttpApiBuilder.group(
  api,
  "payments",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const secrets = yield* Signatures.WebhookSecrets
    const answer = Answers.to(yield* Probe)
    return handlers.handleAll({
      webhook: (called) => answer(called.request, hear(shop, secrets, called)),
    })
  }),
)
