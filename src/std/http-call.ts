/**
 * An outgoing HTTP call, by the rules that hold for every peer: what it answers is its own affair, what it may cost us is not.
 *
 * - No redirect is followed: a request goes where it was configured to go, with its body and its password, or nowhere.
 * - It is connected within CONNECT_MS: what is not there costs less than what is slow.
 * - At most BODY_BYTES_MAX of an answer are read (a page of books may be longer), which is asked for as it is and not unpacked.
 * - Under a span it leaves with the span's context as `traceparent` (W3C).
 * - A user and password in the URL leave as `Authorization`; no error, log or timeline ever holds the URL.
 * - What goes wrong is one of a few codes, never the words of a library or of the peer.
 *
 * Interrupting a call hangs up; the caller sets the time limit.
 */

import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http"
import * as Http from "node:http"
import * as Https from "node:https"
import { TLSSocket } from "node:tls"
import { Effect, type Tracer } from "effect"

/** Three round trips round the world, with one packet lost (ms). */
export const CONNECT_MS = 1_000

/** Far above any answer that has a meaning here. */
export const BODY_BYTES_MAX = 64 * 1024

export interface Endpoint {
  /** Without user, password, query, fragment, and without a slash at its end. */
  readonly base: string
  /** The value of the header; null: none is sent. */
  readonly authorization: string | null
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Behind the base, with its first slash. */
  readonly path: string
  /** Sent as JSON, and a string as it is; undefined: no body. */
  readonly body?: unknown
  /** Beside those that every call has, or instead of them. */
  readonly headers?: Readonly<Record<string, string>>
  /** Most of the answer that is read; BODY_BYTES_MAX by default. */
  readonly bytesMax?: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Undefined: it is no JSON in UTF-8. */
  readonly json: unknown
}

/** `unreachable`: no connection, or it broke before the answer was whole. */
export type Trouble = "unreachable" | "too-large"

/** Null: it is no URL of HTTP, or has a query or a fragment, behind which no path can be put. */
export const endpoint = (text: string): Endpoint | null => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") return null
  const { password, username } = url
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    authorization: username === "" && password === "" ? null : basic(username, password),
  }
}

/** Both as they stand in a URL. */
const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString("base64")}`

/** What is no escape stands for itself. */
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

/** Destroys a request whose connection does not come about in time. One that is used again is connected already. */
const limitConnecting = (request: ClientRequest): void => {
  request.once("socket", (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => request.destroy(new Error("not connected")), CONNECT_MS)
    const done = () => clearTimeout(timer)
    socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", done).once("close", done)
  })
}

const textOf = (body: unknown): string | null => {
  if (body === undefined) return null
  return typeof body === "string" ? body : JSON.stringify(body)
}

const open = (
  { authorization, base }: Endpoint,
  { body, headers: others, method, path }: Request,
  span: Tracer.AnySpan | undefined,
): ClientRequest => {
  const text = textOf(body)
  const headers = {
    accept: "application/json",
    "accept-encoding": "identity",
    ...(authorization === null ? {} : { authorization }),
    ...(span === undefined ? {} : { traceparent: `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}` }),
    ...(text === null ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
    ...others,
  }
  const request = (base.startsWith("https:") ? Https.request : Http.request)(base + path, { method, headers })
  limitConnecting(request)
  request.end(text ?? undefined)
  return request
}

const read = (
  response: IncomingMessage,
  bytesMax: number,
  answered: (answer: HttpResponse | Trouble) => void,
): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= bytesMax) return void chunks.push(chunk)
    answered("too-large")
    response.destroy()
  })
  response.on("end", () => {
    const { headers, statusCode: status = 0 } = response
    answered({ status, headers, json: parsed(Buffer.concat(chunks)) })
  })
  response.on("close", () => answered("unreachable"))
  // Said by `close` as well.
  response.on("error", () => undefined)
}

/** Never fails: trouble on the way is a value. The first word counts. */
export const call = (to: Endpoint, request: Request): Effect.Effect<HttpResponse | Trouble> =>
  Effect.withFiber(({ cache: { span } }) =>
    Effect.callback<HttpResponse | Trouble>((resume) => {
      const answered = (answer: HttpResponse | Trouble) => resume(Effect.succeed(answer))
      const sent = open(to, request, span)
      sent.on("response", (response) => read(response, request.bytesMax ?? BODY_BYTES_MAX, answered))
      sent.on("error", () => answered("unreachable"))
      return Effect.sync(() => void sent.destroy())
    }),
  )
