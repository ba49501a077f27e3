/**
 * A call to the outside as a span of the trace that leads to it. What makes the call finds the span as the parent of its fiber
 * (`Tracer.ParentSpan`), so that no port has to name it: `std/http-call.ts` sends it as `traceparent`.
 */
import { Clock, Effect, Tracer } from "effect"
import type { Probe } from "../ports/probe.ts"
import * as Traceparent from "../std/traceparent.ts"

/** Without a trace, the call itself. An outcome of `Unknown` is the span's error. */
export const spanned = <A>(
  probe: Probe["Service"],
  trace: string | undefined,
  name: string,
  call: Effect.Effect<A>,
  outcomeOf: (answer: A) => string,
): Effect.Effect<A> => (trace === undefined ? call : traced(probe, trace, name, call, outcomeOf))

const traced = Effect.fnUntraced(function* <A>(
  probe: Probe["Service"],
  parent: string,
  name: string,
  call: Effect.Effect<A>,
  outcomeOf: (answer: A) => string,
) {
  const context = Traceparent.child(parent)
  const startMs = yield* Clock.currentTimeMillis
  const span = Tracer.externalSpan({
    traceId: Traceparent.traceId(context),
    spanId: Traceparent.spanId(context),
    sampled: true,
  })
  const answer = yield* Effect.withParentSpan(call, span)
  const endMs = yield* Clock.currentTimeMillis
  const outcome = outcomeOf(answer)
  const error = outcome.toLowerCase() === "unknown" ? { error: outcome } : {}
  const attributes = { "jaego.outcome": outcome }
  probe.emit({
    _tag: "SpanEnded",
    span: { context, parent, name, kind: "client", startMs, endMs, attributes, ...error },
  })
  return answer
})
