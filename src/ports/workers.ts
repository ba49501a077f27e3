/**
 * The workers: the owners of lanes, in this thread or in others. Their caller cannot tell which.
 */
import { Context, type Effect, type Exit, type Scope } from "effect"
import type { Unavailable } from "./failures.ts"
import type { Answer, Command, Refused, Reply } from "./inventory.ts"
import type { LedgerDown, OwnedLane } from "./ledger.ts"

export type Answering = (exit: Exit.Exit<Answer, Refused | Unavailable>) => void

export interface Worker {
  /**
   * As `Inventory.submit`, for commands whose lanes are this worker's. `answer` is called exactly once, now or later. A
   * call and not an effect: thousands a second cross a thread here, and a fiber for each would cost more than its turn.
   */
  readonly submit: (command: Command, answer: Answering) => void
}

export interface Crew {
  /** As many as there were assignments, in their order. A worker that dies is replaced; its callers get `Unavailable`. */
  readonly workers: ReadonlyArray<Worker>
  /** Completes when a worker was fenced: another process owns the lanes now. */
  readonly fenced: Effect.Effect<void>
}

export type OrderReply = Extract<Reply, { readonly _tag: "Order" }>

export class Workers extends Context.Service<
  Workers,
  {
    /**
     * One worker per assignment. `ended`: an order ended by time and has holds on other workers. `missing`: how many
     * workers are lost and not replaced yet, each time that it changes.
     * Closing the scope drains: what was submitted is answered, what comes later is `Unavailable`.
     */
    readonly start: (
      assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
      ended: (reply: OrderReply) => void,
      missing: (workers: number) => void,
    ) => Effect.Effect<Crew, LedgerDown, Scope.Scope>
  }
>()("jaego/ports/Workers") {}
