/**
 * The shop: the table of contents of what Jaego can do. Adapters that are used by the outside (HTTP) call these and
 * nothing else.
 *
 * Fails everywhere: `Refused` (the business says no), `Unavailable` (not now; safe to retry with the same key).
 */
import { Context, type Effect } from "effect"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"
import type { Money } from "../domain/money.ts"
import type { Order } from "../domain/order.ts"
import type { Product } from "../domain/product.ts"
import type { Stock } from "../domain/stock.ts"
import type { Callback } from "../ports/carrier.ts"
import type { CommittedStock, ProductFilter } from "../ports/catalog.ts"
import type { Explained } from "../ports/explanations.ts"
import type { Unavailable } from "../ports/failures.ts"
import type { Claim, Outlook, Refused, RequestedLine } from "../ports/inventory.ts"
import type { Movement } from "../ports/ledger.ts"
import type { OrderFilter } from "../ports/order-book.ts"
import type { Page, PageRequest } from "../ports/page.ts"
import type { TimelineEntry } from "../ports/timeline.ts"
import type * as EditProduct from "./edit-product.ts"
import type { Hint } from "./payment-webhook.ts"
import type { ShownProducts } from "./reads/product-lists.ts"
import type { RefusedOrder } from "./refused-orders.ts"

type Shopping<A> = Effect.Effect<A, Refused | Unavailable>

/** `replayed`: the key was known and this is the answer it got. */
export interface Replayable<A> {
  readonly value: A
  readonly replayed: boolean
}

/**
 * What a buyer is answered. `paid` -> 201 (200 on the pay route), `reserved` -> 202, `declined` -> 402.
 * The order is as it was when it was answered.
 */
export interface Sale {
  readonly order: Order
  readonly outcome: "paid" | "reserved" | "declined"
}

export interface ShownProduct {
  readonly product: Product
  /** How long ago it was read from the database (ms). */
  readonly ageMs: number
}

export interface StockOf {
  readonly productId: ProductId
  readonly stock: Stock
}

/** How the caller wants to pay. `token`: what is charged, null: the provider's default. `wait`: answer with the outcome if it comes within the payment deadline. */
export type Paying =
  | { readonly _tag: "Later" }
  | {
      readonly _tag: "Token"
      readonly token: string | null
      readonly answer: "wait" | "async"
      readonly onDecline?: OnDecline | undefined
    }

/** `keep`: a decline leaves the order reserved, and another attempt may follow while its hold lives; otherwise it ends it. */
export type OnDecline = "release" | "keep"

export class Shop extends Context.Service<
  Shop,
  {
    readonly createProduct: (request: {
      readonly sku: string
      readonly name: string
      readonly price: Money
      readonly onHand: number
      readonly purchaseLimit: number | null
      readonly claim: Claim | null
    }) => Shopping<Replayable<Product>>
    readonly getProduct: (id: ProductId) => Shopping<ShownProduct>
    readonly editProduct: (request: EditProduct.Request) => Shopping<Product>
    /** A visitor has looked at it. */
    readonly countView: (id: ProductId) => Shopping<void>
    readonly readViews: (id: ProductId) => Shopping<number>
    /** The whole list, newest first, for people to look at: its first pages may come from a cache. */
    readonly browseProducts: (request: PageRequest<ProductId>) => Shopping<ShownProducts>
    /** From the database. */
    readonly listProducts: (request: PageRequest<ProductId> & ProductFilter) => Shopping<Page<Product, ProductId>>
    /** As it was committed, which may be a moment ago. */
    readonly listStock: (request: PageRequest<ProductId>) => Shopping<Page<CommittedStock, ProductId>>
    readonly readStock: (id: ProductId) => Shopping<StockOf>
    /** A second old at most; null: it is not to be had now. */
    readonly readOutlook: (id: ProductId) => Shopping<Outlook | null>
    readonly receiveStock: (request: {
      readonly productId: ProductId
      readonly quantity: number
      readonly claim: Claim | null
    }) => Shopping<Replayable<StockOf>>
    readonly adjustStock: (request: {
      readonly productId: ProductId
      readonly delta: number
      readonly reason: string
      readonly claim: Claim | null
    }) => Shopping<Replayable<StockOf>>
    readonly listMovements: (id: ProductId, request: PageRequest<number>) => Shopping<Page<Movement, number>>
    readonly placeOrder: (request: {
      readonly customerId: CustomerId
      /** 1..100 lines as the customer wrote them; equal products are merged. */
      readonly lines: ReadonlyArray<RequestedLine>
      readonly paying: Paying
      readonly claim: Claim
      /** When its caller no longer waits, ms since 1970: nothing is begun after it. */
      readonly answerBy?: number | undefined
      /** The context in which it is asked (`ports/trace.ts`); absent: its trace is not kept. */
      readonly trace?: string | undefined
      /** Under which its refusal can be explained; absent: it cannot. */
      readonly requestId?: string | undefined
    }) => Shopping<Replayable<Sale>>
    readonly getOrder: (id: OrderId) => Shopping<Order>
    /** The order that was placed under this idempotency key; null: none was, or the key is kept no longer. */
    readonly findByKey: (key: string) => Shopping<OrderId | null>
    /** When its charge can be made, ms since 1970; null: nothing holds it up, or nothing is known of it here. */
    readonly chargeEta: (order: Pick<Order, "id" | "expiresAt">) => Shopping<number | null>
    readonly listOrders: (request: PageRequest<OrderId> & OrderFilter) => Shopping<Page<Order, OrderId>>
    readonly payOrder: (request: {
      readonly orderId: OrderId
      /** Null: the provider's default. */
      readonly token: string | null
      readonly answer: "wait" | "async"
      readonly onDecline?: OnDecline | undefined
      readonly claim: Claim | null
      readonly answerBy?: number | undefined
      readonly trace?: string | undefined
    }) => Shopping<Replayable<Sale>>
    /** How it was accepted. */
    readonly explainOrder: (id: OrderId) => Shopping<Explained>
    /** Why an order was refused, by the id of its request: of the newest refusals of this process. */
    readonly explainRequest: (requestId: string) => Shopping<RefusedOrder>
    /** Oldest first. What comes back from the stream comes a moment later. */
    readonly readTimeline: (id: OrderId) => Shopping<ReadonlyArray<TimelineEntry>>
    /** `known`: it was handled before. */
    readonly hearCarrier: (callback: Callback) => Shopping<"news" | "known">
    /** `ignored`: it is about no charge of ours. */
    readonly hearPayment: (hint: Hint) => Shopping<"news" | "known" | "ignored">
    /** The caller that places an order under this key has hung up: if it is not on its way to the database, it is not placed. */
    readonly abandonOrder: (key: string) => Effect.Effect<void>
    readonly cancelOrder: (request: {
      readonly orderId: OrderId
      readonly reason: string | null
      readonly claim: Claim | null
      readonly answerBy?: number | undefined
      readonly trace?: string | undefined
    }) => Shopping<Replayable<Order>>
  }
>()("jaego/app/Shop") {}
