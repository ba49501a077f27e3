/**
 * A carrier over HTTP, as `jaego simulate carrier` speaks it: our key is in the path, so that whatever is lost on the way may
 * be sent again.
 *
 *     PUT    {url}/v1/shipments/{key}   200 registered, 422 refused, anything else unknown
 *     DELETE {url}/v1/shipments/{key}   200 cancelled, 409 it has left, anything else unknown
 *
 * Never fails: what is not plainly an answer is unknown. Its callbacks come in by HTTP.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { type Cancellation, Carrier, CarrierNews, type Registration } from "../../ports/carrier.ts"
import * as HttpCall from "../../std/http-call.ts"

const isTaken = Schema.is(Schema.Struct({ trackingId: Schema.NonEmptyString }))
const isRefused = Schema.is(Schema.Struct({ reason: Schema.String }))

const registration = (answer: HttpCall.HttpResponse | HttpCall.Trouble): Registration => {
  if (typeof answer === "string") return { _tag: "Unknown", code: answer }
  const { json, status } = answer
  if (status !== 200 && status !== 422) return { _tag: "Unknown", code: `status-${status}` }
  if (status === 200 && isTaken(json)) return { _tag: "Registered", trackingId: json.trackingId }
  if (status === 422 && isRefused(json)) return { _tag: "Refused", reason: json.reason }
  return { _tag: "Unknown", code: "unreadable" }
}

const cancellation = (answer: HttpCall.HttpResponse | HttpCall.Trouble): Cancellation => {
  if (typeof answer === "string") return "unknown"
  return answer.status === 200 ? "cancelled" : answer.status === 409 ? "shipped" : "unknown"
}

export const layer = (to: HttpCall.Endpoint): Layer.Layer<Carrier | CarrierNews> =>
  Layer.mergeAll(
    Layer.succeed(Carrier, {
      register: ({ customerId, key, lines }) => {
        const request = { method: "PUT", path: `/v1/shipments/${key}`, body: { customerId, lines } } as const
        return Effect.map(HttpCall.call(to, request), registration)
      },
      cancel: (key) => Effect.map(HttpCall.call(to, { method: "DELETE", path: `/v1/shipments/${key}` }), cancellation),
    }),
    Layer.succeed(CarrierNews, { callbacks: Stream.never }),
  )
