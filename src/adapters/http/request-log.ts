/**
 * The log of requests: one line for a request that failed (5xx) or was slow, under the id that its caller has too, and none for
 * all others, which the metrics count. A defect (500) is logged where it is met, with its cause (`pipeline.ts`).
 *
 * Law: no body, no header but the request's id, no id of a customer; the route is its template.
 * Limits: LINES_MAX a second, so that an outage does not fill a disk; the next line says how many were left out.
 */
import type { IncomingMessage } from "node:http"
import { Context, Effect, Scope } from "effect"

/** Lines a second and thread: more than a person reads, and less than an outage has. */
const LINES_MAX = 20

export interface Answered {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** `traceId`: of the trace in which it is found; null: it is in none. */
export type RequestLog = (
  answered: Answered,
  request: Pick<IncomingMessage, "headers">,
  traceId?: string | null,
) => void

/** A line as it is written. */
export interface Line {
  readonly requestId: string
  readonly traceId?: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  /** Lines before it that were left out. */
  readonly leftOut?: number
}

const DEFECT = 500

/** It says "not ready" with a 503 to those who ask it every few seconds: that is its answer, and no failure. */
const READINESS = "/readyz"

/** Routes whose answers last as long as their readers want are not slow. */
const STREAM = "/stream"

/** It failed, or was slow: it is logged, and its trace is kept. */
export const isNotable = ({ route, seconds, status }: Answered, slowMs: number): boolean =>
  route !== READINESS && (status >= DEFECT || (seconds * 1_000 >= slowMs && !route.endsWith(STREAM)))

/** `slowMs`: a request that takes so long is slow. `now`: ms, monotonic. */
export const make = (slowMs: number, write: (line: Line) => void, now = () => performance.now()): RequestLog => {
  let second = Number.NEGATIVE_INFINITY
  let lines = 0
  let leftOut = 0
  return (answered, { headers }, traceId = null) => {
    const { method, route, seconds, status } = answered
    if (status === DEFECT || !isNotable(answered, slowMs)) return
    if (now() - second >= 1_000) {
      second = now()
      lines = 0
    }
    if (++lines > LINES_MAX) {
      leftOut++
      return
    }
    const requestId = String(headers["x-request-id"])
    const trace = traceId === null ? {} : { traceId }
    write({
      requestId,
      ...trace,
      method,
      route,
      status,
      ms: Math.round(seconds * 1_000),
      ...(leftOut > 0 ? { leftOut } : {}),
    })
    leftOut = 0
  }
}

/** Writes to the log of the thread. */
export const toLog: Effect.Effect<(line: Line) => void> = Effect.gen(function* () {
  const fork = Effect.runForkWith(Context.omit(Scope.Scope)(yield* Effect.context<never>()))
  return (line) => {
    const what = line.status > DEFECT ? "a request failed" : "a request was slow"
    fork(Effect.annotateLogs(Effect.logWarning(what), { ...line }))
  }
})
