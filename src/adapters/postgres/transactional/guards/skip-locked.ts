/**
 * A row per unit (`for update skip locked`): each buyer takes free rows that no other transaction has locked, and waits for
 * none. Made for things that differ, seats above all; of things that are alike it counts with rows what a number counts.
 *
 * Not every unit has a row in `stock_units`: rows are made a few hundred at a time, under the lock of the stock, when there are too few. The row of the stock is moved as well, last, because readings and the ledger of versions are there:
 * that is the lock that is left.
 *
 * Law: a product has at most as many rows as it has units available.
 */
import { Effect } from "effect"
import { plain, uuids } from "../../batch-columns.ts"
import { type Guard, type Move, SHORT } from "../guard.ts"
import { LOCK_STOCK } from "../statements.ts"
import { BEGIN, type Statement, say } from "../transaction.ts"
import { atomic } from "./atomic.ts"

/** How many rows of units are made at a time. */
const ROWS_AT_A_TIME = 500

const TAKE = `with free as (
    select product_id, unit from stock_units where product_id = $1 order by unit limit $2::bigint for update skip locked)
  delete from stock_units u using free f where u.product_id = f.product_id and u.unit = f.unit returning 1`

/**
 * Of products whose stock this transaction has locked: those of which enough units have no row, which are taken without one;
 * others get theirs. Rows that this transaction has taken are gone already, and are wanted all the same.
 */
const TAKE_OTHERS = `with bare as (
    select w.id, s.on_hand - s.reserved - (select count(*) from stock_units u where u.product_id = w.id) - w.quantity as left
    from unnest($1::uuid[], $2::bigint[]) w (id, quantity) join stock s on s.product_id = w.id),
  made as (
    insert into stock_units (product_id) select id from bare cross join lateral generate_series(1, least(bare.left, ${ROWS_AT_A_TIME})))
  select from bare where bare.left >= 0`

/** Units that are no longer available afterwards. */
const wanted = ({ event }: Move): number => event.reserved - event.onHand

const takeOthers = (moves: ReadonlyArray<Move>): Statement =>
  say(
    TAKE_OTHERS,
    uuids(moves, ({ productId }) => productId),
    plain(moves, wanted),
  )

export const skipLocked: Guard = {
  begin: BEGIN,
  // A refusal that the stock does not confirm: rows are locked by others, who may give them back.
  triesMax: 20,
  move: Effect.fnUntraced(function* (send, moves) {
    const taking = moves.filter((each) => wanted(each) > 0)
    const taken =
      taking.length === 0 ? [] : yield* send(taking.map((each) => say(TAKE, each.productId, String(wanted(each)))))
    const short = taking.filter((each, index) => taken[index]!.length < wanted(each))
    if (short.length > 0) {
      const all = uuids(moves, ({ productId }) => productId)
      const [, enough] = yield* send([say(LOCK_STOCK, all), takeOthers(short)])
      if (enough!.length < short.length) return SHORT
    }
    return yield* atomic.move(send, moves)
  }),
}
