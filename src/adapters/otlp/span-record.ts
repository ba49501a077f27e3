/** A span as OTLP has it in JSON (`opentelemetry/proto/trace/v1`). */
import { OtlpResource, type OtlpTracer } from "effect/observability"
import type { Span } from "../../ports/trace.ts"
import * as Traceparent from "../../std/traceparent.ts"

type OtlpSpan = OtlpTracer.ScopeSpan["spans"][number]

export const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
export const UNSET = 0
export const ERROR = 2

const nanos = (ms: number): string => String(Math.round(ms * 1_000) * 1_000)

export const of = ({ attributes, context, endMs, error, kind, links = [], name, parent, startMs }: Span): OtlpSpan => ({
  traceId: Traceparent.traceId(context),
  spanId: Traceparent.spanId(context),
  parentSpanId: parent === null ? undefined : Traceparent.spanId(parent),
  name,
  kind: KINDS[kind],
  startTimeUnixNano: nanos(startMs),
  endTimeUnixNano: nanos(Math.max(startMs, endMs)),
  attributes: OtlpResource.entriesToAttributes(Object.entries(attributes)),
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  status: error === undefined ? { code: UNSET } : { code: ERROR, message: error },
  links: links.map((link) => ({
    traceId: Traceparent.traceId(link),
    spanId: Traceparent.spanId(link),
    attributes: [],
    droppedAttributesCount: 0,
  })),
  droppedLinksCount: 0,
})
