/**
 * The carrier. Every call carries our own key (the order's id), so each may be repeated: the carrier does it once.
 *
 * A timeout is `Unknown`, never a failure: the shipment may have been registered.
 */
import { Context, type Effect, type Stream } from "effect"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"

export interface Consignment {
  /** Our key for this shipment. */
  readonly key: OrderId
  readonly customerId: CustomerId
  readonly lines: ReadonlyArray<{ readonly productId: ProductId; readonly quantity: number }>
}

/**
 * Why it is not known what the carrier did. Codes are for ever: the timeline shows them to every reader, and so they hold no
 * address, no secret and no words of the carrier's.
 *
 * `unreachable`: no connection, or it broke. `no-answer`: none in time. `busy`: it takes no more for now. `too-large` and
 * `unreadable`: its answer is not in the form that was agreed on. `not-asked`: the call was not made, for the carrier's sake. `status-<code>`: an HTTP status that has no meaning here.
 */
export type Silence =
  | "unreachable"
  | "no-answer"
  | "not-asked"
  | "busy"
  | "too-large"
  | "unreadable"
  | `status-${number}`

export type Registration =
  | { readonly _tag: "Registered"; readonly trackingId: string }
  /** It will never take it; asking again is of no use. The reason is in the carrier's words, as they came. */
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly code: Silence }

export type Cancellation = "cancelled" | "shipped" | "unknown"

/** Longest tracking id that is kept (code points). */
export const TRACKING_ID_MAX = 128

/** Longest id of a callback (code points). */
export const CALLBACK_ID_MAX = 128

/** As much of the carrier's words as goes into a reason (code points). */
export const REASON_MAX = 200

export class Carrier extends Context.Service<
  Carrier,
  {
    /** Never fails: trouble on the way is `Unknown`. */
    readonly register: (consignment: Consignment) => Effect.Effect<Registration>
    /** Bars the key: what was registered is called back, what was not never will be. `shipped`: too late, it has left. */
    readonly cancel: (key: OrderId) => Effect.Effect<Cancellation>
  }
>()("jaego/ports/Carrier") {}

/** What the carrier reports by itself: at least once, in any order, perhaps before its own answer has come. */
export interface Callback {
  /** The carrier's id of it, the same however often it is sent; unique within its parcel only. */
  readonly id: string
  readonly what: "collected" | "delivered"
  readonly key: OrderId
  readonly trackingId: string
  /** When it happened by the carrier's clock (ms since 1970). */
  readonly at: number
}

/** Callbacks of a carrier that lives in this process. Any other one calls over HTTP, and this stays silent. */
export class CarrierNews extends Context.Service<CarrierNews, { readonly callbacks: Stream.Stream<Callback> }>()(
  "jaego/ports/CarrierNews",
) {}
