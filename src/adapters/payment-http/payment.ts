/**
 * A payment provider over HTTP, by the protocol of docs/payment.md: a charge's ref is our key and stands in the path with the
 * attempt's number, so that whatever is lost on the way may be sent again.
 *
 * Never fails: what is not plainly an answer is unknown. What it reports by itself comes in by HTTP.
 */
import { Effect, Layer, Schema } from "effect"
import {
  ABSENT,
  AUTHORIZED,
  type Capturing,
  CHARGED,
  type Charge,
  type ChargeOutcome,
  type Confirmation,
  type Listing,
  Payment,
  PENDING,
  REFUNDED,
  type Reading,
  type Refunding,
  UNKNOWN,
  VOIDED,
} from "../../ports/payment.ts"
import * as HttpCall from "../../std/http-call.ts"

const isState = Schema.is(Schema.Struct({ state: Schema.String }))
const isDecline = Schema.is(Schema.Struct({ code: Schema.NonEmptyString, retryable: Schema.Boolean }))
const textOrNull = Schema.optionalKey(Schema.NullOr(Schema.String))
const isAction = Schema.is(Schema.Struct({ kind: Schema.NonEmptyString, url: textOrNull, clientSecret: textOrNull }))

type Said = HttpCall.HttpResponse | HttpCall.Trouble

/** The state that was said with this status; null: none. */
const stateOf = (said: Said, status: number): string | null =>
  typeof said !== "string" && said.status === status && isState(said.json) ? said.json.state : null

const outcome = (said: Said): ChargeOutcome => {
  const state = stateOf(said, 200)
  if (stateOf(said, 202) === "pending") return PENDING
  if (state === null || typeof said === "string") return UNKNOWN
  const { json } = said
  if (state === "charged") return CHARGED
  if (state === "authorized") return AUTHORIZED
  if (state === "declined" && isDecline(json)) return { _tag: "Declined", code: json.code, retryable: json.retryable }
  if (state !== "action-required" || !isAction(json)) return UNKNOWN
  const { clientSecret = null, kind, url = null } = json
  return { _tag: "ActionRequired", action: { kind, url, clientSecret } }
}

const reading = (said: Said): Reading => (stateOf(said, 404) === "absent" ? ABSENT : outcome(said))

const capturing = (said: Said): Capturing => {
  const answer = outcome(said)
  if (answer === PENDING) return PENDING
  return answer._tag === "Charged" || answer._tag === "Declined" ? answer : UNKNOWN
}

const refunding = (said: Said): Refunding => {
  if (stateOf(said, 404) === "absent") return ABSENT
  if (stateOf(said, 202) === "pending") return PENDING
  return stateOf(said, 200) === "refunded" ? REFUNDED : UNKNOWN
}

const Minor = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const isPage = Schema.is(
  Schema.Struct({
    charges: Schema.Array(
      Schema.Struct({
        key: Schema.NonEmptyString,
        state: Schema.Literals(["open", "authorized", "charged", "declined", "voided"]),
        currency: Schema.NullOr(Schema.NonEmptyString),
        captured: Minor,
        refunded: Minor,
      }),
    ),
    next: Schema.NullOr(Schema.NonEmptyString),
  }),
)

const listing = (said: Said): Listing => {
  if (typeof said === "string" || said.status !== 200 || !isPage(said.json)) return UNKNOWN
  const { charges, next } = said.json
  return { _tag: "Listed", charges: charges.map((charge): Charge => ({ ...charge, ref: charge.key })), next }
}

const attemptPath = (ref: string, attempt: number): string =>
  `/v1/charges/${encodeURIComponent(ref)}/attempts/${attempt}`

export const layer = (to: HttpCall.Endpoint): Layer.Layer<Payment> => {
  const confirm = ({ attempt, capture, customerId, money, ref, token }: Confirmation) => {
    const body = { token, money, customerId, ...(capture === "auto" ? {} : { capture }) }
    return Effect.map(HttpCall.call(to, { method: "PUT", path: attemptPath(ref, attempt), body }), outcome)
  }
  return Layer.succeed(Payment, {
    name: "http",
    defaultToken: null,
    prepare: null,
    confirm,
    read: (ref, attempt) => Effect.map(HttpCall.call(to, { method: "GET", path: attemptPath(ref, attempt) }), reading),
    capture: (ref, money, key) => {
      const path = `/v1/charges/${encodeURIComponent(ref)}/captures/${encodeURIComponent(key)}`
      return Effect.map(HttpCall.call(to, { method: "PUT", path, body: { money } }), capturing)
    },
    void: (ref) =>
      Effect.map(HttpCall.call(to, { method: "DELETE", path: `/v1/charges/${encodeURIComponent(ref)}` }), (said) => {
        if (stateOf(said, 200) === "voided") return VOIDED
        return stateOf(said, 409) === "charged" ? CHARGED : UNKNOWN
      }),
    refund: (ref, money, key) => {
      const path = `/v1/charges/${encodeURIComponent(ref)}/refunds/${encodeURIComponent(key)}`
      return Effect.map(HttpCall.call(to, { method: "PUT", path, body: { money } }), refunding)
    },
    list: (since, after) => {
      const query = new URLSearchParams({ since: String(since), ...(after === null ? {} : { after }) })
      return Effect.map(HttpCall.call(to, { method: "GET", path: `/v1/charges?${query}` }), listing)
    },
  })
}
