/**
 * Shipments: how far each paid order has come with the carrier. Opened by a consumer of the stream (`inbox.ts`), or by a sweep when
 * its event does not come; driven by the shipping runner, moved along by the carrier's callbacks.
 *
 * Law: one shipment an order, one order a parcel. What is written carries the version it was decided on, so that of two
 * writers the second has to look again; a shipment and what its timeline says of it are one transaction.
 */
import { Context, type Effect } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import type { Shipment } from "../domain/shipping.ts"
import type { Callback } from "./carrier.ts"
import type { Unavailable } from "./failures.ts"
import type { TimelineEntry } from "./timeline.ts"

export interface Due {
  readonly shipment: Shipment
  readonly order: Order
  /** Context in which it was opened (`trace.ts`); null: it is not traced. */
  readonly trace?: string | null
}

/** Milliseconds since 1970. */
export interface Since {
  readonly firsts: number
  readonly retries: number
}

export interface ShipmentChange {
  /** Written, as the next version, where the version is still `shipment.version`. */
  readonly shipment: Shipment
  readonly entries: ReadonlyArray<TimelineEntry>
  /** The carrier's callback that led to it: written once an order. Null: we found out ourselves. */
  readonly callback: Pick<Callback, "id" | "what"> | null
}

export interface Found {
  readonly shipment: Shipment
  /** What the callback of that id has said of this order before; null: nothing, it is news. */
  readonly known: Callback["what"] | "unknown" | null
}

export class Shipments extends Context.Service<
  Shipments,
  {
    /**
     * What is due: first attempts before all others, so that parcels that the carrier is silent about hold up no others, and
     * among each longest due first. At most `limit`, of which at most `retries` are no first attempts, without those of
     * `except`. `now` in milliseconds since 1970; what was due before `since` is left out: of each kind by itself.
     */
    readonly due: (request: {
      readonly since: Since
      readonly now: number
      readonly limit: number
      readonly retries: number
      readonly except: ReadonlyArray<OrderId>
    }) => Effect.Effect<ReadonlyArray<Due>, Unavailable>
    /** Null: there is none. `callback`: the carrier's id of one. */
    readonly find: (id: OrderId, callback: string) => Effect.Effect<Found | null, Unavailable>
    /** True: the parcel is this order's, now and from now on; false: it is another order's. */
    readonly claimParcel: (id: OrderId, trackingId: string) => Effect.Effect<boolean, Unavailable>
    /** Paid orders after that one that have no shipment, oldest first. Null: from the beginning. */
    readonly missing: (request: {
      readonly after: OrderId | null
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<OrderId>, Unavailable>
    /** Opens the shipment of each that is paid and has none, due at `at` (ms since 1970). How many were opened. */
    readonly open: (ids: ReadonlyArray<OrderId>, at: number) => Effect.Effect<number, Unavailable>
    /** Each by itself: the orders whose change was written, none of the others. At most one change an order. */
    readonly save: (changes: ReadonlyArray<ShipmentChange>) => Effect.Effect<ReadonlySet<OrderId>, Unavailable>
  }
>()("jaego/ports/Shipments") {}
