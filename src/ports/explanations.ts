/**
 * Explanations: how an order was accepted, read from what was written for other reasons (movements, outbox, holds). Nothing is kept for
 * it, so it costs an order nothing, and it is there after a restart.
 */
import { Context, type Effect } from "effect"
import type { OrderId, ProductId } from "../domain/ids.ts"
import type { Lane } from "../domain/lane.ts"
import type { Unavailable } from "./failures.ts"

/** Units. */
export interface Level {
  readonly onHand: number
  readonly reserved: number
}

export interface ExplainedLine {
  readonly productId: ProductId
  readonly lane: Lane
  readonly quantity: number
  /** Of the product, after it. */
  readonly version: number
  readonly before: Level
  readonly after: Level
  /** Null: the product has no purchase limit. */
  readonly limit: number | null
  /** Units of live and paid orders of the customer that were counted, these included. */
  readonly counted: number
}

export interface Explained {
  readonly orderId: OrderId
  /** Its home. */
  readonly lane: Lane
  /** Of its fact in the lane; null: that has left the outbox by now, and with it what is said of the batch. */
  readonly seq: number | null
  /** The commit that it shared; `place` and `size`: among the orders of its lane. */
  readonly batch: { readonly id: string; readonly place: number; readonly size: number } | null
  /** Milliseconds since 1970. */
  readonly decidedAt: number
  /** Null: the database does not keep it (`track_commit_timestamp`), or no longer. */
  readonly committedAt: number | null
  /** W3C traceparent; null: it was not traced. */
  readonly trace: string | null
  readonly lines: ReadonlyArray<ExplainedLine>
}

export class Explanations extends Context.Service<
  Explanations,
  {
    /** Null: there is no such order, or no movement of it is left. */
    readonly order: (id: OrderId) => Effect.Effect<Explained | null, Unavailable>
  }
>()("jaego/ports/Explanations") {}
