/** The timeline of an order: what happened to it, as far as it has come back from the stream, and each step outside. */
import { Context, type Effect } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Unavailable } from "./failures.ts"

export interface TimelineEntry {
  /** UUID: of the event, or of its own. */
  readonly id: string
  readonly type: string
  /** Version of the order after it; null for a step outside. */
  readonly version: number | null
  /** Milliseconds since 1970. */
  readonly at: number
  /** JSON text; null: nothing more to say. */
  readonly detail: string | null
}

export class Timeline extends Context.Service<
  Timeline,
  {
    /** Oldest first. That the order was placed is not in it: the order itself says so. */
    readonly entries: (id: OrderId) => Effect.Effect<ReadonlyArray<TimelineEntry>, Unavailable>
  }
>()("jaego/ports/Timeline") {}
