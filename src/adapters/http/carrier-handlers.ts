/**
 * Answers the carrier's callbacks, if their signature is true and fresh.
 *
 * Law: 2xx only once it is durable; on anything from 500 on, or on no answer, the carrier is to call again.
 */
import { timingSafeEqual } from "node:crypto"
import { Clock, Context, Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Shop } from "../../app/shop.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Signature from "../../std/webhook-signature.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Problems from "./problems.ts"
import type { CarrierCallback } from "./schemas.ts"

/** What the carrier signs with; null: it is not known here, and no callback is accepted. */
export const CarrierSecret = Context.Reference<string | null>("jaego/adapters/http/CarrierSecret", {
  defaultValue: () => null,
})

/** What is wrong with a signature; null: nothing. `now` in milliseconds since 1970. */
const problemOf = (secret: string | null, header: string | undefined, body: Uint8Array, now: number) => {
  if (secret === null) return Problems.callbacksNotConfigured
  const signature = header === undefined ? null : Signature.read(header)
  if (signature === null) return Problems.invalidSignature("Send Carrier-Signature: t=<unix seconds>,v1=<hex>.")
  const { hex, time } = signature
  const expected = Signature.digest(secret, time, body)
  if (!timingSafeEqual(expected, Buffer.from(hex, "hex")))
    return Problems.invalidSignature("It is not that of this body under the secret we know.")
  const isFresh = Math.abs(now / 1_000 - time) <= Signature.TOLERANCE_SECONDS
  return isFresh ? null : Problems.invalidSignature("Its time is too far from ours: sign it anew.")
}

/** What a callback has been read as. */
interface Called {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly headers: { readonly "carrier-signature"?: string }
  readonly payload: typeof CarrierCallback.Type
}

const hear = Effect.fnUntraced(function* (
  shop: Shop["Service"],
  secret: string | null,
  { headers, payload, request }: Called,
) {
  // Read before: these are the very bytes that were parsed.
  const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
  const problem = problemOf(secret, headers["carrier-signature"], body, yield* Clock.currentTimeMillis)
  if (problem !== null) return yield* Effect.fail(problem)
  const { at, id, orderId, trackingId, type } = payload
  const heard = yield* shop.hearCarrier({ id, what: type, key: orderId, trackingId, at: Rfc3339.parse(at)! })
  return Answers.ok({ heard })
})

export const layer = HttpApiBuilder.group(
  api,
  "carrier",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const secret = yield* CarrierSecret
    const answer = Answers.to(yield* Probe)
    return handlers.handleAll({
      callback: (called) => answer(called.request, hear(shop, secret, called)),
    })
  }),
)
