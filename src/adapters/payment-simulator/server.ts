/**
 * The simulated payment provider as a server of its own (`jaego simulate payment`), with the faults that providers have. It speaks
 * the protocol of docs/payment.md or what Jaego uses of Stripe's, and shows its books at `GET /books` and how often each fault has come
 * about at `GET /faults`, which a real one would not. At `/act/{ref}` a buyer does what they were asked to do (`?how=refuse`: does not).
 *
 * Fails: CannotListen, one line.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { onLoopback } from "../../std/listen.ts"
import type { Asked, Dialect, Reply } from "./dialect.ts"
import * as Jaego from "./jaego-dialect.ts"
import { type Faults, Luck } from "./luck.ts"
import * as Stripe from "./stripe-dialect.ts"
import { Till } from "./till.ts"
import * as Webhooks from "./webhooks.ts"

export type { Faults } from "./luck.ts"

const DIALECTS = { jaego: Jaego.make, stripe: Stripe.make } as const

export interface Options {
  readonly dialect: keyof typeof DIALECTS
  /** 0: any free one. */
  readonly port: number
  readonly faults: Faults
  /** Requests a second, beyond which it answers 429; 0: no limit. */
  readonly rate: number
  readonly webhooks: Omit<Webhooks.Options, "header">
}

/** Longer than a caller should be kept waiting, shorter than it gives up (milliseconds). */
const SLOW_MS = 300

const answer = (response: ServerResponse, status: number, body: unknown, headers: Reply["headers"] = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

const read = async (request: IncomingMessage): Promise<Asked> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const url = new URL(request.url ?? "/", "http://localhost")
  return {
    method: request.method ?? "GET",
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    body: Buffer.concat(chunks).toString(),
    headers: request.headers,
  }
}

/** True: one more than the rate allows. A second's worth may come at once. */
const limiter = (rate: number): (() => boolean) => {
  let left = rate
  let filledAt = Date.now()
  return () => {
    if (rate === 0) return false
    const now = Date.now()
    left = Math.min(rate, left + ((now - filledAt) * rate) / 1_000)
    filledAt = now
    if (left < 1) return true
    left--
    return false
  }
}

const BUSY = { error: { type: "invalid_request_error", code: "rate_limit", message: "too many requests" } }
const DOWN = { error: { type: "api_error", message: "our systems are down" } }

interface Deps {
  readonly till: Till
  readonly dialect: Dialect
  readonly luck: Luck
  readonly sender: Webhooks.Sender
  readonly isTooMuch: () => boolean
}

const handle = async (deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { dialect, isTooMuch, luck, sender, till } = deps
  const asked = await read(request)
  if (asked.path === "/books") return answer(response, 200, Object.fromEntries(till.accounts()))
  if (asked.path === "/faults")
    return answer(response, 200, { ...luck.counts, abandoned: till.abandoned, webhooks: sender.counts })
  const [, acting] = /^\/act\/(.+)$/.exec(asked.path) ?? []
  if (acting !== undefined) {
    till.act(acting, asked.query.get("how") === "refuse" ? "refuse" : "approve")
    return answer(response, 200, { done: true })
  }
  if (isTooMuch()) return answer(response, 429, BUSY)
  if (luck.befalls("errors")) return answer(response, 500, DOWN)
  if (luck.befalls("resets")) return void request.socket.destroy()
  if (luck.befalls("silences")) return
  const reply = await dialect.serve(asked)
  if (reply === null || luck.befalls("lost")) return
  setTimeout(() => answer(response, reply.status, reply.body, reply.headers), luck.befalls("slow") ? SLOW_MS : 0)
}

/** Its URL; it listens until the scope closes. */
export const serve = Effect.fnUntraced(function* ({ dialect: spoken, faults, port: wanted, rate, webhooks }: Options) {
  let deps: Deps | null = null
  const server = createServer((request, response) => {
    if (deps === null) return answer(response, 503, DOWN)
    handle(deps, request, response).catch((error: Error) =>
      answer(response, 400, { error: { message: error.message } }),
    )
  })
  const url = yield* onLoopback(server, wanted)
  const scope = yield* Effect.scope
  const luck = new Luck(faults)
  const till: Till = new Till(scope, luck, `${url}/act`, (ref) => sender.send(ref, dialect.news(ref)))
  const dialect = DIALECTS[spoken](till)
  const sender = new Webhooks.Sender({ ...webhooks, header: dialect.signatureHeader })
  deps = { till, dialect, luck, sender, isTooMuch: limiter(rate) }
  return url
})
