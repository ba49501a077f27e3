/**
 * Unsettled orders: what a crash, a silent provider or another worker has left to do. Decided from, so it is read where it was
 * committed.
 */
import { Context, type Effect } from "effect"
import type { OrderId, ProductId } from "../domain/ids.ts"
import type { Ending, Order } from "../domain/order.ts"
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

export class UnsettledOrders extends Context.Service<
  UnsettledOrders,
  {
    /** Orders with a pending attempt, a refund that is due, or holds left to end on other workers; oldest first. */
    readonly list: (request: PageRequest<OrderId>) => Effect.Effect<Page<Unsettled, OrderId>, Unavailable>
  }
>()("jaego/ports/UnsettledOrders") {}
