/** What the carrier calls back with. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const callback = HttpApiEndpoint.post("callback", "/v1/carrier/callbacks", {
  headers: { "carrier-signature": Schema.optionalKey(Schema.String) },
  payload: Words.CarrierCallback,
  success: Schema.Struct({ heard: Schema.Literals(["news", "known"]) }),
  error: Problems.editing("invalid-signature", "shipment-not-found", "callback-mismatch", "callbacks-not-configured"),
}).annotate(OpenApi.Summary, "Hear from the carrier that it has collected or delivered; again and in any order")

export const carrier = HttpApiGroup.make("carrier")
  .add(callback)
  .annotate(
    OpenApi.Description,
    "For the carrier: signed with the secret that both know, as `Carrier-Signature: t=<unix seconds>,v1=<hex>` of HMAC-SHA256 over `t.body`.",
  )
