/**
 * The carrier. Every call carries our own key (the order's id), so each may be repeated: the carrier does it once.
 *
 * A timeout is `unknown`, never a failure: the shipment may have been registered.
 */
import { Context, type Effect, type Stream } from "effect"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"

export interface Consignment {
  /** Our key for this shipment. */
  readonly key: OrderId
  readonly customerId: CustomerId
  readonly lines: ReadonlyArray<{ readonly productId: ProductId; readonly quantity: number }>
}

export type Registration =
  | { readonly _tag: "Registered"; readonly trackingId: string }
  /** It will never take it; asking again is of no use. */
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

export type Cancellation = "cancelled" | "shipped" | "unknown"

export class Carrier extends Context.Service<
  Carrier,
  {
    /** Never fails: trouble on the way is `Unknown`. */
    readonly register: (consignment: Consignment) => Effect.Effect<Registration>
    /** Bars the key: what was registered is called back, what was not never will be. `shipped`: too late, it has left. */
    readonly cancel: (key: OrderId) => Effect.Effect<Cancellation>
  }
>()("jaego/ports/Carrier") {}

/** What the carrier tells by itself: at least once, in any order, perhaps before its own answer has come. */
export interface Callback {
  /** The carrier's id of it, the same however often it is told. 1..128 characters. */
  readonly id: string
  readonly what: "collected" | "delivered"
  readonly key: OrderId
  readonly trackingId: string
  /** When it happened, milliseconds since 1970. */
  readonly at: number
}

/** Callbacks of a carrier that lives in this process. Any other one calls over HTTP, and this stays silent. */
export class CarrierNews extends Context.Service<CarrierNews, { readonly callbacks: Stream.Stream<Callback> }>()(
  "jaego/ports/CarrierNews",
) {}
