/**
 * Optimistic locking: read, decide, and write if the version is still the one that was read (compare and set). No
 * transaction waits before it writes; one that was overtaken begins again, and on a hot row that is nearly all of them.
 */
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { BEGIN } from "../transaction.ts"

export const optimistic: Guard = {
  begin: BEGIN,
  // Of all that try at once, one succeeds each time: a multiple of the connections, for the unlucky ones.
  triesMax: 100,
  move: deciding(reading(), "unchanged"),
}
