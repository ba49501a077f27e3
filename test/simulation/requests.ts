/** What a shopper may ask for, as a request that can be sent again: the same claim, the same body, whichever process answers. */
import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import type { Replayable, Sale, Shop, StockOf } from "../../src/app/shop.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import { mergeLines } from "../../src/domain/order-lines.ts"
import type { Edit, Product } from "../../src/domain/product.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import type { Claim, Refused, RequestedLine, Route } from "../../src/ports/inventory.ts"
import type { Answer } from "../support/history-laws.ts"

export interface Answered extends Replayable<unknown> {
  readonly answer: Answer
}

export interface Request {
  readonly what: string
  readonly claim: Claim | null
  readonly customer: string
  readonly wants: ReadonlyArray<RequestedLine>
  readonly adds: RequestedLine | null
  /** Versions of a product that it would edit; null: any, or it edits nothing. */
  readonly edits: ReadonlyArray<number> | null
  /** The order it would pay. */
  readonly pays: OrderId | null
  /** Its caller waits for only so long, and says so. */
  readonly isHurried: boolean
  readonly ask: (shop: Shop["Service"]) => Effect.Effect<Answered, Refused | Unavailable>
}

const claimOf = (route: Route, key: string | null, body: unknown): Claim | null => {
  if (key === null) return null
  const hash = createHash("md5").update(JSON.stringify(body)).digest("hex")
  const fingerprint = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20)}`
  return { route, key, fingerprint }
}

const answering =
  <A>(answer: (value: A) => Answer) =>
  (effect: Effect.Effect<Replayable<A>, Refused | Unavailable>): Effect.Effect<Answered, Refused | Unavailable> =>
    Effect.map(effect, ({ value, replayed }) => ({ value, answer: answer(value), replayed }))

const NONE = { customer: "", wants: [], adds: null, edits: null, pays: null, isHurried: false }

export const create = (sku: string, onHand: number, purchaseLimit: number | null, key: string | null): Request => {
  const asked = { sku, name: "thing", price: { amount: 100, currency: "EUR" }, onHand, purchaseLimit }
  const claim = claimOf("products", key, asked)
  const answer = answering((product: Product): Answer => ({ kind: "product", product }))
  return { what: `create ${sku}`, claim, ...NONE, ask: (shop) => answer(shop.createProduct({ ...asked, claim })) }
}

/** It takes no key: one that is not answered is not sent again. */
export const edit = (productId: ProductId, wanted: Edit, versions: ReadonlyArray<number> | null): Request => ({
  what: `edit ${productId.slice(-4)} ${versions === null ? "*" : versions.join(", ")} ${JSON.stringify(wanted)}`,
  claim: null,
  ...NONE,
  edits: versions,
  ask: (shop) =>
    Effect.map(shop.editProduct({ productId, edit: wanted, versions }), (product) => ({
      value: product,
      answer: { kind: "edited", product },
      replayed: false,
    })),
})

const stock = answering((of: StockOf): Answer => ({ kind: "stock", stock: of }))

export const receive = (productId: ProductId, quantity: number, key: string | null): Request => {
  const claim = claimOf("receipts", key, { productId, quantity })
  return {
    what: `receive ${quantity} of ${productId.slice(-4)}`,
    claim,
    ...NONE,
    adds: { productId, quantity },
    ask: (shop) => stock(shop.receiveStock({ productId, quantity, claim })),
  }
}

export const adjust = (productId: ProductId, delta: number, key: string | null): Request => {
  const claim = claimOf("adjustments", key, { productId, delta })
  return {
    what: `adjust ${productId.slice(-4)} by ${delta}`,
    claim,
    ...NONE,
    wants: [{ productId, quantity: -delta }],
    adds: { productId, quantity: delta },
    ask: (shop) => stock(shop.adjustStock({ productId, delta, reason: "counted", claim })),
  }
}

export const read = (productId: ProductId): Request => ({
  what: `read ${productId.slice(-4)}`,
  claim: null,
  ...NONE,
  ask: (shop) =>
    Effect.map(shop.readStock(productId), (value) => ({
      value,
      answer: { kind: "read", stock: value },
      replayed: false,
    })),
})

const sale = answering((of: Sale): Answer => ({ kind: "sale", sale: of }))

export interface Basket {
  readonly customer: string
  readonly lines: ReadonlyArray<RequestedLine>
  /** Null: pays later. */
  readonly token: string | null
  readonly answer: "wait" | "async"
}

/** Every eighth buyer waits only for some milliseconds to be begun: which one its key says, so that it is one each time. */
const patienceOf = ({ fingerprint }: Claim): number => {
  const digits = Number.parseInt(fingerprint.slice(0, 6), 16)
  return digits % 8 === 0 ? 1 + ((digits >> 3) % 32) : Number.POSITIVE_INFINITY
}

export const place = ({ answer, customer, lines, token }: Basket, key: string): Request => {
  const claim = claimOf("orders", key, { customer, lines, token })!
  const paying = token === null ? ({ _tag: "Later" } as const) : ({ _tag: "Token", token, answer } as const)
  // Ever more patient, so that it is answered in the end.
  let patience = patienceOf(claim)
  const answerBy = (now: number): number => {
    const until = now + patience
    patience *= 4
    return until
  }
  const basket = lines.map(({ productId, quantity }) => `${quantity} of ${productId.slice(-4)}`).join(", ")
  return {
    what: `place ${basket} (${token ?? "later"}, ${answer})`,
    claim,
    customer,
    wants: mergeLines(lines),
    adds: null,
    edits: null,
    pays: null,
    isHurried: Number.isFinite(patience),
    ask: (shop) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        sale(shop.placeOrder({ customerId: customer, lines, paying, claim, answerBy: answerBy(now) })),
      ),
  }
}

export const pay = (orderId: OrderId, token: string, answer: "wait" | "async", key: string | null): Request => {
  const claim = claimOf("pay", key, { orderId, token })
  return {
    what: `pay ${orderId.slice(-4)} (${token})`,
    claim,
    ...NONE,
    pays: orderId,
    ask: (shop) => sale(shop.payOrder({ orderId, token, answer, claim })),
  }
}

export const cancel = (orderId: OrderId, key: string | null): Request => {
  const claim = claimOf("cancel", key, { orderId })
  const answer = answering((order: Order): Answer => ({ kind: "order", order }))
  return {
    what: `cancel ${orderId.slice(-4)}`,
    claim,
    ...NONE,
    ask: (shop) => answer(shop.cancelOrder({ orderId, reason: null, claim })),
  }
}
