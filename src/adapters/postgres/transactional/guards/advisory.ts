/**
 * Advisory locks: a lock of the database's on a number that stands for the product, until the transaction ends; then read,
 * decide, write. The row stays free for readers, and for any writer that does not keep to the agreement.
 */
import { uuids } from "../../batch-columns.ts"
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { BEGIN, say } from "../transaction.ts"

/** In the order of the ids. Two products of one number share a lock, which costs time and nothing else. */
const LOCK = `select from (select unnest($1::uuid[]) as id order by 1) w
  where pg_advisory_xact_lock(hashtextextended(w.id::text, 0)) is null`

const read = reading()

export const advisory: Guard = {
  begin: BEGIN,
  triesMax: 5,
  move: deciding((moves) => {
    const ids = uuids(moves, ({ productId }) => productId)
    // Two statements: the second sees what was committed while the first waited.
    return [say(LOCK, ids), ...read(moves)]
  }, "blindly"),
}
