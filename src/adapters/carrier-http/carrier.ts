/**
 * A carrier over HTTP, as `jaego simulate carrier` speaks it: our key is in the path, so that whatever is lost on the way may
 * be sent again.
 *
 *     PUT    {url}/v1/shipments/{key}   200 registered, 422 refused, anything else unknown
 *     DELETE {url}/v1/shipments/{key}   200 cancelled, 409 it has left, anything else unknown
 *
 * Never fails: what is not plainly an answer is unknown. What it tells by itself comes in by HTTP.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { type Cancellation, Carrier, CarrierNews, type Registration } from "../../ports/carrier.ts"

const isTaken = Schema.is(Schema.Struct({ trackingId: Schema.NonEmptyString }))
const isRefused = Schema.is(Schema.Struct({ reason: Schema.String }))

/** As much of another's words as goes into a reason. */
const WORDS_MAX = 200

interface Said {
  readonly status: number
  readonly body: unknown
}

/** Null: it is no JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The answer, or what went wrong. Interrupting it hangs up. */
const ask = (url: string, init: RequestInit): Effect.Effect<Said | string> =>
  Effect.tryPromise({
    try: async (signal): Promise<Said> => {
      const response = await fetch(url, { ...init, signal })
      return { status: response.status, body: parsed(await response.text()) }
    },
    catch: (error) => error as Error,
  }).pipe(
    Effect.catch(({ cause, message }) =>
      Effect.succeed(`the carrier was not reached: ${cause instanceof Error ? cause.message : message}`),
    ),
  )

const registration = (said: Said | string): Registration => {
  if (typeof said === "string") return { _tag: "Unknown", reason: said }
  const { body, status } = said
  if (status === 200 && isTaken(body)) return { _tag: "Registered", trackingId: body.trackingId }
  if (status === 422 && isRefused(body)) return { _tag: "Refused", reason: body.reason.slice(0, WORDS_MAX) }
  return { _tag: "Unknown", reason: `the carrier said ${status}` }
}

const cancellation = (said: Said | string): Cancellation => {
  if (typeof said === "string") return "unknown"
  return said.status === 200 ? "cancelled" : said.status === 409 ? "shipped" : "unknown"
}

/** `url` without a slash at its end. */
export const layer = (url: string): Layer.Layer<Carrier | CarrierNews> =>
  Layer.mergeAll(
    Layer.succeed(Carrier, {
      register: ({ customerId, key, lines }) =>
        Effect.map(
          ask(`${url}/v1/shipments/${key}`, {
            method: "PUT",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ customerId, lines }),
          }),
          registration,
        ),
      cancel: (key) => Effect.map(ask(`${url}/v1/shipments/${key}`, { method: "DELETE" }), cancellation),
    }),
    Layer.succeed(CarrierNews, { callbacks: Stream.never }),
  )
