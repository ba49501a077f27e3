/**
 * Units available, counted outside of the database, for the inventory that decides by such a counter.
 *
 * Law: `take` takes all or nothing. A counter knows nothing of commits: who took gives back what came to nothing.
 */
import type { Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"

export interface Units {
  readonly productId: ProductId
  readonly quantity: number
}

/** `uncounted`: of one of them nothing is known yet; `away`: the counter cannot be asked. */
export type Taking = "taken" | "short" | "uncounted" | "away"

export interface StockCounterService {
  readonly take: (units: ReadonlyArray<Units>) => Effect.Effect<Taking>
  /** Begins to count at what is available now, where nothing is counted yet. */
  readonly begin: (available: ReadonlyArray<Units>) => Effect.Effect<void>
  /** Adds to what is counted; of what is not counted it does nothing. */
  readonly give: (units: ReadonlyArray<Units>) => Effect.Effect<void>
}
