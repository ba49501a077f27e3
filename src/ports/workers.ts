/**
 * The workers: the owners of lanes, in this thread or in others. Whoever starts them cannot tell which.
 */
import { Context, type Effect, type Scope } from "effect"
import type { Unavailable } from "./failures.ts"
import type { Answer, Command, Refused, Reply } from "./inventory.ts"
import type { LedgerDown, OwnedLane } from "./ledger.ts"

export interface Worker {
  /** As `Inventory.submit`, for commands whose lanes are this worker's. */
  readonly submit: (command: Command) => Effect.Effect<Answer, Refused | Unavailable>
}

export interface Crew {
  /** As many as there were assignments, in their order. A worker that dies is replaced; its callers get `Unavailable`. */
  readonly workers: ReadonlyArray<Worker>
  /** Completes when a worker was fenced: somebody else owns the lanes now. */
  readonly fenced: Effect.Effect<void>
}

export type OrderReply = Extract<Reply, { readonly _tag: "Order" }>

export class Workers extends Context.Service<
  Workers,
  {
    /**
     * One worker per assignment. `ended` is told of orders that ended by time and have holds on other workers.
     * Closing the scope drains: what was submitted is answered, what comes later is `Unavailable`.
     */
    readonly start: (
      assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
      ended: (reply: OrderReply) => void,
    ) => Effect.Effect<Crew, LedgerDown, Scope.Scope>
  }
>()("jaego/ports/Workers") {}
