/**
 * The guarded atomic update: the condition stands in the `update` that moves the stock. The row is locked and its guard is
 * read anew, and a row that may not move is not in the answer. One statement, and none of it is decided outside.
 */
import { Effect } from "effect"
import { MAX_ON_HAND } from "../../../../domain/quantity.ts"
import { plain, uuids } from "../../batch-columns.ts"
import { type Guard, type Move, type Moved, OVERTAKEN, SHORT } from "../guard.ts"
import { LOCK_STOCK, MOVED, movedIn, READ_STOCK } from "../statements.ts"
import { BEGIN, say } from "../transaction.ts"

const UPDATE = `update stock s set on_hand = s.on_hand + w.on_hand, reserved = s.reserved + w.reserved, version = s.version + 1
  from unnest($1::uuid[], $2::bigint[], $3::bigint[]) w (id, on_hand, reserved) join products p on p.id = w.id
  where s.product_id = w.id and s.reserved + w.reserved >= 0 and s.on_hand + w.on_hand >= s.reserved + w.reserved
  returning ${MOVED}`

/** One row is locked by its update; several are locked first, in their order. */
const statements = (moves: ReadonlyArray<Move>) => {
  const ids = uuids(moves, ({ productId }) => productId)
  const update = say(
    UPDATE,
    ids,
    plain(moves, ({ event }) => event.onHand),
    plain(moves, ({ event }) => event.reserved),
  )
  return moves.length === 1 ? [update] : [say(LOCK_STOCK, ids), update]
}

/** As it stands now: it was edited while its stock was waited for. */
const again = (moves: ReadonlyArray<Move>) =>
  say(
    READ_STOCK,
    uuids(moves, ({ productId }) => productId),
  )

/** The bound that the update does not look at. Goods that come back were on hand before. */
const overflows = ({ command }: Move, { onHand }: Moved): boolean =>
  onHand > MAX_ON_HAND && (command._tag === "Receive" || command._tag === "Adjust")

export const atomic: Guard = {
  begin: BEGIN,
  triesMax: 5,
  move: Effect.fnUntraced(function* (send, moves) {
    const rows = (yield* send(statements(moves))).at(-1)!
    if (rows.length < moves.length) return SHORT
    const after = movedIn(rows) ?? movedIn((yield* send([again(moves)]))[0]!)
    if (after === null) return OVERTAKEN
    return moves.some((each) => overflows(each, after.get(each.productId)!)) ? SHORT : { _tag: "Moved", after }
  }),
}
