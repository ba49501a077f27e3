/**
 * The workers: the owners of lanes, in this thread or in others. Their caller cannot tell which.
 */
import { Context, type Effect, type Exit, type Scope } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Stock } from "../domain/stock.ts"
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
  /** The caller of this claim (`claimName`) has hung up: what is not on its way to the ledger yet need not be done. */
  readonly abandon: (claim: string) => void
  /** From now on, or no longer, what is committed of this product's stock is announced (`Listening.changed`). */
  readonly watch: (productId: ProductId, isWatched: boolean) => void
}

/** Stock of a product as a commit has left it. */
export interface CommittedStock {
  readonly productId: ProductId
  readonly stock: Stock
}

export interface Crew {
  /** As many as there were assignments, in their order. A worker that dies is replaced; its callers get `Unavailable`. */
  readonly workers: ReadonlyArray<Worker>
  /** Completes when a worker was fenced: another process owns the lanes now. */
  readonly fenced: Effect.Effect<void>
}

export type OrderReply = Extract<Reply, { readonly _tag: "Order" }>

/** What a crew announces by itself. */
export interface Listening {
  /** An order ended by time and has holds on other workers. */
  readonly ended: (reply: OrderReply) => void
  /** How many workers are lost and not replaced yet, each time that it changes. */
  readonly missing: (workers: number) => void
  /**
   * Stock of watched products, only after it was committed: the newest of each, so that versions are passed over, and soon
   * when a product was sold out or is for sale again. A worker that is lost may have left some of it unreported.
   */
  readonly changed: (stocks: ReadonlyArray<CommittedStock>) => void
}

export class Workers extends Context.Service<
  Workers,
  {
    /** One worker per assignment. Closing the scope drains: what was submitted is answered, what comes later is `Unavailable`. */
    readonly start: (
      assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
      listening: Listening,
    ) => Effect.Effect<Crew, LedgerDown, Scope.Scope>
  }
>()("jaego/ports/Workers") {}
