/**
 * Replay: sells real baskets to a running service, as fast as it lets us, and then audits what it did.
 *
 * Each run is its own world: its SKUs, customers and keys carry the run's name, so runs never meet, and what the audit
 * finds is this run's doing. Every order is answered for: placed, refused (the business said no), or failed.
 *
 * Fails: `CommandFailed`.
 */

import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import * as Audit from "./audit.ts"
import * as Baskets from "./baskets.ts"
import { CommandFailed } from "./command-failed.ts"
import * as HttpClient from "./http-client.ts"
import * as Progress from "./progress.ts"

export interface Options {
  readonly url: string
  /** Orders in flight. */
  readonly concurrency: number
  /** Units each product starts with. */
  readonly onHand: number
  readonly screen: Progress.Screen
  readonly patienceMs: number
}

export interface Report {
  readonly orders: number
  /** Baskets with more products than an order has lines: each was sold as several orders. */
  readonly split: number
  readonly placed: number
  readonly refused: number
  readonly failed: number
  readonly audit: "clean" | "violated"
  /** What the audit found, one line each. */
  readonly problems: ReadonlyArray<string>
  /** What the first failures were, one line each. */
  readonly failures: ReadonlyArray<string>
  readonly products: number
  readonly seconds: number
  readonly ordersPerSecond: number
  /** Milliseconds from the first sending of an order to its answer, repetitions included. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** More failures than this are counted, but not printed. */
const FAILURES_TOLD = 5

/** Products created at once: setting the table is not what is measured. */
const CREATING = 16

/** The answers that mean "the business says no". */
const REFUSALS = new Set([
  "insufficient-stock",
  "product-archived",
  "purchase-limit-exceeded",
  "holds-per-customer",
  "payment-declined",
])

/** FNV-1a, 32 bits: a name has the same price in every run. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0
  return value
}

/** 0.49 to 19.99 euro, for a price is needed. */
export const priceOf = (name: string) => ({ amount: 49 + (hash(name) % 1_951), currency: "EUR" })

const createProducts = Effect.fnUntraced(function* (
  client: HttpClient.Client,
  run: string,
  names: ReadonlyArray<string>,
  onHand: number,
) {
  const products = yield* Effect.forEach(
    names,
    Effect.fnUntraced(function* (name, index) {
      const sku = `${run}-${index + 1}`
      const body = { sku, name, price: priceOf(name), onHand }
      const answer = yield* client.insist({ method: "POST", path: "/v1/products", key: sku, body })
      const id = (answer.body as { readonly id?: unknown } | null)?.id
      if (answer.status !== 201 || typeof id !== "string")
        return yield* new CommandFailed({
          message: `the service did not create product "${name}": ${HttpClient.describe(answer)}`,
        })
      return [name, id] as const
    }),
    { concurrency: CREATING },
  )
  return new Map(products)
})

/** What became of the orders so far. */
interface Tally {
  readonly latencies: Array<number>
  readonly placed: Array<Audit.PlacedOrder>
  refused: number
  failed: number
  readonly failures: Array<string>
}

const fail = (tally: Tally, why: string) => {
  tally.failed++
  if (tally.failures.length < FAILURES_TOLD) tally.failures.push(why)
}

const placeOrder = Effect.fnUntraced(function* (
  client: HttpClient.Client,
  run: string,
  basket: Baskets.Basket,
  number: number,
  products: ReadonlyMap<string, string>,
  tally: Tally,
) {
  const key = `${run}-order-${number}`
  const lines = basket.map(({ name, quantity }) => ({ productId: products.get(name)!, quantity }))
  const startedAt = performance.now()
  const attempt = yield* Effect.result(
    client.insist({
      method: "POST",
      path: "/v1/orders",
      key,
      body: { customerId: Audit.customer(run, number), lines },
    }),
  )
  tally.latencies.push(performance.now() - startedAt)
  if (attempt._tag === "Failure") return fail(tally, `order ${number}: ${attempt.failure.message}`)
  const answer = attempt.success
  const order = answer.body as { readonly id?: unknown; readonly status?: unknown } | null
  if ((answer.status === 201 || answer.status === 202) && typeof order?.id === "string")
    tally.placed.push({ id: order.id, paid: answer.status === 201, lines })
  else if (REFUSALS.has(HttpClient.problemCode(answer) ?? "")) tally.refused++
  else fail(tally, `order ${number}: ${HttpClient.describe(answer)}`)
})

/** Nearest rank, rounded to a tenth of a millisecond. `sorted` is not empty. */
export const percentile = (sorted: ArrayLike<number>, percent: number): number =>
  round(sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]!)

const round = (value: number): number => Math.round(value * 10) / 10

export const run = Effect.fnUntraced(function* ({ orders, split }: Baskets.Baskets, options: Options) {
  const client = yield* HttpClient.make(options.url, {
    connections: Math.max(options.concurrency, CREATING),
    patienceMs: options.patienceMs,
  })
  // A mistyped URL is reported at once, not when patience has ended.
  yield* client.send({ method: "GET", path: "/livez" })
  const name = `replay-${Date.now().toString(36)}${randomBytes(3).toString("hex")}`
  const products = yield* createProducts(client, name, Baskets.names(orders), options.onHand)

  const tally: Tally = { latencies: [], placed: [], refused: 0, failed: 0, failures: [] }
  const startedAt = performance.now()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const progress = yield* Progress.make("orders", orders.length, options.screen)
      yield* Effect.forEach(
        orders,
        (basket, index) =>
          Effect.map(placeOrder(client, name, basket, index + 1, products, tally), () => progress.advance()),
        { concurrency: options.concurrency, discard: true },
      )
    }),
  )
  const seconds = (performance.now() - startedAt) / 1_000

  const problems = yield* Audit.run(client, {
    run: name,
    products,
    onHand: options.onHand,
    placed: tally.placed,
    failed: tally.failed,
    screen: options.screen,
  })
  const sorted = Float64Array.from(tally.latencies).sort()
  return {
    orders: orders.length,
    split,
    placed: tally.placed.length,
    refused: tally.refused,
    failed: tally.failed,
    audit: problems.length === 0 ? "clean" : "violated",
    problems,
    failures: tally.failures,
    products: products.size,
    seconds: round(seconds),
    ordersPerSecond: round(orders.length / seconds),
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  } satisfies Report as Report
}, Effect.scoped)
