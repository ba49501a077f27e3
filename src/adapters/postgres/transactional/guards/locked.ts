/**
 * A distributed lock around read, check, write: a lock outside of the database (`ports/stock-lock.ts`), held until the
 * transaction has ended. Such a lock ends by itself after a time, so that a holder that died locks nothing for ever; a holder
 * that was only paused goes on without it, and nothing in its writing notices (no fencing token).
 *
 * Fails: I1 and I2, when a holder is paused for longer than its lock lasts.
 */
import { Effect } from "effect"
import type { StockLockService } from "../../../../ports/stock-lock.ts"
import { deciding, reading } from "../deciding.ts"
import { type Guard, OVERTAKEN } from "../guard.ts"
import { BEGIN } from "../transaction.ts"

const decide = deciding(reading(), "blindly")

export const locked = ({ hold }: StockLockService): Guard => ({
  begin: BEGIN,
  triesMax: 5,
  move: Effect.fnUntraced(function* (send, moves) {
    const held = yield* hold(moves.map(({ productId }) => productId))
    return held ? yield* decide(send, moves) : OVERTAKEN
  }),
})
