/**
 * One request and its answer, as node:http sees them: the part that must hold for every answer, also for those that
 * never reach a route.
 *
 * Law: every answer has `x-request-id`, every error is a problem, and every answer is announced on the probe with the
 * template of its route.
 */
import { randomUUID } from "node:crypto"
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import type { Class, Probe } from "../../ports/probe.ts"
import * as Answers from "./answers.ts"
import type { Begin } from "./connections.ts"
import * as Gate from "./gate.ts"
import * as Head from "./head.ts"
import * as Routes from "./method-table.ts"
import type { Overload } from "./overload.ts"
import * as Positions from "./positions.ts"
import * as Problems from "./problems.ts"
import type { RateLimits } from "./rate-limits.ts"
import type { RequestLog } from "./request-log.ts"
import type { Tracing } from "./tracing.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Safe to log and to echo. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/

const idOf = (request: IncomingMessage): string => {
  const given = request.headers["x-request-id"]
  return typeof given === "string" && SANE_ID.test(given) ? given : randomUUID()
}

const secondsSince = (started: number): number => (performance.now() - started) / 1_000

interface Target {
  /** Path and query. */
  readonly path: string
  readonly host: string | undefined
}

/** A target may be absolute, and then its host counts (RFC 9112, 3.2.2). */
const targetOf = ({ headers, url = "/" }: IncomingMessage): Target => {
  if (url.startsWith("/") || !URL.canParse(url)) return { path: url, host: headers.host }
  const { host, pathname, search } = new URL(url)
  return { path: pathname + search, host }
}

/** Beside `x-request-id`, with every answer: it is what its type says, and no cache keeps it. */
export const SAFETY = [
  ["x-content-type-options", "nosniff"],
  ["cache-control", "no-store"],
] as const

const headOf = (problem: Problems.Problem, requestId: string, body: string) => ({
  "x-request-id": requestId,
  "content-type": Problems.CONTENT_TYPE,
  "content-length": String(Buffer.byteLength(body)),
  ...Object.fromEntries(SAFETY),
  ...problem.headers,
})

/** Answers a problem, whatever else was to be answered. */
export const send = (response: ServerResponse, problem: Problems.Problem): void => {
  const requestId = idOf(response.req)
  const body = Problems.body(problem, requestId)
  response.writeHead(Problems.status(problem), headOf(problem, requestId, body))
  response.end(body)
}

const [SHED_BEFORE, SHED_AFTER] = Problems.body(Problems.shed, "\n").split(String.raw`\n`) as [string, string]
const SHED_HEAD = [
  ...["content-type", Problems.CONTENT_TYPE],
  ...SAFETY.flat(),
  ...Object.entries(Problems.shed.headers).flat(),
]

/** As `send` would answer it; of what is the same each time nothing is made anew. */
const shed = (request: IncomingMessage, response: ServerResponse): void => {
  const id = Answers.requestId(request)
  const length = SHED_BEFORE.length + id.length + SHED_AFTER.length
  response.writeHead(503, ["x-request-id", id, "content-length", String(length), ...SHED_HEAD])
  response.end(SHED_BEFORE + id + SHED_AFTER)
}

/** Null: it is never refused for overload. */
const classOf = ({ method }: IncomingMessage, route: Routes.PathItem | null): Class | null =>
  route === null || route.classes === null || method === "OPTIONS"
    ? null
    : route.classes[method === "GET" || method === "HEAD" ? "get" : "post"]

/** What can be refused before any route is asked. */
const refusal = (
  gate: Gate.Gate,
  request: IncomingMessage,
  { host, path }: Target,
  route: Routes.PathItem | null,
): Problems.Problem | null => {
  const { headers, httpVersion, method = "" } = request
  if (httpVersion === "1.1" && headers.host === undefined) return Problems.malformed
  const problem =
    Head.ambiguity(headers) ??
    Head.timeoutRefusal(headers) ??
    Positions.refusal(headers) ??
    gate.refusal(request, host, route?.isForEveryone === true)
  if (problem !== null) return problem
  if (route?.isLocal === true && !Gate.isLocal(request)) return Problems.loopbackOnly
  if (route === null) return Problems.routeNotFound
  if (!route.methods.has(method) && !Gate.isPreflight(request)) return Problems.methodNotAllowed(route.allow)
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect)) return Problems.expectationFailed
  const body = route.takesRows ? Head.codingRefusal(headers) : Head.bodyRefusal(headers)
  return (route.queryless.has(method) ? queryRefusal(path) : null) ?? body
}

const queryRefusal = (path: string): Problems.Problem | null => {
  const query = path.indexOf("?")
  return query === -1 ? null : Problems.unknownQuery([...new URLSearchParams(path.slice(query)).keys()])
}

export interface Options {
  readonly probe: Probe["Service"]
  readonly gate: Gate.Gate
  readonly limits: RateLimits
  readonly log: RequestLog
  readonly tracing: Tracing
  /** Null: nothing is refused for overload. */
  readonly overload: Overload | null
  /** Answers the routes. */
  readonly listener: Listener
  /** The peer is gone, and has had nothing of its answer. */
  readonly hungUp: (request: IncomingMessage, route: Routes.PathItem) => void
}

/** Answers a request: with `refused`, with what can be refused at once, or by asking the routes. */
export const answering =
  ({ gate, hungUp, limits, listener, log, overload, probe, tracing }: Options, proceed = proceeding(listener)): Begin =>
  (request, response, refused, ended) => {
    const started = performance.now()
    const target = targetOf(request)
    const route = Routes.find(target.path)
    const of = overload === null || refused !== null ? null : classOf(request, route)
    const isShed = of !== null && overload!.refuses(of)
    const trace = isShed ? null : tracing.begin(request)
    let isBegun = false
    let isInFlight = false
    // Once, without the cost of `once`; it comes right after the answer has been handed to the system, or cut off.
    response.on("close", () => {
      ended()
      if (isInFlight) overload!.ended(of!)
      if (!response.writableFinished) {
        if (isBegun && !response.headersSent) hungUp(request, route!)
        return
      }
      const answered = {
        _tag: "RequestAnswered",
        method: methodOf(request, route),
        route: route?.template ?? "unmatched",
        status: response.statusCode,
        seconds: secondsSince(started),
      } as const
      const traceId = isShed ? null : tracing.ended(trace, answered, request)
      probe.emit(traceId === null ? answered : { ...answered, traceId })
      // Those that are shed are counted, and are more than any log can take.
      if (!isShed) log(answered, request, traceId)
    })
    // The routes find it in the request, and put it into whatever they answer.
    request.headers["x-request-id"] = idOf(request)
    gate.expose(request, response)
    if (isShed) return shed(request, response)
    const isLimited = route?.isLimited === true
    const problem = refused ?? limits.ofClient(request, isLimited) ?? refusal(gate, request, target, route)
    isBegun = problem === null
    if (isBegun && of !== null) {
      overload!.begun(of)
      isInFlight = true
    }
    if (problem === null && limits.isShared)
      return limits.ofClientShared(request, isLimited, (problem) => {
        // The peer may have been cut off meanwhile, or answered.
        if (!response.headersSent && !response.destroyed) proceed(request, response, route, problem)
      })
    proceed(request, response, route, problem)
  }

/** Answers a problem, or what may be asked before the routes, or asks them. */
const proceeding =
  (listener: Listener) =>
  (
    request: IncomingMessage,
    response: ServerResponse,
    route: Routes.PathItem | null,
    problem: Problems.Problem | null,
  ): void => {
    if (problem !== null) return send(response, problem)
    if (Gate.isPreflight(request)) return Gate.answerPreflight(response, route!.allow)
    // Not before it is certain that the body will be read.
    if (request.headers.expect !== undefined && request.httpVersion === "1.1") response.writeContinue()
    listener(request, response)
  }

/** A label of few values, as the semantic conventions have it: a peer may send any word. */
const methodOf = ({ method = "" }: IncomingMessage, route: Routes.PathItem | null): string =>
  route?.methods.has(method) ? method : "_OTHER"

export const problemOf = (error: NodeJS.ErrnoException & { readonly reason?: string }): Problems.Problem => {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return Problems.headersTooLarge
    case "HPE_INVALID_TRANSFER_ENCODING":
      // The same code stands for a length that is said in two ways.
      return error.reason?.startsWith("Request has invalid") ? Problems.unsupportedTransferCoding : Problems.malformed
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return Problems.requestTimeout
    default:
      return Problems.malformed
  }
}

/** Answers what is no request: node has no response for it. */
export const farewell =
  (probe: Probe["Service"]) =>
  (socket: Socket, problem: Problems.Problem): void => {
    const status = Problems.status(problem)
    const requestId = randomUUID()
    const body = Problems.body(problem, requestId)
    const head = Object.entries({ ...headOf(problem, requestId, body), connection: "close" })
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
    )
    probe.emit({ _tag: "RequestAnswered", method: "_OTHER", route: "unmatched", status, seconds: 0 })
  }
