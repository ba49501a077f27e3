/**
 * The audit: reads back, through the API alone, every product a replay touched, and does the sums itself.
 *
 * A product's ledger must begin with what was put on the shelf, count its versions without a gap, add up at every line,
 * never go below zero, and end where the stock view stands. And it must agree with the buyer's own answers: an order
 * that was placed holds exactly its units, once; an order without an answer holds nothing.
 *
 * It believes no number of the service that it can compute. The lines themselves are checked in `product-ledger.ts`.
 */
import { Effect } from "effect"
import type * as HttpClient from "./http-client.ts"
import { describe, Unreachable } from "./http-client.ts"
import * as ProductLedger from "./product-ledger.ts"
import * as Progress from "./progress.ts"

export interface PlacedOrder {
  readonly id: string
  /** Answered as paid; else it was only held, and may be paid or expire later. */
  readonly paid: boolean
  readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
}

export interface Subject {
  /** Name of the run, which its customers carry. */
  readonly run: string
  /** Product ids by name. */
  readonly products: ReadonlyMap<string, string>
  /** Units each began with. */
  readonly onHand: number
  readonly placed: ReadonlyArray<PlacedOrder>
  /** Orders whose answer never came: they may exist. */
  readonly failed: number
  readonly screen: Progress.Screen
}

export const customer = (run: string, number: number): string => `${run}-customer-${number}`

/** Products read at once. */
const READING = 8

/** Rows a page, the most the API gives. */
const PAGE = 100

/** How often a product that still moves is read again, and how long to wait before: 30 s in all. */
const READINGS = 120
const BETWEEN_READINGS = "250 millis"

const get = Effect.fnUntraced(function* (client: HttpClient.Client, path: string) {
  const answer = yield* client.insist({ method: "GET", path })
  if (answer.status !== 200)
    return yield* new Unreachable({ message: `the audit could not read ${path}: ${describe(answer)}` })
  return answer.body
})

interface MovementsPage {
  readonly data: ReadonlyArray<ProductLedger.Movement>
  readonly hasMore: boolean
  readonly nextCursor: string | null
}

/** Oldest first. Page by page, because that is all the API has. */
const readMovements = Effect.fnUntraced(function* (client: HttpClient.Client, productId: string) {
  const movements: Array<ProductLedger.Movement> = []
  const path = `/v1/products/${productId}/stock/movements?limit=${PAGE}`
  let cursor: string | null = null
  do {
    const next: string = cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
    const page = (yield* get(client, next)) as MovementsPage
    movements.push(...page.data)
    cursor = page.hasMore ? page.nextCursor : null
  } while (cursor !== null)
  return movements.reverse()
})

/**
 * Stock and ledger of one moment: read again while the product still moves, that is while units are reserved (payments
 * and refusals that settle behind the answer) or the two readings differ. What still differs at the end is a finding.
 */
const readSettled = Effect.fnUntraced(function* (client: HttpClient.Client, productId: string) {
  const readStock = () =>
    Effect.map(get(client, `/v1/products/${productId}/stock`), (body) => body as ProductLedger.StockView)
  for (let reading = 1; ; reading++) {
    const stock = yield* readStock()
    const isLast = reading === READINGS
    if (stock.reserved <= 0 || isLast) {
      const movements = yield* readMovements(client, productId)
      if (isLast || (yield* readStock()).version === stock.version) return { stock, movements }
    }
    yield* Effect.sleep(BETWEEN_READINGS)
  }
})

/** Does an order that we were never answered belong to this run? Then the service sold something behind our back. */
const isOurs = Effect.fnUntraced(function* (client: HttpClient.Client, run: string, orderId: string) {
  const answer = yield* client.insist({ method: "GET", path: `/v1/orders/${orderId}` })
  const order = answer.body as { readonly customerId?: unknown } | null
  return answer.status === 200 && String(order?.customerId).startsWith(`${run}-`)
})

/** Units each placed order has of each product: product id -> order id -> units. */
const boughtOf = (placed: ReadonlyArray<PlacedOrder>) => {
  const bought = new Map<string, Map<string, ProductLedger.Bought>>()
  for (const { id, lines, paid } of placed)
    for (const { productId, quantity } of lines) {
      const ofProduct = bought.get(productId) ?? new Map<string, ProductLedger.Bought>()
      bought.set(productId, ofProduct.set(id, { quantity, paid }))
    }
  return bought
}

const duplicateAnswers = (placed: ReadonlyArray<PlacedOrder>): ReadonlyArray<string> => {
  const ids = new Set(placed.map((order) => order.id))
  return ids.size === placed.length
    ? []
    : [`${placed.length - ids.size} orders were answered with the id of another order`]
}

/** Problems, one line each; none is a clean audit. */
export const run = Effect.fnUntraced(function* (client: HttpClient.Client, subject: Subject) {
  const bought = boughtOf(subject.placed)
  const strangers = new Set<string>()
  const progress = yield* Progress.make("audit ", subject.products.size, subject.screen)
  const perProduct = yield* Effect.forEach(
    subject.products,
    Effect.fnUntraced(function* ([name, productId]) {
      const { stock, movements } = yield* readSettled(client, productId)
      const sums = ProductLedger.check(movements, stock, subject.onHand)
      const orders = ProductLedger.checkOrders(movements, bought.get(productId) ?? new Map())
      for (const orderId of orders.strangers) strangers.add(orderId)
      progress.advance()
      return [...sums, ...orders.problems].map((problem) => `${name}: ${problem}`)
    }),
    { concurrency: READING },
  )
  const ours = yield* Effect.filter(strangers, (orderId) => isOurs(client, subject.run, orderId), {
    concurrency: READING,
  })
  const unexplained =
    ours.length > subject.failed
      ? [`${ours.length} orders exist that were never answered, and only ${subject.failed} answers are missing`]
      : []
  return [...duplicateAnswers(subject.placed), ...perProduct.flat(), ...unexplained]
}, Effect.scoped)
