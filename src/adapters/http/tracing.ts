/**
 * Traces at the door: takes the caller's `traceparent` in, decides once for a request whether its trace is kept (the sampler of
 * OpenTelemetry), and announces the request's span when it has been answered.
 *
 * Requests that failed or were slow are kept anyway: of those that were not sampled, the request alone.
 * Law: behind the door `traceparent` is the request's own context if it is sampled, and absent if not, whatever the caller sent.
 * Limits: a request that is not sampled costs one look at a header and one random number.
 */
import type { IncomingMessage } from "node:http"
import type { Probe } from "../../ports/probe.ts"
import * as Traceparent from "../../std/traceparent.ts"
import { type Answered, isNotable } from "./request-log.ts"

/** `OTEL_TRACES_SAMPLER`, in two questions. */
export interface Sampling {
  /** What the caller's trace decided is kept to. */
  readonly isParentBased: boolean
  /** Share of traces that are kept where that is ours to decide, 0 to 1. */
  readonly ratio: number
}

export interface Trace {
  /** The caller's; null: the trace begins here. */
  readonly parent: string | null
  /** Null: it is not sampled. */
  readonly context: string | null
}

type Asked = Pick<IncomingMessage, "headers">

export class Tracing {
  readonly #sampling: Sampling | null
  readonly #slowMs: number
  readonly #probe: Probe["Service"]

  /** `sampling`; null: there are no traces. */
  constructor(sampling: Sampling | null, slowMs: number, probe: Probe["Service"]) {
    this.#sampling = sampling
    this.#slowMs = slowMs
    this.#probe = probe
  }

  /** Null: it is not sampled, and no part of a caller's trace. */
  begin({ headers }: Asked): Trace | null {
    const given = headers["traceparent"]
    const parent = given === undefined || this.#sampling === null ? null : Traceparent.parse(String(given))
    const traceId = this.#sampling === null ? null : sampled(this.#sampling, parent)
    if (traceId === null) {
      if (given !== undefined) headers["traceparent"] = undefined
      return parent === null ? null : { parent, context: null }
    }
    const context = Traceparent.spanOf(traceId)
    headers["traceparent"] = context
    return { parent, context }
  }

  /** The id of the trace in which the request is found; null: in none. */
  ended(trace: Trace | null, answered: Answered, { headers }: Asked): string | null {
    if (this.#sampling === null) return null
    if (trace?.context == null && !isNotable(answered, this.#slowMs)) return null
    const parent = trace?.parent ?? null
    const context = trace?.context ?? keptOf(parent)
    const { method, route, seconds, status } = answered
    const endMs = Date.now()
    this.#probe.emit({
      _tag: "SpanEnded",
      span: {
        context,
        parent,
        name: `${method} ${route}`,
        kind: "server",
        startMs: endMs - seconds * 1_000,
        endMs,
        attributes: {
          "http.request.method": method,
          "http.route": route,
          "http.response.status_code": status,
          "jaego.request_id": String(headers["x-request-id"]),
        },
        ...(status >= 500 ? { error: String(status) } : {}),
      },
    })
    return Traceparent.traceId(context)
  }
}

/** The id of the trace that is to be kept; null: it is not. */
const sampled = ({ isParentBased, ratio }: Sampling, parent: string | null): string | null => {
  if (parent === null) {
    const draw = Math.random()
    return draw < ratio ? Traceparent.traceIdAt(draw) : null
  }
  const traceId = Traceparent.traceId(parent)
  return (isParentBased ? Traceparent.isSampled(parent) : Traceparent.drawOf(traceId) < ratio) ? traceId : null
}

const keptOf = (parent: string | null): string =>
  parent === null ? Traceparent.spanOf(Traceparent.traceIdAt(Math.random())) : Traceparent.child(parent)
