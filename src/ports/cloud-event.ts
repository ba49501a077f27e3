/**
 * The text of a fact on its way: CloudEvents 1.0, structured JSON. What its members mean: docs/events.md.
 *
 * Writing is hot (every fact, once) and only joins text: the payload is JSON already, and no member that stands beside it
 * can hold a character that JSON would escape. Reading trusts nothing.
 */
import { Result, Schema } from "effect"
import * as Text from "../domain/text.ts"
import * as Rfc3339 from "../std/rfc3339.ts"
import { type Event, ORDERS, PRODUCTS, STOCK, type Topic } from "./events.ts"

/** The media type of a message, for streams whose messages have headers. */
export const CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"

/** The producer: with `id` it names a fact for ever. */
const SOURCES: { readonly [T in Topic]: string } = {
  [ORDERS]: "/jaego/orders",
  [STOCK]: "/jaego/stock",
  [PRODUCTS]: "/jaego/products",
}

/**
 * JSON text. Extension attributes: `shopid`, by which consumers of a shared stream know their own shop's events; `lane`, `laneseq` (text,
 * because an attribute's integer has 32 bits) and `lanelink`, the place in the history, by which one cut off or forked is noticed.
 */
export const encode = (event: Event): string =>
  `{"specversion":"1.0","id":"${event.id}","source":"${SOURCES[event.topic]}","type":"${event.type}","subject":"${event.key}","time":"${Rfc3339.text(event.time)}","shopid":"${event.shop}","lane":${event.lane},"laneseq":"${event.seq}","lanelink":"${event.link}","datacontenttype":"application/json","data":${event.data}}`

const WRITTEN = /^\{"specversion":"1\.0","id":"[0-9a-f-]{36}","source":"[^"\\]*","type":"([^"\\]*)"/

/** The type of a text that `encode` wrote, at a fraction of what reading costs; null: read it, to find out. */
export const typeOf = (text: string): string | null => WRITTEN.exec(text)?.[1] ?? null

/** Longest name of a type (characters): it is kept as it is. */
const TYPE_CHARACTERS = 255

const Type = Schema.NonEmptyString.check(
  Schema.isMaxLength(TYPE_CHARACTERS),
  Schema.makeFilter(Text.isClean, { expected: "a type without control characters" }),
)

const Time = Schema.String.check(
  Schema.makeFilter((text: string) => Rfc3339.parse(text) !== null, { expected: "a time of 1970 to 2100 in RFC 3339" }),
)

const Envelope = Schema.Struct({
  specversion: Schema.Literal("1.0"),
  id: Schema.String.check(Schema.isUUID()),
  source: Schema.String,
  type: Type,
  subject: Schema.String.check(Schema.isUUID()),
  time: Time,
  shopid: Schema.optionalKey(Schema.String),
  data: Schema.StructWithRest(Schema.Struct({ version: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)) }), [
    Schema.Record(Schema.String, Schema.Unknown),
  ]),
})

export interface CloudEvent {
  readonly id: string
  readonly type: string
  /** The order's or the product's id. */
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** Whose fact it is; null: it was published before events said so. */
  readonly shop: string | null
  /** Version of the subject after it. */
  readonly version: number
  readonly data: { readonly version: number; readonly [member: string]: unknown }
}

const decodeEnvelope = Schema.decodeUnknownResult(Schema.fromJsonString(Envelope))

/** The event, or in one line why it is none. Members that are not known are let be: a later version may have added them. */
export const decode = (text: string): Result.Result<CloudEvent, string> =>
  Result.mapBoth(decodeEnvelope(text), {
    onFailure: (error) => `not a CloudEvent: ${Text.clean(error.message.replaceAll(/\s+/g, " "), DETAIL_CHARACTERS)}`,
    onSuccess: ({ data, id, shopid, subject, time, type }) => ({
      id,
      type,
      subject,
      time: Rfc3339.parse(time)!,
      shop: shopid ?? null,
      version: data.version,
      data,
    }),
  })

/** A line of a log, a header of a dead letter: what is wrong comes first, the rest repeats the message. */
const DETAIL_CHARACTERS = 500
