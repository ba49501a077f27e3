/**
 * The lease on all lanes: at most one process decides. It ends at once when its holder's database session ends, and is
 * only an optimisation of manners: safety is the epoch that every commit carries (I10).
 */
import { Context, type Effect, type Scope } from "effect"
import type { LedgerDown, OwnedLane } from "./ledger.ts"

export interface Held {
  /** Every lane, with its new epoch. */
  readonly lanes: ReadonlyArray<OwnedLane>
  /**
   * False: its holder has had no answer on its session for so long (it was frozen, say) that another process may hold it by
   * now. What was read from memory is not to be answered then.
   */
  readonly isFresh: () => boolean
  /** Completes when the lease is lost (its session died); never while it is held. */
  readonly lost: Effect.Effect<void>
}

export class Lease extends Context.Service<
  Lease,
  {
    /**
     * Waits until the lease is free, takes it and raises every lane's epoch in one statement. Held until the scope
     * closes. `onWaiting` is run once, if another process has it.
     */
    readonly acquire: (onWaiting: Effect.Effect<void>) => Effect.Effect<Held, LedgerDown, Scope.Scope>
  }
>()("jaego/ports/Lease") {}
