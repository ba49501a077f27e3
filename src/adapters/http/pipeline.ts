/**
 * The pipeline: the API's routes as a listener of node:http, for every request but the plain order
 * (`hot-route.ts`) and the plain reading of a product (`product-route.ts`).
 *
 * Law: whatever the routes cannot answer themselves becomes a problem; a defect is also logged. A body that is not UTF-8 is
 * refused before its bytes are replaced by others.
 * Limits: `MAX_BODY` for one body, `ARRIVING_MAX` for all that arrive.
 */
import { isUtf8 } from "node:buffer"
import type { IncomingMessage, ServerResponse } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Cause, Effect, Layer, type Scope } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AtLeast, Reached, type Slots } from "../../ports/position.ts"
import * as Traceparent from "../../std/traceparent.ts"
import * as AdminRoutes from "./admin-handlers.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as CarrierRoutes from "./carrier-handlers.ts"
import * as Exchange from "./exchange.ts"
import * as ExportsRoutes from "./exports-handlers.ts"
import { bodyBytes, MAX_BODY } from "./head.ts"
import * as HealthRoutes from "./health-handlers.ts"
import type * as Claims from "./idempotency.ts"
import * as ImportsRoutes from "./imports-handlers.ts"
import * as OrdersRoutes from "./orders-handlers.ts"
import * as Pages from "./pages.ts"
import * as PaymentRoutes from "./payment-handlers.ts"
import * as Positions from "./positions.ts"
import * as Problems from "./problems.ts"
import * as ProductsRoutes from "./products-handlers.ts"
import type { RateLimits } from "./rate-limits.ts"

type Response = HttpServerResponse.HttpServerResponse
type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Bytes of all bodies that are arriving: five hundred of the largest, or a hundred thousand orders. */
export const ARRIVING_MAX = 512 * MAX_BODY

/** The problem that a failure is; a defect is also logged. */
export const rescued = Effect.fnUntraced(function* (request: Answers.Asked, cause: Cause.Cause<unknown>) {
  if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
  const requestId = Answers.requestId(request)
  const problem = Problems.fromCause(cause)
  if (problem === Problems.internal) {
    const trace = Answers.trace(request)
    const found = trace === undefined ? { requestId } : { requestId, traceId: Traceparent.traceId(trace) }
    yield* Effect.annotateLogs(Effect.logError("a request met a defect", cause), found)
  }
  return Problems.response(problem, requestId)
})

const routes = (inFlight: Claims.InFlight, limits: RateLimits) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(api).pipe(
      Layer.provide([
        ProductsRoutes.layer(inFlight),
        OrdersRoutes.layer(inFlight, limits),
        ExportsRoutes.layer,
        ImportsRoutes.layer,
        CarrierRoutes.layer,
        PaymentRoutes.layer,
        AdminRoutes.layer,
        HealthRoutes.layer,
      ]),
    ),
    Pages.layer,
  )

/** Reads the body, which the routes then find read. */
const readsUtf8 = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  if (request.method === "GET" || bodyBytes(request.headers) === 0) return
  const body = yield* request.arrayBuffer
  if (!isUtf8(body)) yield* Effect.fail(Problems.notUtf8)
})

/** A read brings what it must see, a write is answered with where it can be seen: where there are replicas. */
const positioned = <E, R>(app: Effect.Effect<Response, E, R>, slots: Slots | null) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers, method }) => {
    if (method === "GET" || method === "HEAD") {
      const position = Positions.atLeast(headers[Positions.NAME])
      return position === null ? app : Effect.provideService(app, AtLeast, position)
    }
    // As it stands when the write is answered.
    return slots === null
      ? app
      : Effect.map(app, (response) => HttpServerResponse.setHeader(response, Positions.NAME, Positions.of(slots)!))
  })

const answered = <E, R>(app: Effect.Effect<Response, E, R>, limits: RateLimits, slots: Slots | null) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const rescuing = Effect.catchCause(Effect.andThen(readsUtf8(request), app), (cause) => rescued(request, cause))
    return Effect.map(positioned(rescuing, slots), (response) => {
      const left = limits.headersOf(request)
      return left === null
        ? response
        : HttpServerResponse.setHeaders(response, [left.slice(0, 2), left.slice(2)] as never)
    })
  })

/** Refuses bodies while too many arrive. */
const admitting = (arrivingMax: number, listener: Listener): Listener => {
  let arriving = 0
  return (request, response) => {
    const bytes = bodyBytes(request.headers)
    if (arriving + bytes > arrivingMax) return Exchange.send(response, Problems.tooManyBodies)
    arriving += bytes
    response.on("close", () => {
      arriving -= bytes
    })
    listener(request, response)
  }
}

export interface Options {
  readonly inFlight: Claims.InFlight
  readonly limits: RateLimits
  /** In which requests run. */
  readonly scope: Scope.Scope
  /** Bytes of bodies that may arrive at once. */
  readonly arrivingMax: number
}

export const make = Effect.fnUntraced(function* ({ arrivingMax, inFlight, limits, scope }: Options) {
  const app = answered(yield* HttpRouter.toHttpEffect(routes(inFlight, limits)), limits, yield* Reached)
  const handler = yield* NodeHttpServer.makeHandler(app, { scope }).pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(MAX_BODY)),
  )
  return admitting(arrivingMax, (request, response) => {
    response.setHeader("x-request-id", Answers.requestId(request))
    for (const [name, value] of Exchange.SAFETY) response.setHeader(name, value)
    handler(request, response)
  })
})
