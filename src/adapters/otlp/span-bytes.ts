/**
 * Spans as an export of OTLP in protobuf (`opentelemetry/proto/trace/v1/trace.proto`), which is what collectors are sent by default.
 *
 * Why it exists: Effect's own serialization makes a buffer of each field and a bigint of each length, 80 microseconds a span; 512
 * of them held the main thread for 45 ms. This takes 2, for the same bytes (a test compares them).
 */
import type { OtlpResource } from "effect/observability"
import type { Span } from "../../ports/trace.ts"
import * as Traceparent from "../../std/traceparent.ts"
import { BackwardBytes } from "./backward-bytes.ts"
import { ERROR, KINDS, UNSET } from "./span-record.ts"

type Attributes = Span["attributes"]

/** Of a span, roughly (bytes). */
const SPAN_BYTES = 256

/** What is no signed integer of 64 bits is sent as a double. */
const INT_64 = 2 ** 63

const value = (bytes: BackwardBytes, value: string | number | boolean): void => {
  if (typeof value === "string") bytes.text(1, value)
  else if (typeof value === "boolean") bytes.integer(2, Number(value))
  else if (Number.isInteger(value) && value >= -INT_64 && value < INT_64) bytes.integer(3, value)
  else bytes.double(4, value)
}

const attributes = (bytes: BackwardBytes, field: number, all: Attributes): void => {
  const names = Object.keys(all)
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index]!
    const end = bytes.length
    value(bytes, all[name]!)
    bytes.message(2, end)
    bytes.text(1, name)
    bytes.message(field, end)
  }
}

const links = (bytes: BackwardBytes, field: number, contexts: ReadonlyArray<string>): void => {
  for (let index = contexts.length - 1; index >= 0; index--) {
    const end = bytes.length
    bytes.hex(2, Traceparent.spanId(contexts[index]!))
    bytes.hex(1, Traceparent.traceId(contexts[index]!))
    bytes.message(field, end)
  }
}

/** Fields stand in the order of their numbers, and are therefore written from the last on. */
const span = (bytes: BackwardBytes, field: number, of: Span): void => {
  const end = bytes.length
  bytes.integer(3, of.error === undefined ? UNSET : ERROR)
  if (of.error !== undefined && of.error !== "") bytes.text(2, of.error)
  bytes.message(15, end)
  if (of.links !== undefined) links(bytes, 13, of.links)
  attributes(bytes, 9, of.attributes)
  bytes.nanoseconds(8, Math.max(of.startMs, of.endMs))
  bytes.nanoseconds(7, of.startMs)
  bytes.integer(6, KINDS[of.kind])
  bytes.text(5, of.name)
  if (of.parent !== null) bytes.hex(4, Traceparent.spanId(of.parent))
  bytes.hex(2, Traceparent.spanId(of.context))
  bytes.hex(1, Traceparent.traceId(of.context))
  bytes.message(field, end)
}

/** Encodes exports of spans of one scope and one resource, whose attributes are texts; both are encoded once. */
export const encoder = (scope: string, resource: OtlpResource.Resource) => {
  const once = new BackwardBytes(SPAN_BYTES)
  attributes(once, 1, Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue ?? ""])))
  const resourceBytes = once.copy()
  once.clear()
  once.text(1, scope)
  const scopeBytes = once.copy()
  return (spans: ReadonlyArray<Span>): Uint8Array<ArrayBuffer> => {
    const bytes = new BackwardBytes(spans.length * SPAN_BYTES)
    for (let index = spans.length - 1; index >= 0; index--) span(bytes, 2, spans[index]!)
    bytes.raw(1, scopeBytes)
    bytes.message(2, 0)
    bytes.raw(1, resourceBytes)
    bytes.message(1, 0)
    return bytes.copy()
  }
}
