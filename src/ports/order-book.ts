/** The order book: committed orders as they are read. It decides nothing; the inventory does. */
import { Context, type Effect } from "effect"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"
import type { Ending, Order, Status } from "../domain/order.ts"
import type { Unavailable } from "./failures.ts"
import type { Page, PageRequest } from "./page.ts"

/** An order with something left to do outside: a charge to look up, a refund to make, holds to end elsewhere. */
export interface Unsettled {
  readonly order: Order
  /** Products whose holds are still `held` although the order has ended (or `confirmed` though it was cancelled). */
  readonly elsewhere: ReadonlyArray<ProductId>
  /** How those are to end; null when there are none. */
  readonly ending: Ending | null
}

export class OrderBook extends Context.Service<
  OrderBook,
  {
    readonly get: (id: OrderId) => Effect.Effect<Order | null, Unavailable>
    /**
     * Newest first; position is the id of the last order. A status filter sees what `Order.statusAt(now)` says: a hold
     * that has lapsed is `expired`.
     */
    readonly list: (
      request: PageRequest<OrderId> & {
        readonly customerId: CustomerId | null
        readonly status: Status | null
        /** Milliseconds since 1970. */
        readonly now: number
      },
    ) => Effect.Effect<Page<Order, OrderId>, Unavailable>
    /** Orders with a pending attempt, a refund that is due, or holds left to end on other workers; oldest first. */
    readonly unsettled: (request: PageRequest<OrderId>) => Effect.Effect<Page<Unsettled, OrderId>, Unavailable>
  }
>()("jaego/ports/OrderBook") {}
