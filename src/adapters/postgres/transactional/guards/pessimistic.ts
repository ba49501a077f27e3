/**
 * Pessimistic locking: `select ... for update` in the order of product ids, then decide, then write. Others wait from the
 * reading on, one round trip longer than under the atomic update.
 */
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { BEGIN } from "../transaction.ts"

export const pessimistic: Guard = {
  begin: BEGIN,
  triesMax: 5,
  move: deciding(reading("order by s.product_id for update of s"), "blindly"),
}
