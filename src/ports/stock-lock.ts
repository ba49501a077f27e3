/**
 * A lock on products that several processes share (distributed lock), for the inventory that decides under one. It has a
 * lifetime: a holder that dies or is paused loses it without notice.
 */
import type { Effect, Scope } from "effect"
import type { ProductId } from "../domain/ids.ts"

export interface StockLockService {
  /**
   * Locks them all, in the order of their ids, until the scope closes or the lock's lifetime is over; false: one of them could
   * not be had in time, or the store of the locks is away, and none is locked.
   */
  readonly hold: (productIds: ReadonlyArray<ProductId>) => Effect.Effect<boolean, never, Scope.Scope>
}
