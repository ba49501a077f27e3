/**
 * Answers the carrier's callbacks, if their signature is true and fresh.
 *
 * Law: 2xx only once it is durable; on anything from 500 on, or on no answer, the carrier is to call again.
 */
import { Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Shop } from "../../app/shop.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import type { CarrierCallback } from "./schemas.ts"
import * as Signatures from "./signatures.ts"

const HEADER = "Carrier-Signature"

/** What a callback has been read as. */
interface Called {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly headers: { readonly "carrier-signature"?: string }
  readonly payload: typeof CarrierCallback.Type
}

const hear = Effect.fnUntraced(function* (
  shop: Shop["Service"],
  signing: Signatures.Signing,
  { headers, payload, request }: Called,
) {
  yield* Signatures.check(signing, headers["carrier-signature"], request)
  const { at, id, orderId, trackingId, type } = payload
  const heard = yield* shop.hearCarrier({ id, what: type, key: orderId, trackingId, at: Rfc3339.parse(at)! })
  return Answers.ok({ heard })
})

export const layer = HttpApiBuilder.group(
  api,
  "carrier",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const { carrier: secrets } = yield* Signatures.WebhookSecrets
    const answer = Answers.to(yield* Probe)
    const signing = { secrets, knob: "CARRIER_WEBHOOK_SECRET", header: HEADER }
    return handlers.handleAll({
      callback: (called) => answer(called.request, hear(shop, signing, called)),
    })
  }),
)
