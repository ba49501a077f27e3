/**
 * The hot route: placing an order without the pipeline that serves every other request.
 *
 * Why it exists: thousands want one product at once, and what a request costs here is what it costs (`docs/performance.md`
 * has the figures). It takes only what is plainly in order: the whole body has come together with its head, is JSON, and
 * fits the same schema. Whatever is not goes on to the pipeline untouched, which knows all the words for what is wrong.
 *
 * Law: schema, handler and answers are the pipeline's own; a test holds the two to the same answers.
 */
import { isUtf8 } from "node:buffer"
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Effect, Exit, type Fiber, Result, Schema } from "effect"
import type { HttpServerResponse } from "effect/http"
import type { Slots } from "../../ports/position.ts"
import { strict } from "./api.ts"
import { isPlainJson } from "./head.ts"
import type { Placing } from "./orders-handlers.ts"
import * as PlainAnswer from "./plain-answer.ts"
import * as Positions from "./positions.ts"
import type { RateLimits } from "./rate-limits.ts"
import { IdempotencyKey, NewOrder } from "./schemas.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void
type Response = HttpServerResponse.HttpServerResponse

const isKey = Schema.is(IdempotencyKey)
const decode = Schema.decodeUnknownResult(NewOrder, strict)

/** By its head alone, which could be read and is not refused (`head.ts`): nothing about it is unusual. */
const isPlain = ({ headers, method, url }: IncomingMessage): boolean =>
  method === "POST" &&
  url === "/v1/orders" &&
  isPlainJson(headers["content-type"]) &&
  headers["content-length"] !== undefined &&
  isKey(headers["idempotency-key"])

/** What it asks for; null: not plainly in order. */
const read = (request: IncomingMessage, body: Buffer | null): Placing | null => {
  if (body === null || body.length !== Number(request.headers["content-length"]) || !isUtf8(body)) return null
  let json: unknown
  try {
    json = JSON.parse(body.toString())
  } catch {
    return null
  }
  const payload = decode(json)
  if (Result.isFailure(payload)) return null
  const { "idempotency-key": key, prefer } = request.headers as Record<string, string>
  const headers = prefer === undefined ? {} : { prefer }
  return { request, headers: { "idempotency-key": key!, ...headers }, payload: payload.success }
}

export interface Options {
  readonly place: (placing: Placing) => Effect.Effect<Response>
  /** Runs what a request asks for, until the service ends. */
  readonly run: (answer: Effect.Effect<Response>) => Fiber.Fiber<Response>
  readonly limits: RateLimits
  readonly positions: Slots | null
  readonly pipeline: Listener
}

interface Ready {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly answer: Response
}

/**
 * Writes the answers of one portion (`threads/portions.ts`) right after each other, once all of them are made. A write wakes the
 * peer: written as it is made, each answer would find it asleep again, and waking costs more than the write itself.
 */
const together = (write: (ready: Ready) => void): ((ready: Ready) => void) => {
  let waiting: Array<Ready> = []
  const flush = () => {
    const all = waiting
    waiting = []
    for (const ready of all) write(ready)
  }
  return (ready) => {
    if (waiting.push(ready) === 1) process.nextTick(flush)
  }
}

export const listener = ({ limits, pipeline, place, positions, run }: Options): Listener => {
  const write = together(({ answer, request, response }) => {
    const position = Positions.of(positions)
    PlainAnswer.write(request, response, limits, answer, position === null ? [] : [Positions.NAME, position])
  })
  return (request, response) => {
    if (!isPlain(request)) return pipeline(request, response)
    // The parser hands over a body that is here already right after this call.
    process.nextTick(() => {
      const body = request.read() as Buffer | null
      const placing = read(request, body)
      if (placing === null) {
        if (body !== null) request.unshift(body)
        return pipeline(request, response)
      }
      run(place(placing)).addObserver((exit) => {
        if (Exit.isFailure(exit)) response.destroy()
        else write({ request, response, answer: exit.value })
      })
    })
  }
}
