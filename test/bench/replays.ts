/**
 * `npm run bench -- --replays`: what honest buyers still get while others repeat themselves, over a database some milliseconds
 * away. A stream of requests comes at a fixed rate (Poisson, slow answers are not waited for), and beside it honest buyers
 * ask one after another.
 *
 *     fresh      the control: the stream is of new orders
 *     replays    of keys that are bound already
 *     SKUs       of products whose SKU is taken
 */

import * as SlowLine from "../../src/lab/slow-line.ts"
import { median } from "../../src/std/median.ts"
import { type Service, start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly log: (line: string) => void
}

const LINES_MS = [10, 24]
const STREAMS = ["fresh", "replays", "SKUs"] as const
type Stream = (typeof STREAMS)[number]

/** Requests a second. */
const RATE = 300
const BUYERS = 8
/** Different keys that are repeated: as many as orders that a caller waits for. */
const KNOWN_KEYS = 100
/** Beyond it the stream drops requests: a service that answers nothing is not to run out of sockets. */
const OPEN_MAX = 2_000

interface Round {
  readonly lineMs: number
  readonly stream: Stream
  /** Orders of the honest, a second. */
  readonly honest: number
  readonly p50: number
  readonly contested: number
}

class Shop {
  readonly #service: Service
  readonly #productId: string
  #keys = 0

  constructor(service: Service, productId: string) {
    this.#service = service
    this.#productId = productId
  }

  /** The status. */
  async order(key = `fresh-${++this.#keys}`): Promise<number> {
    const lines = [{ productId: this.#productId, quantity: 1 }]
    const body = { customerId: "kim", lines, payment: "later" }
    return (await this.#service.post("/v1/orders", body, { "idempotency-key": key })).status
  }

  async product(sku: string): Promise<number> {
    const body = { sku, name: "Bread", price: { amount: 250, currency: "EUR" }, onHand: 1 }
    return (await this.#service.post("/v1/products", body, { "idempotency-key": `sku-${++this.#keys}` })).status
  }

  async contested(): Promise<number> {
    const { text } = await this.#service.get("/metrics")
    return Number(/jaego_commits_not_done_total\{outcome="contested"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
}

const known = (n: number): string => `known-${n % KNOWN_KEYS}`

const ask: { readonly [S in Stream]: (shop: Shop, n: number) => Promise<number> } = {
  fresh: (shop) => shop.order(),
  replays: (shop, n) => shop.order(known(n)),
  SKUs: (shop, n) => shop.product(known(n)),
}

/** Until it is stopped. */
const flow = (shop: Shop, stream: Stream): (() => void) => {
  let open = 0
  let sent = 0
  let isOver = false
  const next = () => {
    if (isOver) return
    setTimeout(next, (-Math.log(1 - Math.random()) * 1_000) / RATE)
    if (open >= OPEN_MAX) return
    open++
    void ask[stream](shop, sent++)
      .catch(() => undefined)
      .finally(() => open--)
  }
  next()
  return () => {
    isOver = true
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000))

/** One stream after another over one service, again and again: a slow moment of the machine falls on all of them. */
const measure = async (shop: Shop, lineMs: number, { rounds, seconds, log, warmUpSeconds }: Options) => {
  let waits: Array<number> = []
  let isOver = false
  const buyers = Array.from({ length: BUYERS }, async () => {
    while (!isOver) {
      const asked = performance.now()
      if ((await shop.order().catch(() => 0)) === 202) waits.push(performance.now() - asked)
    }
  })
  const found: Array<Round> = []
  for (let round = 0; round < rounds; round++)
    for (const stream of STREAMS) {
      const stop = flow(shop, stream)
      await pause(warmUpSeconds)
      const before = await shop.contested()
      const begun = performance.now()
      waits = []
      await pause(seconds)
      const lasted = (performance.now() - begun) / 1_000
      const honest = waits.length / lasted
      const p50 = median(waits.length === 0 ? [Number.NaN] : waits)
      stop()
      found.push({ lineMs, stream, honest, p50, contested: ((await shop.contested()) - before) / lasted })
      log(`${lineMs} ms, ${stream}: ${honest.toFixed(0)} honest orders/s`)
    }
  isOver = true
  await Promise.all(buyers)
  return found
}

const over = async (scratch: Scratch, lineMs: number, options: Options): Promise<ReadonlyArray<Round>> => {
  const template = await scratch.template({ products: 1, orders: 0, onHand: 10_000_000 })
  const [productId] = await scratch.products(template)
  const database = await scratch.copy(template)
  const line = await SlowLine.open(scratch.urlOf(database), lineMs)
  const service = await start({ DATABASE_URL: line.url, HOLD_SECONDS, FACTS: "off" })
  try {
    const shop = new Shop(service, productId!)
    const prepared = await Promise.all(
      Array.from({ length: KNOWN_KEYS }, async (_, n) => [await shop.order(known(n)), await shop.product(known(n))]),
    )
    if (prepared.some(([order, product]) => order !== 202 || product !== 201))
      throw new Error(`nothing can be repeated: ${prepared[0]}`)
    return await measure(shop, lineMs, options)
  } finally {
    await service.stop()
    await line.close()
    await scratch.drop(database)
  }
}

export const run = async (scratch: Scratch, options: Options): Promise<ReadonlyArray<Round>> => {
  const found: Array<Round> = []
  for (const lineMs of LINES_MS) found.push(...(await over(scratch, lineMs, options)))
  return found
}

export const text = (found: ReadonlyArray<Round>): string => {
  const of = (lineMs: number, stream: Stream, what: (round: Round) => number): number =>
    median(found.filter((each) => each.lineMs === lineMs && each.stream === stream).map(what))
  const rows = LINES_MS.flatMap((lineMs) =>
    STREAMS.map((stream) => {
      const honest = of(lineMs, stream, (each) => each.honest)
      return [
        `+${lineMs} ms`,
        stream,
        honest.toFixed(0),
        (honest / of(lineMs, "fresh", (each) => each.honest)).toFixed(2),
        of(lineMs, stream, ({ p50 }) => p50).toFixed(0),
        of(lineMs, stream, ({ contested }) => contested).toFixed(1),
      ]
    }),
  )
  return markdown(["line", `stream, ${RATE}/s`, "honest orders/s", "of fresh", "p50 ms", "contested/s"], rows)
}
