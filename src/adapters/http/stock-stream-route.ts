/**
 * `GET /v1/products/{id}/stock/stream`: the one route whose answer has no end, beside the pipeline, which would keep a fiber for
 * each of its answers.
 *
 * Law: the first event is a linearizable reading; what it refuses is a problem as everywhere. It counts as one request, answered
 * when its head is written, and no other is answered on its connection.
 * Fails: `overloaded` beyond STREAMS_MAX; `draining`.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect, Exit, type Fiber, Schema } from "effect"
import type { Shop, StockOf } from "../../app/shop.ts"
import type { ProductId } from "../../domain/ids.ts"
import type { Probe } from "../../ports/probe.ts"
import * as Exchange from "./exchange.ts"
import * as PlainAnswer from "./plain-answer.ts"
import * as Problems from "./problems.ts"
import { STOCK_STREAM } from "./products-api.ts"
import type { RateLimits } from "./rate-limits.ts"
import { ProductIdText } from "./schemas.ts"
import type { StockStreams } from "./stock-streams.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void

const TARGET = /^(?:https?:\/\/[^/?]+)?\/v1\/products\/([^/?]+)\/stock\/stream(?:\?|$)/i

const decode = Schema.decodeUnknownExit(ProductIdText)

/** Null: it is another route, or no id, which the pipeline knows how to refuse. */
const productIn = ({ method, url = "" }: IncomingMessage): ProductId | null => {
  const text = method === "GET" ? TARGET.exec(url)?.[1] : undefined
  if (text === undefined || !URL.canParse(`http://host/${text}`)) return null
  const id = decode(text.includes("%") ? decodeURIComponent(text) : text)
  return Exit.isSuccess(id) ? id.value : null
}

/** Null: the client has seen nothing, or says what is no version. */
const seenBy = ({ headers }: IncomingMessage): number | null => {
  const seen = headers["last-event-id"]
  return typeof seen === "string" && /^\d{1,15}$/.test(seen) ? Number(seen) : null
}

export interface Options {
  readonly streams: StockStreams
  readonly shop: Pick<Shop["Service"], "readStock">
  readonly probe: Probe["Service"]
  readonly limits: RateLimits
  readonly run: (reading: Effect.Effect<StockOf | Problems.Problem>) => Fiber.Fiber<StockOf | Problems.Problem>
  /** Nothing else is answered on its connection. */
  readonly last: (response: ServerResponse) => void
  readonly pipeline: Listener
}

/** Without a length and not in chunks: it ends with its connection, and what is written is the event and nothing around it. */
const writeHead = (request: IncomingMessage, response: ServerResponse, limits: RateLimits): void => {
  response.shouldKeepAlive = false
  response.useChunkedEncodingByDefault = false
  const head = PlainAnswer.headOf(request, limits, {})
  // The second is for proxies that keep answers until they are large enough.
  head.push("content-type", "text/event-stream", "x-accel-buffering", "no")
  response.writeHead(200, head)
}

export const listener = ({ last, limits, pipeline, probe, run, shop, streams }: Options): Listener => {
  const reading = (id: ProductId) =>
    shop.readStock(id).pipe(
      Effect.catch((failure) =>
        Effect.sync(() => {
          if (failure._tag === "Unavailable") probe.emit({ _tag: "RequestUnavailable", reason: failure.reason })
          return Problems.from(failure)
        }),
      ),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError("a reading of stock met a defect", defect), Problems.internal),
      ),
    )
  return (request, response) => {
    const productId = productIn(request)
    if (productId === null) return pipeline(request, response)
    if (streams.isClosed) return Exchange.send(response, Problems.notReady("draining"))
    if (streams.isFull) return Exchange.send(response, Problems.tooManyStreams)
    const started = performance.now()
    const place = streams.take(productId, response)
    response.on("close", place.leave)
    run(reading(productId)).addObserver((exit) => {
      if (response.destroyed) return
      if (Exit.isFailure(exit)) return response.destroy()
      const found = exit.value
      if ("_tag" in found) return Exchange.send(response, found)
      last(response)
      writeHead(request, response, limits)
      place.begin(found.stock, seenBy(request))
      const seconds = (performance.now() - started) / 1_000
      probe.emit({ _tag: "RequestAnswered", method: "GET", route: STOCK_STREAM, status: 200, seconds })
    })
  }
}
