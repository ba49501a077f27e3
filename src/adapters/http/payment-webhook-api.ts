/** What a payment provider calls with. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"

const webhook = HttpApiEndpoint.post("webhook", "/v1/payments/webhooks/:provider", {
  params: { provider: Schema.Literals(["http", "stripe"]) },
  headers: {
    "payment-signature": Schema.optionalKey(Schema.String),
    "stripe-signature": Schema.optionalKey(Schema.String),
  },
  payload: Schema.Record(Schema.String, Schema.Unknown),
  success: Schema.Struct({ heard: Schema.Literals(["news", "known", "ignored"]) }),
  error: Problems.editing("invalid-signature", "callbacks-not-configured"),
}).annotate(OpenApi.Summary, "Hear from the payment provider that a charge has changed; again and in any order")

export const payments = HttpApiGroup.make("payments")
  .add(webhook)
  .annotate(
    OpenApi.Description,
    "For the payment provider: signed with the secret that both know, as `t=<unix seconds>,v1=<hex>` of HMAC-SHA256 over `t.body` " +
      "in `Payment-Signature` or `Stripe-Signature`. It is a hint: the payment is read before anything changes.",
  )
