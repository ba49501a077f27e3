/**
 * Reading a product without the pipeline, as an order is placed (`hot-route.ts`): the page of a product is what most requests want.
 *
 * It takes only what is plainly in order: the path as we write it, no query, no body, no position that the read must have reached. A
 * product that lies in this process, fresh, is answered at once; any other is asked of the shop.
 * Law: handler and answers are the pipeline's own; a test holds the two to the same answers.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Effect, Exit, type Fiber, Schema } from "effect"
import type { HttpServerResponse } from "effect/http"
import { ProductId } from "../../domain/ids.ts"
import * as PlainAnswer from "./plain-answer.ts"
import * as Positions from "./positions.ts"
import type { ReadingProduct } from "./products-handlers.ts"
import type { RateLimits } from "./rate-limits.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void
type Response = HttpServerResponse.HttpServerResponse

const PATH = "/v1/products/"
/** Of an id as we write it. */
const ID_LENGTH = 36

const isId = Schema.is(ProductId)

/** Null: something about it is unusual. By its head alone, which could be read and is not refused (`head.ts`). */
const plainly = ({ headers, method, url = "" }: IncomingMessage): ProductId | null => {
  if (method !== "GET" || url.length !== PATH.length + ID_LENGTH || !url.startsWith(PATH)) return null
  if (headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined) return null
  const id = url.slice(PATH.length)
  return headers[Positions.NAME] === undefined && isId(id) && id === id.toLowerCase() ? id : null
}

export interface Options {
  /** The answer with what is near; null: it has to be asked for. */
  readonly near: (reading: ReadingProduct) => Response | null
  readonly read: (reading: ReadingProduct) => Effect.Effect<Response>
  /** Runs what a request asks for, until the service ends. */
  readonly run: (answer: Effect.Effect<Response>) => Fiber.Fiber<Response>
  readonly limits: RateLimits
  readonly pipeline: Listener
}

/** A defect is met again on the other way, which answers and logs it. */
const soundly = (near: () => Response | null): Response | null => {
  try {
    return near()
  } catch {
    return null
  }
}

export const listener =
  ({ limits, near, pipeline, read, run }: Options): Listener =>
  (request, response) => {
    const id = plainly(request)
    if (id === null) return pipeline(request, response)
    const reading = { request, params: { id } }
    const answer = soundly(() => near(reading))
    if (answer !== null) return PlainAnswer.write(request, response, limits, answer)
    run(read(reading)).addObserver((exit) => {
      if (Exit.isSuccess(exit)) PlainAnswer.write(request, response, limits, exit.value)
      else response.destroy()
    })
  }
