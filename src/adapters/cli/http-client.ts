/**
 * The shop as seen from outside: JSON over plain keep-alive HTTP, with the patience a good client has.
 *
 * Patience: a lost connection, 503 and 409 `idempotency-in-progress` mean "not now", and the very same request, with the
 * same key, is sent again, waiting longer each time. That is safe, because one key is one effect (I5).
 *
 * Fails: `Unreachable`, when no answer came for as long as our patience lasts.
 */

import { createReadStream } from "node:fs"
import * as Http from "node:http"
import * as Https from "node:https"
import { pipeline } from "node:stream"
import { Effect, Schema } from "effect"

export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { message: Schema.String }) {}

export interface Request {
  readonly method: "GET" | "POST"
  /** From the root: `/v1/orders`. */
  readonly path: string
  readonly key?: string
  readonly body?: unknown
  /** In place of a body: sent as it is, from its beginning each time. */
  readonly file?: { readonly path: string; readonly type: string }
}

export interface HttpAnswer {
  readonly status: number
  /** Parsed JSON; null when there was none. */
  readonly body: unknown
  /** Seconds the service asked us to wait, 0 when it did not. */
  readonly retryAfter: number
}

/** `code` of a problem+json answer, `null` of anything else. */
export const problemCode = (answer: HttpAnswer): string | null => {
  const body = answer.body
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string" ? body.code : null
}

/** One line that says what the service had against it. */
export const describe = (answer: HttpAnswer): string => {
  const body = (answer.body ?? {}) as { readonly detail?: unknown; readonly title?: unknown }
  const words = [answer.status, problemCode(answer), body.detail ?? body.title].filter((word) => word != null)
  return words.join(" ")
}

export interface Client {
  /** Sends once. */
  readonly send: (request: Request) => Effect.Effect<HttpAnswer, Unreachable>
  /** Sends until there is an answer that is not "not now", or patience ends; then the last answer stands. */
  readonly insist: (request: Request) => Effect.Effect<HttpAnswer, Unreachable>
}

export interface Limits {
  /** Connections kept open, and so requests in flight. */
  readonly connections: number
  /** How long one request may be put off, and how long the service may be silent (milliseconds). */
  readonly patienceMs: number
}

/** Long enough for a service to be restarted, or for a standby to take over. */
export const PATIENCE_MS = 30_000

/** A request without any answer is given up after this (milliseconds); the service itself never works that long on one. */
const REQUEST_TIMEOUT_MS = 30_000

/** First wait before a repetition (milliseconds); it doubles, up to the longest. */
const FIRST_WAIT_MS = 25
const LONGEST_WAIT_MS = 2_000

const isNotNow = (answer: HttpAnswer): boolean =>
  answer.status === 503 || (answer.status === 409 && problemCode(answer) === "idempotency-in-progress")

const headersOf = ({ file, key, method }: Request, body: Buffer | undefined): Record<string, string | number> => {
  const headers: Record<string, string | number> = { accept: "application/json" }
  if (body !== undefined) headers["content-type"] = "application/json"
  if (file !== undefined) headers["content-type"] = file.type
  else if (method === "POST") headers["content-length"] = body?.length ?? 0
  if (key !== undefined) headers["idempotency-key"] = key
  return headers
}

/** The password goes into the request, and into no error. */
const authOf = ({ password, username }: URL): { readonly auth?: string } =>
  username === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }

/** Closed with its scope. User and password of the URL are sent (Basic). Fails: `Unreachable` when the URL is none. */
export const make = Effect.fnUntraced(function* (url: string, limits: Limits) {
  const base = URL.canParse(url) ? new URL(url) : null
  if (base === null || (base.protocol !== "http:" && base.protocol !== "https:"))
    return yield* new Unreachable({ message: "the address of the service must look like http://host:port" })
  const library = base.protocol === "https:" ? Https : Http
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => new library.Agent({ keepAlive: true, maxSockets: limits.connections })),
    (agent) => Effect.sync(() => agent.destroy()),
  )
  const target = { ...authOf(base), agent, host: base.hostname.replace(/^\[|\]$/g, ""), port: base.port }
  const root = base.pathname.replace(/\/$/, "")
  let lastAnswerAt = performance.now()

  const send = (request: Request) =>
    Effect.callback<HttpAnswer, Unreachable>((resume) => {
      const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
      const headers = headersOf(request, body)
      const fail = (cause: Error & { readonly code?: string }) =>
        resume(new Unreachable({ message: `no answer from ${base.origin} (${cause.code ?? cause.message})` }))
      const outgoing = library.request(
        { ...target, method: request.method, path: root + request.path, headers, timeout: REQUEST_TIMEOUT_MS },
        (incoming) => {
          const chunks: Array<Buffer> = []
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
          incoming.on("error", fail)
          incoming.on("end", () => {
            lastAnswerAt = performance.now()
            resume(Effect.succeed(answerOf(incoming, Buffer.concat(chunks).toString())))
          })
        },
      )
      outgoing.on("error", fail)
      outgoing.on("timeout", () => outgoing.destroy(new Error(`timed out after ${REQUEST_TIMEOUT_MS} ms`)))
      if (request.file === undefined) outgoing.end(body)
      else pipeline(createReadStream(request.file.path), outgoing, () => undefined)
      return Effect.sync(() => outgoing.destroy())
    })

  const insist = Effect.fnUntraced(function* (request: Request) {
    const startedAt = performance.now()
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const attempt = yield* Effect.result(send(request))
      const now = performance.now()
      if (attempt._tag === "Failure") {
        // Silence is shared: once the service is known to be gone, the other requests do not each wait it out anew.
        if (now - lastAnswerAt > limits.patienceMs) return yield* attempt.failure
      } else if (!isNotNow(attempt.success) || now - startedAt > limits.patienceMs) return attempt.success
      const asked = attempt._tag === "Success" ? attempt.success.retryAfter * 1_000 : 0
      // Spread over half to one and a half, so that those who were refused together do not come back together.
      yield* Effect.sleep(Math.max(wait, Math.min(asked, LONGEST_WAIT_MS)) * (0.5 + Math.random()))
    }
  })

  return { send, insist } satisfies Client
})

const answerOf = (incoming: Http.IncomingMessage, text: string): HttpAnswer => ({
  status: incoming.statusCode ?? 0,
  body: parsed(text),
  retryAfter: Number(incoming.headers["retry-after"]) || 0,
})

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
