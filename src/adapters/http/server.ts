/**
 * The HTTP server: the API on node:http, from the first connection to the last answer.
 *
 * Law: when its scope closes it stops accepting, answers every request that has begun to arrive and all that come on connections that
 * have not had `connection: close` yet, and closes those that are silent; only then is the rest of the service taken down.
 * Limits: below, each with its reason, and in `connections.ts`. A slow or large request costs its sender, not us.
 * Fails: `CannotListen`, one clear line.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Fiber, Layer, Schedule, Scope } from "effect"
import { DRAIN_MS } from "../../app/health.ts"
import { ImportDesk } from "../../app/imports/import-desk.ts"
import { Pausing } from "../../app/pausing.ts"
import { ProductReads } from "../../app/reads/product-reads.ts"
import { Shop } from "../../app/shop.ts"
import { StockFeed } from "../../app/stock-feed.ts"
import { Reached } from "../../ports/position.ts"
import { Probe } from "../../ports/probe.ts"
import { RateLimitStore } from "../../ports/rate-limit-store.ts"
import type { Address } from "../../std/listen.ts"
import { Slab } from "../../std/slab.ts"
import * as Answers from "./answers.ts"
import { Connections, LINES_MAX, QUIET_MS } from "./connections.ts"
import * as Exchange from "./exchange.ts"
import { type Access, Gate } from "./gate.ts"
import * as HotRoute from "./hot-route.ts"
import * as Claims from "./idempotency.ts"
import * as ImportRoute from "./import-route.ts"
import * as Listening from "./listening.ts"
import type { PathItem } from "./method-table.ts"
import * as OrdersRoutes from "./orders-handlers.ts"
import * as Overload from "./overload.ts"
import * as Pipeline from "./pipeline.ts"
import * as ProductRoute from "./product-route.ts"
import * as ProductsRoutes from "./products-handlers.ts"
import * as RateLimits from "./rate-limits.ts"
import * as RequestLog from "./request-log.ts"
import * as StockStreamRoute from "./stock-stream-route.ts"
import { StockStreams } from "./stock-streams.ts"
import { type Sampling, Tracing } from "./tracing.ts"
import { UNREAD_BYTES } from "./unread.ts"

export const limits = {
  /** Headers must be here within 5 s: ample for 16 KiB. */
  headersTimeout: 5_000,
  /** The whole request within 10 s: 64 KiB at modem speed. */
  requestTimeout: 10_000,
  /** How often those two are checked (milliseconds). */
  connectionsCheckingInterval: 1_000,
  /** An order list's cursor and all usual headers fit many times. */
  maxHeaderSize: 16 * 1_024,
  /** We answer for a missing host ourselves, as a problem. */
  requireHostHeader: false,
  /** So that what was sent twice is recognized (`head.ts`). */
  joinDuplicateHeaders: true,
}

/** How often what the connections hold is measured. */
const MEASURE = Schedule.spaced("1 second")

export interface Options extends Access {
  /** How long a connection may be idle (milliseconds). Longer than what is in front of us keeps it, so that it is they who close. */
  readonly keepAliveMs: number
  readonly connectionsMax: number
  /** A request that takes so long is slow (ms). */
  readonly slowMs: number
  /** Which traces are kept; null: there are none. */
  readonly sampling: Sampling | null
  /** Streams of stock, each of which keeps its connection. */
  readonly streamsMax: number
  /** Bytes of an import. */
  readonly importBytesMax: number
  /** How many threads share the port, and these bounds. */
  readonly threads: number
  readonly limits: RateLimits.Options
  readonly overload: Overload.Options
}

/** For the loopback, behind nothing, and for the 60 s of common load balancers. */
export const DEFAULTS: Options = {
  hosts: [],
  origins: [],
  keepAliveMs: 65_000,
  connectionsMax: 4_096,
  slowMs: 500,
  sampling: null,
  streamsMax: 2_048,
  importBytesMax: 1_024 ** 3,
  threads: 1,
  limits: RateLimits.OFF,
  overload: Overload.DEFAULTS,
}

/** The address it really listens on. */
export class HttpServer extends Context.Service<HttpServer, Address & { readonly url: string }>()(
  "jaego/adapters/http/HttpServer",
) {}

/** Closes once everything begun is answered and every connection has been notified, or was silent. */
const drain = (
  server: Server,
  listening: Listening.Listening,
  connections: Connections,
  streams: StockStreams,
): Effect.Effect<void> => {
  const notified = Effect.sync(() => {
    streams.close()
    connections.drain()
  })
  const closed = Effect.all([listening.close, notified], { concurrency: "unbounded", discard: true })
  const quiet = Effect.andThen(
    Effect.sleep(QUIET_MS),
    Effect.sync(() => connections.endQuiet()),
  )
  return Effect.raceFirst(closed, Effect.andThen(quiet, Effect.never)).pipe(
    Effect.timeoutOption(DRAIN_MS),
    Effect.andThen(
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
    ),
  )
}

/** Runs answers; those still under way when the scope closes are interrupted. As a FiberSet, but in slots (see there). */
const running = Effect.fnUntraced(function* (scope: Scope.Scope) {
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const fibers = new Slab<Fiber.Fiber<unknown>>()
  yield* Scope.addFinalizer(
    scope,
    Effect.suspend(() => Fiber.interruptAll(fibers.list())),
  )
  return <A>(answer: Effect.Effect<A>): Fiber.Fiber<A> => {
    const fiber = fork(answer)
    const ticket = fibers.put(fiber)
    fiber.addObserver(() => fibers.take(ticket))
    return fiber
  }
})

/** The routes as a listener of node:http. Requests run in `scope`; `last`: nothing is answered behind a stream. */
const listener = Effect.fnUntraced(function* (
  limits: RateLimits.RateLimits,
  streams: StockStreams,
  of: {
    readonly last: (response: ServerResponse) => void
    readonly long: (response: ServerResponse) => void
    readonly importBytesMax: number
    readonly arrivingMax: number
  },
  scope: Scope.Scope,
) {
  const { arrivingMax, importBytesMax, last, long } = of
  const probe = yield* Probe
  const shop = yield* Shop
  const run = yield* running(scope)
  const inFlight = Claims.inFlight(probe)
  const answer = Answers.to(probe)
  const place = OrdersRoutes.placing(shop, answer, inFlight, limits)
  const read = ProductsRoutes.reading(shop, answer)
  const { near } = (yield* ProductReads) ?? { near: () => null }
  const routes = yield* Pipeline.make({ inFlight, limits, scope, arrivingMax })
  const desk = yield* ImportDesk
  const pipeline = ImportRoute.listener({ desk, bytesMax: importBytesMax, probe, limits, run, long, pipeline: routes })
  const streaming = StockStreamRoute.listener({ streams, shop, probe, limits, run, last, pipeline })
  return HotRoute.listener({
    place: (placing) => Effect.catchCause(place(placing), (cause) => Pipeline.rescued(placing.request, cause)),
    run,
    limits,
    positions: yield* Reached,
    pipeline: ProductRoute.listener({
      near: ({ params, request }) => {
        const found = near(params.id)
        return found === null ? null : ProductsRoutes.shown(request, found)
      },
      read: (reading) => Effect.catchCause(read(reading), (cause) => Pipeline.rescued(reading.request, cause)),
      run,
      limits,
      pipeline: streaming,
    }),
  })
})

/** An order whose caller is gone need not be placed. A request that is refused for its key has been answered by then. */
const hangingUp = Effect.gen(function* () {
  const shop = yield* Shop
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  return ({ headers, method }: IncomingMessage, { template }: PathItem): void => {
    const key = headers["idempotency-key"]
    if (template === "/v1/orders" && method === "POST" && typeof key === "string") fork(shop.abandonOrder(key))
  }
})

const serverOf = (connections: Connections, { keepAliveMs }: Options): Server => {
  const server = createServer({ ...limits, keepAliveTimeout: keepAliveMs, ServerResponse: connections.response })
  server.on("connection", connections.add)
  server.on("request", connections.receive)
  server.on("checkContinue", connections.receive)
  server.on("checkExpectation", connections.receive)
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const close = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? connections.late : connections.fail
    close(socket as Socket, Exchange.problemOf(error))
  })
  return server
}

/** Announces what the connections hold, when that has changed. */
const measuring = (
  probe: Probe["Service"],
  connections: Connections,
  streams: StockStreams,
  thread: number,
): Effect.Effect<void> => {
  const measure = () => ({
    open: connections.open,
    waiting: connections.waiting,
    streams: streams.size,
    unreadBytes: connections.unread.bytes,
  })
  let last = JSON.stringify(measure())
  return Effect.sync(() => {
    const held = measure()
    const text = JSON.stringify(held)
    if (text === last) return
    last = text
    probe.emit({ _tag: "ConnectionsMeasured", thread, ...held })
  })
}

const make = Effect.fnUntraced(function* (address: Address, options: Options, thread: number | null) {
  const probe = yield* Probe
  const shareOf = (all: number): number => Math.ceil(all / options.threads)
  // Requests run in a scope of their own, which is closed after the drain.
  const requests = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(requests, exit))
  const gate = new Gate({ hosts: [address.host, ...options.hosts], origins: options.origins })
  const limits = new RateLimits.RateLimits(options.limits, probe, yield* RateLimitStore)
  const streams: StockStreams = new StockStreams({
    feed: yield* StockFeed,
    streamsMax: shareOf(options.streamsMax),
    cut: (response) => connections.cut(response, "unread-time"),
  })
  const { watch } = yield* Pausing
  yield* Effect.acquireRelease(
    Effect.sync(() => watch(streams.paused)),
    (unwatch) => Effect.sync(unwatch),
  )
  const routes = yield* listener(
    limits,
    streams,
    {
      last: (response) => connections.last(response),
      long: (response) => connections.long(response),
      importBytesMax: options.importBytesMax,
      arrivingMax: shareOf(Pipeline.ARRIVING_MAX),
    },
    requests,
  )
  const connections: Connections = new Connections({
    connectionsMax: shareOf(options.connectionsMax),
    linesMax: shareOf(LINES_MAX),
    unreadMax: shareOf(UNREAD_BYTES),
    begin: Exchange.answering({
      probe,
      log: RequestLog.make(options.slowMs, yield* RequestLog.toLog),
      tracing: new Tracing(options.sampling, options.slowMs, probe),
      gate,
      limits,
      overload: yield* Overload.make(options.overload, thread ?? 0),
      listener: routes,
      hungUp: yield* hangingUp,
    }),
    farewell: Exchange.farewell(probe),
    send: Exchange.send,
    cut: (why) => probe.emit({ _tag: "ConnectionCut", why }),
  })
  const server = serverOf(connections, options)
  yield* Effect.forkScoped(Effect.repeat(measuring(probe, connections, streams, thread ?? 0), MEASURE))
  const opened = Listening.open(server, address, { isShared: thread !== null })
  const { bound } = yield* Effect.acquireRelease(opened, (listening) => drain(server, listening, connections, streams))
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address
  return { host: bound.address, port: bound.port, url: `http://${host}:${bound.port}` }
})

/**
 * Needs the shop, the readiness, the probe and the metrics page. `thread`: of the threads that listen there and among which the
 * system shares the connections out, which one this is; null: the only one.
 */
export const layer = (address: Address, options: Options = DEFAULTS, thread: number | null = null) =>
  Layer.effect(HttpServer, make(address, options, thread)).pipe(Layer.provide(NodeHttpServer.layerHttpServices))
