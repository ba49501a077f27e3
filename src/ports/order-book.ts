/** The order book: committed orders as they are shown, which may be behind. Nothing is decided from it. */
import { Context, type Effect } from "effect"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"
import type { Order, Status } from "../domain/order.ts"
import type { Unavailable } from "./failures.ts"
import type { Outlook } from "./inventory.ts"
import type { Page, PageRequest } from "./page.ts"

/** All of it must be true of an order; null: anything. */
export interface OrderFilter {
  readonly customerId: CustomerId | null
  /** As `Order.statusAt(now)` says: a hold that has lapsed is `expired`. */
  readonly status: Status | null
  /** Placed then or later (ms since 1970). */
  readonly from: number | null
  /** Placed before (ms since 1970). */
  readonly to: number | null
}

export class OrderBook extends Context.Service<
  OrderBook,
  {
    readonly get: (id: OrderId) => Effect.Effect<Order | null, Unavailable>
    /** The order that was placed under this key; null: none was, or the key is kept no longer. */
    readonly ofKey: (key: string) => Effect.Effect<OrderId | null, Unavailable>
    /** Newest first; position is the id of the last order. `now` in milliseconds since 1970. */
    readonly list: (
      request: PageRequest<OrderId> & OrderFilter & { readonly now: number },
    ) => Effect.Effect<Page<Order, OrderId>, Unavailable>
    /** Holds of orders with a charge under way end by their payment, not by time. */
    readonly outlook: (id: ProductId) => Effect.Effect<Outlook, Unavailable>
  }
>()("jaego/ports/OrderBook") {}
