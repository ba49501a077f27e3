/**
 * The inventory: everything that changes stock or an order goes through `submit`, to the one owner of its lane.
 *
 * Callers cannot tell whether the owner is in this thread or in another; commands, receipts and rejections are plain
 * data, so that they can be posted between threads.
 */
import { Context, type Effect } from "effect"
import type * as Hold from "../domain/hold.ts"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"
import type { Lane } from "../domain/lane.ts"
import type { Ending, Line, Order, Rejection as OrderRejection, PaymentRecord } from "../domain/order.ts"
import type { Archived, Edit, Product, Rejection as ProductRejection } from "../domain/product.ts"
import type { Exceeded } from "../domain/purchase-limit.ts"
import type { Stock, Rejection as StockRejection } from "../domain/stock.ts"
import type { Unavailable } from "./failures.ts"

/** The routes that take an `Idempotency-Key`; a key is unique per route. `imports`: of rows, whose keys no client chooses. */
export type Route = "products" | "receipts" | "adjustments" | "orders" | "pay" | "cancel" | "imports"

/** A request's claim on its idempotency key: bound by the commit that accepts the request, and only by it (I5). */
export interface Claim {
  readonly route: Route
  readonly key: string
  /** A UUID-shaped digest (128 bits) of method, path and canonical body. */
  readonly fingerprint: string
}

/** What makes a claim one of a kind. A route never holds a space, so no two share a name. */
export const claimName = ({ key, route }: Pick<Claim, "route" | "key">): string => `${route} ${key}`

export interface RequestedLine {
  readonly productId: ProductId
  readonly quantity: number
}

/** A line held elsewhere, with the price its owner gave. */
export type HeldLine = Line

/** `trace`: the context in which it is asked (`trace.ts`); absent: its trace is not kept. */
export type Command = Asked & { readonly trace?: string | undefined }

type Asked =
  | {
      readonly _tag: "CreateProduct"
      readonly product: Product
      readonly onHand: number
      readonly claim: Claim | null
      /**
       * SKU and key were free when the asker looked them up just now: they are not looked up once more before it is decided, only by the
       * commit, which is decided again if they are taken by then.
       */
      readonly isLookedUp?: true
    }
  /** Repeating it sets the same values once more: it takes no key. */
  | {
      readonly _tag: "EditProduct"
      readonly productId: ProductId
      readonly edit: Edit
      /** Versions of the product that may be edited; null: any. */
      readonly versions: ReadonlyArray<number> | null
    }
  | { readonly _tag: "Receive"; readonly productId: ProductId; readonly quantity: number; readonly claim: Claim | null }
  | {
      readonly _tag: "Adjust"
      readonly productId: ProductId
      readonly delta: number
      readonly reason: string
      readonly claim: Claim | null
    }
  | { readonly _tag: "ReadStock"; readonly productId: ProductId }
  | {
      readonly _tag: "PlaceOrder"
      readonly orderId: OrderId
      readonly customerId: CustomerId
      /** Every line of the order, merged, in the customer's order. */
      readonly lines: ReadonlyArray<RequestedLine>
      /** The lines other workers hold tentatively for this order; acceptance turns all of them into holds, or fails. */
      readonly held: ReadonlyArray<HeldLine>
      /** Token of the charge to journal with the order; null: pay later. */
      readonly token: string | null
      /** Where it is charged; without it, the provider is not written down. */
      readonly provider?: string | undefined
      /** How many attempts may be made while the hold lives; without it, the first decline ends the order. */
      readonly attemptsMax?: number
      /** Milliseconds since 1970. */
      readonly createdAt: number
      readonly expiresAt: number
      /** When its caller no longer waits, ms since 1970: not begun after it. */
      readonly answerBy?: number | undefined
      readonly claim: Claim
    }
  /**
   * Whether these lines of an order could be held now, with the prices they have: a question, which changes nothing and whose yes
   * promises nothing.
   */
  | {
      readonly _tag: "CheckLines"
      readonly orderId: OrderId
      readonly customerId: CustomerId
      readonly lines: ReadonlyArray<RequestedLine>
      /** The order's, never bound here: a refusal asks for it, because the order may have been placed before. */
      readonly claim: Claim
    }
  /** A tentative hold: part of an order whose home is on another worker. It lapses by itself at `lapsesAt` (ms). */
  | {
      readonly _tag: "HoldTentatively"
      readonly orderId: OrderId
      readonly customerId: CustomerId
      /** `lineNo`: 0-based place in the order. */
      readonly lines: ReadonlyArray<RequestedLine & { readonly lineNo: number }>
      readonly lapsesAt: number
      readonly answerBy?: number | undefined
      /** The order's, never bound here: a refusal asks for it, because the order may have been placed before. */
      readonly claim: Claim
    }
  /**
   * Ends this worker's holds of an order: `drop` and `lapse` for tentative ones (released, expired), an ending for those
   * whose order has decided. Repeating it changes nothing.
   */
  | {
      readonly _tag: "EndHolds"
      readonly orderId: OrderId
      /** A lane of the addressed worker. */
      readonly lane: Lane
      readonly ending: Hold.Ending
    }
  | {
      readonly _tag: "StartPayment"
      readonly orderId: OrderId
      readonly token: string
      readonly provider?: string | undefined
      /** Without it, as the order has it. */
      readonly attemptsMax?: number
      readonly claim: Claim | null
      readonly answerBy?: number | undefined
    }
  /** What the provider has said for certain; `claim` is the request still waiting for it, whose stored answer becomes the outcome. */
  | {
      readonly _tag: "RecordPayment"
      readonly orderId: OrderId
      readonly record: PaymentRecord
      /** End of the order's hold, which a decline may leave alive: milliseconds since 1970. */
      readonly expiresAt: number
      readonly claim: Claim | null
    }
  | {
      readonly _tag: "CancelOrder"
      readonly orderId: OrderId
      readonly reason: string | null
      readonly claim: Claim | null
      readonly answerBy?: number | undefined
    }
  | { readonly _tag: "ExpireOrder"; readonly orderId: OrderId; readonly voided: "voided" | "not-voided" }
  | { readonly _tag: "RecordRefund"; readonly orderId: OrderId }
  | { readonly _tag: "RecordShipment"; readonly orderId: OrderId }
  /** Answered with an order that is not delivered when it was never shipped. */
  | { readonly _tag: "RecordDelivery"; readonly orderId: OrderId }

/** What may become of a product's stock by itself. */
export interface Outlook {
  /** Units in orders that are not paid yet. */
  readonly held: number
  /** When the first of them may come back, milliseconds since 1970; null: none by time, or none soon. */
  readonly nextReleaseAt: number | null
}

export type Rejection =
  | StockRejection
  /** Answered by the shop, never by the inventory itself. */
  | (Extract<StockRejection, { readonly _tag: "InsufficientStock" }> & Outlook)
  | OrderRejection
  | ProductRejection
  | Archived
  | Exceeded
  | Hold.TooMany
  | { readonly _tag: "ProductNotFound"; readonly productId: ProductId }
  | { readonly _tag: "OrderNotFound"; readonly orderId: OrderId }
  /** No request of this id was refused, or not of late. */
  | { readonly _tag: "RequestNotFound"; readonly requestId: string }
  /** The carrier talks of an order that was never to be shipped. */
  | { readonly _tag: "ShipmentNotFound"; readonly orderId: OrderId }
  /** The carrier talks of a parcel that is not this order's, or says something else under an id it has used. */
  | { readonly _tag: "CallbackMismatch"; readonly orderId: OrderId }
  | { readonly _tag: "SkuTaken"; readonly sku: string }
  | { readonly _tag: "MixedCurrencies" }
  | { readonly _tag: "TotalTooLarge" }
  /** A buyer named no token, and the payment provider has no default: answered by the shop, never by the inventory itself. */
  | { readonly _tag: "TokenRequired" }
  /** The key is bound to another request. */
  | { readonly _tag: "KeyReused"; readonly key: string }
  /** A request with this key is under way: said by the keeper of keys under way, never by the inventory itself. */
  | { readonly _tag: "KeyInProgress"; readonly key: string }

export type Reply =
  | { readonly _tag: "Product"; readonly product: Product }
  | { readonly _tag: "Stock"; readonly productId: ProductId; readonly stock: Stock }
  /** `elsewhere`: products of the order on other workers whose holds must still be ended as `ending` says. */
  | {
      readonly _tag: "Order"
      readonly order: Order
      readonly elsewhere: ReadonlyArray<ProductId>
      readonly ending: Ending | null
    }
  | { readonly _tag: "Held"; readonly lines: ReadonlyArray<HeldLine> }
  | { readonly _tag: "Done" }

/**
 * What a command came to, once it is durable. `replayed`: an earlier request bound the key, this is the answer stored with it.
 * A replayed order is the order as it was answered, not as it is now.
 */
export interface Answer {
  readonly reply: Reply
  readonly replayed: boolean
}

export class Refused {
  readonly _tag = "Refused"
  readonly rejection: Rejection
  constructor(rejection: Rejection) {
    this.rejection = rejection
  }
}

export class Inventory extends Context.Service<
  Inventory,
  {
    /**
     * Law: answered only when durable (I4); a refusal when the versions it saw are durable. Commands of one product are
     * decided one after another. Atomic. With a claim: idempotent, safe to retry. Interrupting the caller does not stop
     * a command that was handed over.
     */
    readonly submit: (command: Command) => Effect.Effect<Answer, Refused | Unavailable>
  }
>()("jaego/ports/Inventory") {}
