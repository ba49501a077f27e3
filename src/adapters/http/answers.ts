/**
 * Answers: from what the shop says to what goes over the wire.
 *
 * Law: a replay is byte for byte the answer that was given, so nothing of the request (no id, no time) is in a body
 * of success; `payment.eta` of a charge that waits is the exception, for it is foreseen anew. All statuses of errors are in
 * `problems.ts`.
 */
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Replayable } from "../../app/shop.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Refused } from "../../ports/inventory.ts"
import type { Page } from "../../ports/page.ts"
import type { Probe } from "../../ports/probe.ts"
import { derived } from "../../std/derived.ts"
import * as Conditional from "./conditional.ts"
import * as Cursors from "./cursors.ts"
import * as Problems from "./problems.ts"

type Response = HttpServerResponse.HttpServerResponse

/** All that an answer needs of its request. */
export interface Asked {
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
}

/** The id under which a request is talked about; the server has put it there, or left the caller's. */
export const requestId = (request: Asked): string => String(request.headers["x-request-id"] ?? "")

/** The context in which a request is asked; undefined: its trace is not kept. The server has put it there (`tracing.ts`). */
export const trace = (request: Asked): string | undefined => request.headers["traceparent"] as string | undefined

/** Turns what a request came to into its response: the outcome, or the problem. */
export type Responder = <R>(
  request: Asked,
  answer: Effect.Effect<Response, Refused | Unavailable | Problems.Problem, R>,
) => Effect.Effect<Response, never, R>

export const to =
  (probe: Probe["Service"]): Responder =>
  (request, answer) =>
    Effect.catch(answer, (failure) => {
      if (failure._tag === "Unavailable") probe.emit({ _tag: "RequestUnavailable", reason: failure.reason })
      return Effect.succeed(Problems.response(Problems.from(failure), requestId(request)))
    })

export const ok = (view: unknown): Response => HttpServerResponse.jsonUnsafe(view)

/** A representation with a version, which a caller may name in a later request. */
export const versioned = (view: unknown, version: number, headers: Readonly<Record<string, string>> = {}): Response =>
  HttpServerResponse.jsonUnsafe(view, { headers: { ...headers, etag: Conditional.tagOf(version) } })

/** The caller says that it has this version already. */
export const isKnown = ({ headers }: Asked, version: number): boolean => {
  const header = headers["if-none-match"]
  return Conditional.hasIt(typeof header === "string" ? header : undefined, version)
}

/** What a caller has already; `headers` say for how long it may be kept. */
export const unchanged = (version: number, headers: Readonly<Record<string, string>>): Response =>
  HttpServerResponse.empty({ status: 304, headers: { ...headers, etag: Conditional.tagOf(version) } })

/** As `Age` has it: whole seconds. */
export const ageOf = (ageMs: number): string => String(Math.floor(ageMs / 1_000))

/** What is shown of one value within a second of its age (s) is one answer: made once, for all who ask. */
export const bySecond = <Of extends object>(make: (of: Of, age: string) => Response) => {
  const last = derived((_: Of): { age: string; response: Response | null } => ({ age: "", response: null }))
  return (of: Of, ageMs: number): Response => {
    const kept = last(of)
    const age = ageOf(ageMs)
    if (kept.response === null || kept.age !== age) {
      kept.response = make(of, age)
      kept.age = age
    }
    return kept.response
  }
}

/** It will be written. */
export const counted: Response = HttpServerResponse.empty({ status: 202 })

const replayedHeader = { "idempotent-replayed": "true" }

/** `status` as documented for the route. */
export const accepted = (
  status: 200 | 201 | 202,
  view: unknown,
  { replayed }: Pick<Replayable<unknown>, "replayed">,
): Response => HttpServerResponse.jsonUnsafe(view, replayed ? { status, headers: replayedHeader } : { status })

export const declined = (orderId: string, { replayed }: Replayable<unknown>): Problems.Problem =>
  Problems.of(
    "payment-declined",
    "The payment provider declined; the order has ended and its units are free again.",
    { orderId },
    replayed ? replayedHeader : {},
  )

export const page = <Row, Position>(
  list: Cursors.List,
  { rows, next }: Page<Row, Position>,
  view: (row: Row) => unknown,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  HttpServerResponse.jsonUnsafe(
    {
      data: rows.map(view),
      hasMore: next !== null,
      nextCursor: next === null ? null : Cursors.write(list, String(next)),
    },
    { headers },
  )
