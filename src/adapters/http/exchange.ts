/**
 * One request and its answer, as node:http sees them: the part that must hold for every answer, also for those that
 * never reach a route.
 *
 * Law: every answer has `x-request-id`, every error is a problem, and every answer is announced on the probe with the
 * template of its route.
 */
import { randomUUID } from "node:crypto"
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import type { Probe } from "../../ports/probe.ts"
import type { Slab } from "../../std/slab.ts"
import * as Routes from "./method-table.ts"
import * as Problems from "./problems.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Safe to log and to echo. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/

const idOf = (request: IncomingMessage): string => {
  const given = request.headers["x-request-id"]
  return typeof given === "string" && SANE_ID.test(given) ? given : randomUUID()
}

const secondsSince = (started: number): number => (performance.now() - started) / 1_000

/** A target may be absolute (RFC 9112, 3.2.2). */
const targetOf = (request: IncomingMessage): string => {
  const url = request.url ?? "/"
  if (url.startsWith("/") || !URL.canParse(url)) return url
  const { pathname, search } = new URL(url)
  return pathname + search
}

const send = (response: ServerResponse, problem: Problems.Problem, requestId: string): void => {
  const body = Problems.body(problem, requestId)
  const headers = {
    "x-request-id": requestId,
    "content-type": Problems.CONTENT_TYPE,
    "content-length": Buffer.byteLength(body),
  }
  response.writeHead(Problems.status(problem), { ...headers, ...problem.headers })
  response.end(body)
}

/** What can be refused before any route is asked. */
const refusal = (request: IncomingMessage, target: string, route: Routes.Route | null): Problems.Problem | null => {
  if (request.httpVersion === "1.1" && request.headers.host === undefined) return Problems.malformed
  if (route === null) return Problems.routeNotFound
  const method = request.method ?? ""
  if (!route.methods.has(method)) return Problems.methodNotAllowed(route.allow)
  if (!route.queryless.has(method)) return null
  const query = target.indexOf("?")
  return query === -1 ? null : Problems.unknownQuery([...new URLSearchParams(target.slice(query)).keys()])
}

/** Wraps `listener`, which answers the routes, with what holds for all answers. `open`: the answers not yet given. */
export const answering =
  (probe: Probe["Service"], open: Slab<ServerResponse>, listener: Listener): Listener =>
  (request, response) => {
    const started = performance.now()
    const requestId = idOf(request)
    // The routes find it in the request, and put it into whatever they answer.
    request.headers["x-request-id"] = requestId
    const target = targetOf(request)
    const route = Routes.find(target)
    const ticket = open.put(response)
    // Once, without the cost of `once`; it comes right after the answer has been handed to the system, or cut off.
    response.on("close", () => {
      open.take(ticket)
      if (response.writableFinished)
        probe.emit({
          _tag: "RequestAnswered",
          method: request.method ?? "",
          route: route?.template ?? "unmatched",
          status: response.statusCode,
          seconds: secondsSince(started),
        })
    })
    const problem = refusal(request, target, route)
    if (problem === null) listener(request, response)
    else send(response, problem, requestId)
  }

/** An `Expect` we do not know. */
export const unexpected = (probe: Probe["Service"], open: Slab<ServerResponse>): Listener =>
  answering(probe, open, (request, response) => send(response, Problems.expectationFailed, idOf(request)))

/** How long the peer has to read the last answer before the connection is cut, milliseconds. */
const LAST_WORD_MS = 500

const problemOf = (error: NodeJS.ErrnoException): Problems.Problem => {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return Problems.headersTooLarge
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return Problems.requestTimeout
    default:
      return Problems.malformed
  }
}

/** What came was not HTTP, or not in time: nobody but us can answer. */
export const broken = (probe: Probe["Service"], error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = problemOf(error)
  const status = Problems.status(problem)
  const requestId = randomUUID()
  const body = Problems.body(problem, requestId)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${Problems.CONTENT_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  )
  const cut = setTimeout(() => socket.destroy(), LAST_WORD_MS)
  socket.once("close", () => clearTimeout(cut))
  probe.emit({ _tag: "RequestAnswered", method: "unknown", route: "unmatched", status, seconds: 0 })
}
