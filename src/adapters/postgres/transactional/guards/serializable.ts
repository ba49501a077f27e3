/**
 * Serializable isolation: read, decide and write as if alone (serializable snapshot isolation). The database ends each
 * transaction that could not have run so, and it begins again; on a hot row that is nearly all of them.
 */
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { say } from "../transaction.ts"

export const serializable: Guard = {
  begin: say("begin isolation level serializable"),
  // Of all that try at once, one succeeds each time: a multiple of the connections, for the unlucky ones.
  triesMax: 100,
  move: deciding(reading(), "blindly"),
}
