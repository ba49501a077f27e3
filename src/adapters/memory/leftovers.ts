/**
 * Holds that an order's end has not reached yet: they lie on other workers than its home, which end them after it.
 */
import type { ProductId } from "../../domain/ids.ts"
import type { Ending, Order } from "../../domain/order.ts"
import type { HoldRow, HoldState } from "../../ports/ledger.ts"

interface Leftovers {
  readonly elsewhere: ReadonlyArray<ProductId>
  readonly ending: Ending
}

/** In which state a hold is left over, and how it is to end; the first that applies comes first. */
const ENDS: { readonly [S in Order["status"]]: ReadonlyArray<readonly [HoldState, Ending]> } = {
  reserved: [],
  paid: [["held", "confirm"]],
  shipped: [["held", "confirm"]],
  delivered: [["held", "confirm"]],
  // An order that was cancelled when it was paid: most holds had been confirmed, perhaps not all of them.
  cancelled: [
    ["confirmed", "restock"],
    ["held", "release"],
  ],
  expired: [["held", "expire"]],
  payment_failed: [["held", "release"]],
}

/** Null: nothing is left over. Of two endings one is told; the other is left over when that one is done. */
export const leftovers = (order: Order, holds: ReadonlyArray<HoldRow>): Leftovers | null => {
  for (const [state, ending] of ENDS[order.status]) {
    const elsewhere = holds.filter((row) => row.state === state).map((row) => row.productId)
    if (elsewhere.length > 0) return { elsewhere, ending }
  }
  return null
}
