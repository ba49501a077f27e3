/**
 * The HTTP server: the API on node:http, from the first connection to the last answer.
 *
 * Law: when its scope closes it stops accepting, answers everything it has begun to hear, and closes idle connections;
 * only then is the rest of the service taken down.
 * Limits: below, each with its reason. A slow or large request costs its sender, not us.
 * Fails: `CannotListen`, one clear line.
 */

import { createServer, type Server, type ServerResponse } from "node:http"
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net"
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Cause, Context, Effect, Fiber, Layer, Schema, Scope } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { Shop } from "../../app/shop.ts"
import { Probe } from "../../ports/probe.ts"
import { Slab } from "../../std/slab.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as CarrierRoutes from "./carrier-handlers.ts"
import * as Exchange from "./exchange.ts"
import * as PagesRoutes from "./health-handlers.ts"
import * as HotRoute from "./hot-route.ts"
import * as Claims from "./idempotency.ts"
import * as OrdersRoutes from "./orders-handlers.ts"
import * as Problems from "./problems.ts"
import * as ProductsRoutes from "./products-handlers.ts"

const limits = {
  /** Headers must be here within 5 s: nobody needs longer for 16 KiB. */
  headersTimeout: 5_000,
  /** The whole request within 10 s: 64 KiB at modem speed. */
  requestTimeout: 10_000,
  /** How often those two are checked, milliseconds. */
  connectionsCheckingInterval: 1_000,
  /** Longer than the 60 s of common load balancers, so that it is they who close. */
  keepAliveTimeout: 65_000,
  /** An order list's cursor and all usual headers fit many times. */
  maxHeaderSize: 16 * 1_024,
  /** We answer for a missing host ourselves, as a problem. */
  requireHostHeader: false,
}

/** 100 lines of an order are below 10 KiB. */
const MAX_BODY = ByteSize.fromInputUnsafe("64 KiB")

/** How long an answer may still take once we are closing: the payment deadline, many times. */
const DRAIN = "10 seconds"

export interface Address {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** The address it really listens on. */
export class HttpServer extends Context.Service<HttpServer, Address & { readonly url: string }>()(
  "jaego/adapters/http/HttpServer",
) {}

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { message: Schema.String }) {}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else listens there already (choose another PORT)",
  EACCES: "this user may not (choose a PORT above 1023)",
  EADDRNOTAVAIL: "this machine does not have that address (check HOST)",
  ENOTFOUND: "that name is not known (check HOST)",
}

const cannotListen = ({ host, port }: Address, error: NodeJS.ErrnoException): CannotListen =>
  new CannotListen({ message: `Cannot listen on ${host}:${port}: ${reasons[error.code ?? ""] ?? error.message}` })

type Response = HttpServerResponse.HttpServerResponse
type App<E, R> = Effect.Effect<Response, E, R>

/** Whatever the routes could not answer themselves becomes a problem; a defect is also logged. */
const rescued = Effect.fnUntraced(function* (request: Answers.Asked, cause: Cause.Cause<unknown>) {
  if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
  const requestId = Answers.requestId(request)
  const problem = Problems.fromCause(cause)
  if (problem === Problems.internal) yield* Effect.logError(`Request ${requestId} met a defect`, cause)
  return Problems.response(problem, requestId)
})

const answered = <E, R>(app: App<E, R>): App<E, R | HttpServerRequest.HttpServerRequest> =>
  Effect.catchCause(
    // The HTTP layer answers this one itself, as plain text.
    Effect.flatMap(app, (response) =>
      response.status === 415 ? Effect.fail(Problems.unsupportedMediaType) : Effect.succeed(response),
    ),
    (cause) => Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => rescued(request, cause)),
  )

const routes = (inFlight: Claims.InFlight) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide([
        ProductsRoutes.layer(inFlight),
        OrdersRoutes.layer(inFlight),
        CarrierRoutes.layer,
        PagesRoutes.layer,
      ]),
    ),
    HttpApiScalar.layer(api, { path: "/docs" }),
  )

/** What is open: answers not yet given, and connections. */
interface Open {
  readonly responses: Slab<ServerResponse>
  readonly sockets: Set<Socket>
}

/** Closes when everything begun is answered; connections that become idle meanwhile are closed at once. */
const drain = (server: Server, open: Open): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeIdleConnections()
    for (const response of open.responses.list()) response.shouldKeepAlive = false
    // A connection on which nothing was ever said (browsers open them ahead) does not count as idle, but is.
    for (const socket of open.sockets) if (socket.bytesRead === 0) socket.destroy()
  }).pipe(Effect.timeoutOption(DRAIN), Effect.andThen(Effect.sync(() => server.closeAllConnections())))

/** `shared`: others of this process listen there too, and the system shares connections out. */
type Sharing = "alone" | "shared"

const listen = (
  server: NetServer,
  { host, port }: Address,
  sharing: Sharing,
): Effect.Effect<AddressInfo, CannotListen> =>
  Effect.callback((resume) => {
    const failed = (error: Error) => resume(Effect.fail(cannotListen({ host, port }, error)))
    server.once("error", failed)
    server.listen({ host, port, reusePort: sharing === "shared" }, () => {
      server.off("error", failed)
      resume(Effect.succeed(server.address() as AddressInfo))
    })
  })

/** Nobody listens there: asked before a port is shared, because it would be shared with another process as well. */
export const vacant = (address: Address): Effect.Effect<void, CannotListen> =>
  Effect.suspend(() => {
    const server = createNetServer((socket) => socket.destroy())
    const closed = Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    return Effect.andThen(listen(server, address, "alone"), closed)
  })

/** Runs answers; those still under way when the scope closes are interrupted. As a FiberSet, but in slots (see there). */
const running = Effect.fnUntraced(function* (scope: Scope.Scope) {
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const fibers = new Slab<Fiber.Fiber<Response>>()
  yield* Scope.addFinalizer(
    scope,
    Effect.suspend(() => Fiber.interruptAll(fibers.list())),
  )
  return (answer: Effect.Effect<Response>): Fiber.Fiber<Response> => {
    const fiber = fork(answer)
    const ticket = fibers.put(fiber)
    fiber.addObserver(() => fibers.take(ticket))
    return fiber
  }
})

const make = Effect.fnUntraced(function* (address: Address, sharing: Sharing) {
  const probe = yield* Probe
  // Requests run in a scope of their own, which is closed after the drain.
  const requests = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(requests, exit))
  const inFlight = Claims.inFlight(probe)
  const app = answered(yield* HttpRouter.toHttpEffect(routes(inFlight)))
  const pipeline = yield* NodeHttpServer.makeHandler(app, { scope: requests }).pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, MAX_BODY),
  )
  const place = OrdersRoutes.placing(yield* Shop, Answers.to(probe), inFlight)
  const run = yield* running(requests)
  const handler = HotRoute.listener({
    place: (placing) => Effect.catchCause(place(placing), (cause) => rescued(placing.request, cause)),
    run,
    pipeline: (request, response) => {
      response.setHeader("x-request-id", Answers.requestId(request))
      pipeline(request, response)
    },
  })
  const server = createServer(limits)
  const open: Open = { responses: new Slab(), sockets: new Set() }
  const answering = Exchange.answering(probe, open.responses, handler)
  server.on("connection", (socket) => {
    open.sockets.add(socket)
    socket.once("close", () => open.sockets.delete(socket))
  })
  server.on("request", (request, response) => {
    if (!server.listening) response.shouldKeepAlive = false
    answering(request, response)
  })
  server.on("checkExpectation", Exchange.unexpected(probe, open.responses))
  server.on("clientError", (error, socket) => {
    const begun = open.responses.list().some((response) => response.socket === socket && response.headersSent)
    if (begun) socket.destroy()
    else Exchange.broken(probe, error, socket)
  })
  const bound = yield* Effect.acquireRelease(listen(server, address, sharing), () => drain(server, open))
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address
  return { host: bound.address, port: bound.port, url: `http://${host}:${bound.port}` }
})

/** Needs the shop, the readiness, the probe and the metrics page. */
export const layer = (address: Address, sharing: Sharing = "alone") =>
  Layer.effect(HttpServer, make(address, sharing)).pipe(Layer.provide(NodeHttpServer.layerHttpServices))
