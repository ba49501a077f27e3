/**
 * Lets go what is only said of orders that ended long ago: their timelines, the versions that consumers know of them
 * (`consumer_keys`), and the ids of the carrier's callbacks. What the books need stays: orders, shipments, parcels, movements.
 *
 * Why in the order of the timeline's key: an order's id begins with its time, so a walk meets what is old and nothing else, a stretch at
 * a time, and what has gone is not met again. Every process with facts walks; that two do costs a reading more.
 *
 * Law: I13; an event that comes again after all this finds its order's shipment, and opens none. It may be shown once more.
 * Limits: orders that have not ended, are owed money or have dead letters keep everything, however old they are.
 * Fails: never; what could not be deleted is logged, and deleted at a later round.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import { ID_AT } from "./inbox-functions.ts"
import { BEFORE_ALL } from "./page.ts"
import { ORDERS_OF } from "./rows.ts"
import { describe } from "./sql-failure.ts"
import { sqlFunction } from "./sql-function.ts"

const ROUND = "1 hour"

/** Orders a stretch: some 4,000 rows, and some 50 ms if all of them go. */
export const STRETCH = 500

/** Between two stretches: the disk has other work to do. */
const PAUSE = "100 millis"

/** Of the next orders after one: how many were let go, and up to which was looked; null: there are no more that are old. */
export const FORGET = sqlFunction(
  "jaego_forget_orders",
  `(p_after uuid, p_hours int, p_limit int, out v_gone int, out v_last uuid)
language plpgsql set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  v_before timestamptz := now() - p_hours * interval '1 hour';
  v_old uuid[] := array(select distinct t.order_id from timeline t
    where t.order_id > p_after and t.order_id < ${ID_AT.name}(v_before) order by t.order_id limit p_limit);
begin
  v_last := v_old[cardinality(v_old)];
  v_old := array(select o.id from ${ORDERS_OF("v_old")} o where o.status in ('delivered', 'cancelled', 'expired', 'payment_failed') and o.refund <> 'due'
    and not exists (select from timeline t where t.order_id = o.id and t.at >= v_before offset 0)
    and not exists (select from dead_letters d where d.key = o.id::text
      and d.consumer in (select p.consumer from consumer_positions p) offset 0));
  v_gone := cardinality(v_old);
  delete from timeline t where t.order_id = any (v_old);
  delete from consumer_keys k where k.key = any (v_old::text[]);
  delete from carrier_callbacks c where c.order_id = any (v_old);
end
$$`,
)

interface Stretch {
  readonly gone: number
  readonly last: string | null
}

/** One walk over all that is older than so many hours. Of how many orders it went. */
export const forgetOld = Effect.fnUntraced(function* (retentionHours: number) {
  const sql = yield* PgClient.PgClient
  let gone = 0
  for (let after: string | null = BEFORE_ALL; after !== null; ) {
    const [stretch]: ReadonlyArray<Stretch> = yield* sql.unsafe<Stretch>(
      `select v_gone as gone, v_last::text as last from ${FORGET.name}($1::uuid, $2::int, $3::int)`,
      [after, retentionHours, STRETCH],
    )
    gone += stretch!.gone
    after = stretch!.last
    yield* Effect.sleep(PAUSE)
  }
  return gone
})

const round = (retentionHours: number) =>
  forgetOld(retentionHours).pipe(
    Effect.flatMap((gone) => (gone > 0 ? Effect.logInfo(`let the timelines of ${gone} old orders go`) : Effect.void)),
    Effect.catch((error) => Effect.logWarning(`old timelines stay for now: ${describe(error)}`)),
  )

/** At once, and then every hour, until the scope closes. 0: timelines are kept for ever. */
export const layer = (retentionHours: number): Layer.Layer<never, never, PgClient.PgClient> =>
  retentionHours === 0
    ? Layer.empty
    : Layer.effectDiscard(Effect.forkScoped(Effect.repeat(round(retentionHours), Schedule.spaced(ROUND))))
