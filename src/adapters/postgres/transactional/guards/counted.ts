/**
 * A counter outside of the database (`ports/stock-counter.ts`) decides, and the database follows: what is sold out is refused
 * without asking it. Counter and database are two truths: a process that dies between the two leaves them apart, and nothing
 * brings them together again.
 *
 * Law: what is taken is given back if the transaction is not committed; what comes in is counted once it is. The database's
 * own condition still stands, so that a counter that says too much sells nothing twice.
 * Fails: units that a dead process had taken are never sold.
 */
import { Effect, Exit } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ProductId } from "../../../../domain/ids.ts"
import type { StockCounterService, Units } from "../../../../ports/stock-counter.ts"
import { uuids } from "../../batch-columns.ts"
import { type Guard, type Move, OVERTAKEN, SHORT } from "../guard.ts"
import { BEGIN, type Send, say } from "../transaction.ts"
import { atomic } from "./atomic.ts"

const AVAILABLE = "select product_id, (on_hand - reserved)::float8 from stock where product_id = any ($1::uuid[])"

/** Change of what is available, units, signed. */
const change = ({ event }: Move): number => event.onHand - event.reserved

const unitsOf = (moves: ReadonlyArray<Move>): ReadonlyArray<Units> =>
  moves.map((each) => ({ productId: each.productId, quantity: Math.abs(change(each)) }))

export const counted = (counter: StockCounterService): Guard => {
  const available = (send: Send, units: ReadonlyArray<Units>): Effect.Effect<ReadonlyArray<Units>, SqlError> =>
    Effect.map(
      send([
        say(
          AVAILABLE,
          uuids(units, ({ productId }) => productId),
        ),
      ]),
      ([rows]) => rows!.map(([id, quantity]) => ({ productId: id as ProductId, quantity: quantity as number })),
    )
  const take = Effect.fnUntraced(function* (send: Send, units: ReadonlyArray<Units>) {
    const taken = yield* counter.take(units)
    if (taken !== "uncounted") return taken
    yield* counter.begin(yield* available(send, units))
    return yield* counter.take(units)
  })
  return {
    begin: BEGIN,
    triesMax: 5,
    move: Effect.fnUntraced(function* (send, moves) {
      const wanted = unitsOf(moves.filter((each) => change(each) < 0))
      const gained = unitsOf(moves.filter((each) => change(each) > 0))
      if (wanted.length > 0) {
        const taken = yield* take(send, wanted)
        // A product that does not exist is not counted either; why it is refused is found out afterwards.
        if (taken === "short" || taken === "uncounted") return SHORT
        if (taken === "away") return OVERTAKEN
      }
      yield* Effect.addFinalizer((exit) => counter.give(Exit.isSuccess(exit) ? gained : wanted))
      return yield* atomic.move(send, moves)
    }),
  }
}
