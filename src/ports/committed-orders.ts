/**
 * Committed orders, read where they were committed, so never behind: what the provider's books are compared with. The order book
 * (`order-book.ts`) is for what is shown, and may be behind.
 */
import { Context, type Effect } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import type { Unavailable } from "./failures.ts"
import type { Page, PageRequest } from "./page.ts"

export class CommittedOrders extends Context.Service<
  CommittedOrders,
  {
    /** Oldest first; position is the id of the last order. */
    readonly list: (request: PageRequest<OrderId>) => Effect.Effect<Page<Order, OrderId>, Unavailable>
    /** Of 1..100 ids those that are orders, in any order. */
    readonly of: (ids: ReadonlyArray<OrderId>) => Effect.Effect<ReadonlyArray<Order>, Unavailable>
  }
>()("jaego/ports/CommittedOrders") {}
