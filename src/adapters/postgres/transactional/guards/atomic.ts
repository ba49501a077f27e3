/**
 * The guarded atomic update: the condition stands in the `update` that moves the stock. The row is locked and its guard is
 * read anew, and a row that may not move is not in the answer. One statement, and none of it is decided outside.
 */
import { Effect } from "effect"
import { MAX_ON_HAND } from "../../../../domain/quantity.ts"
import { plain, uuids } from "../../batch-columns.ts"
import { type Guard, type Move, type Moved, SHORT } from "../guard.ts"
import { LOCK_STOCK, movedIn } from "../statements.ts"
import { BEGIN, say } from "../transaction.ts"

const UPDATE = `update stock s set on_hand = s.on_hand + w.on_hand, reserved = s.reserved + w.reserved, version = s.version + 1
  from unnest($1::uuid[], $2::bigint[], $3::bigint[]) w (id, on_hand, reserved) join products p on p.id = w.id
  where s.product_id = w.id and s.reserved + w.reserved >= 0 and s.on_hand + w.on_hand >= s.reserved + w.reserved
  returning s.product_id, s.on_hand::float8, s.reserved::float8, s.version::float8,
    p.price_amount::float8, p.price_currency, p.purchase_limit::float8`

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

/** The bound that the update does not look at. Goods that come back were on hand before. */
const overflows = ({ command }: Move, { onHand }: Moved): boolean =>
  onHand > MAX_ON_HAND && (command._tag === "Receive" || command._tag === "Adjust")

export const atomic: Guard = {
  begin: BEGIN,
  triesMax: 5,
  move: (send, moves) =>
    Effect.map(send(statements(moves)), (rows) => {
      const after = movedIn(rows.at(-1)!)
      const all = moves.every((each) => {
        const moved = after.get(each.productId)
        return moved !== undefined && !overflows(each, moved)
      })
      return all ? { _tag: "Moved", after } : SHORT
    }),
}
