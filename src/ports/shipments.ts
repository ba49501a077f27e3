/**
 * Shipments: how far each paid order has come with the carrier. Opened by a consumer of the stream (`inbox.ts`), driven by
 * the shipping runner, moved along by what the carrier tells.
 *
 * Law: one shipment an order. What is written carries the version it was decided on, so that of two who write the second
 * has to look again; a shipment and what its timeline says of it are one transaction.
 */
import { Context, type Effect } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import type { Shipment } from "../domain/shipping.ts"
import type { Unavailable } from "./failures.ts"
import type { TimelineEntry } from "./timeline.ts"

export interface Due {
  readonly shipment: Shipment
  readonly order: Order
}

export interface ShipmentChange {
  /** Written, as the next version, where the version is still `shipment.version`. */
  readonly shipment: Shipment
  readonly entries: ReadonlyArray<TimelineEntry>
  /** Id of the carrier's callback that led to it: written once. Null: we found out ourselves. */
  readonly callback: string | null
}

export class Shipments extends Context.Service<
  Shipments,
  {
    /** Longest due first, at most `limit`, without those of `except`. `now` in milliseconds since 1970. */
    readonly due: (request: {
      readonly now: number
      readonly limit: number
      readonly except: ReadonlyArray<OrderId>
    }) => Effect.Effect<ReadonlyArray<Due>, Unavailable>
    /** Null: there is none. `knows`: a change with this callback has been written. */
    readonly find: (
      id: OrderId,
      callback: string,
    ) => Effect.Effect<{ readonly shipment: Shipment; readonly knows: boolean } | null, Unavailable>
    /** Each by itself: the orders whose change was written, none of the others. At most one change an order. */
    readonly save: (changes: ReadonlyArray<ShipmentChange>) => Effect.Effect<ReadonlySet<OrderId>, Unavailable>
  }
>()("jaego/ports/Shipments") {}
