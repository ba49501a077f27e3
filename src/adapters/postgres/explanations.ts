/**
 * Explanations on Postgres. Movements and facts are found by what their keys have, versions and seqs without gaps: by halves, up to the
 * time at which the order was placed. No index is kept for it, which every order would pay for.
 *
 * The batch is the transaction that wrote the fact (`xmin`), and its place the number of orders before it in the same lane.
 * Limits: SEARCHED rows are looked through behind where the search by halves ends. Fails: Unavailable.
 */
import { Effect, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Explained, Explanations } from "../../ports/explanations.ts"
import * as Facts from "../../ports/facts.ts"
import { inner } from "./inner.ts"
import { jsonRows } from "./page.ts"
import { type Shown, ShownRows } from "./reads.ts"
import { ms, ORDER_OF } from "./rows.ts"
import { sqlFunction } from "./sql-function.ts"

/** Rows: what a busy product or lane writes in some seconds. */
const SEARCHED = 100_000

/** An order's time is that of the thread that took it in, its decision's that of a worker, perhaps on another machine. */
const SKEW = "interval '1 second'"

/** The first of `1..last` whose row is not older; one that is gone is older. */
const byHalves = (table: string, last: string, row: string): string => `returns bigint language plpgsql stable as $$
declare
  v_first bigint := 1;
  v_end bigint := coalesce((${last}), 0) + 1;
  v_middle bigint;
  v_time timestamptz;
begin
  while v_first < v_end loop
    v_middle := (v_first + v_end) / 2;
    select max(${row}) into v_time from ${table} = v_middle;
    if v_time >= p_since then v_end := v_middle; else v_first := v_middle + 1; end if;
  end loop;
  return v_first;
end
$$`

export const MOVEMENT_SINCE = sqlFunction(
  "jaego_movement_since",
  `(p_product uuid, p_since timestamptz) ${byHalves(
    "movements m where m.product_id = p_product and m.version",
    "select s.version from stock s where s.product_id = p_product",
    "m.at",
  )}`,
)

export const FACT_SINCE = sqlFunction(
  "jaego_fact_since",
  `(p_lane smallint, p_since timestamptz) ${byHalves(
    "outbox f where f.lane = p_lane and f.seq",
    "select l.seq from lanes l where l.lane = p_lane",
    "f.occurred_at",
  )}`,
)

export const ALL = [MOVEMENT_SINCE, FACT_SINCE]

/** Whose units were given back. */
const ENDED = (["Cancelled", "Expired", "PaymentFailed"] as const).map((tag) => `'${Facts.ORDER_TYPES[tag]}'`)

/** Units that counted when this movement was written: of the customer's orders up to this one that had not ended. */
const COUNTED = `(select coalesce(sum(h.quantity), 0)
  from (select c.id from orders c where c.customer_id = o.customer_id offset 0) e, ${inner(
    "select h.quantity from holds h where h.order_id = e.id and h.product_id = l.product_id",
  )} h
  where e.id <= o.id and not exists (
    select from timeline t where t.order_id = e.id and t.type in (${ENDED.join(", ")}) and t.at < l.at offset 0))`

/** By the version that ended first after this movement, or by the one that stands. */
const LIMIT = `(select v.purchase_limit from (
    select e.purchase_limit, e.version from product_versions e where e.product_id = l.product_id and e.stock_version >= l.version
    union all select p.purchase_limit, p.version from products p where p.id = l.product_id) v order by v.version limit 1)`

export const EXPLAIN = `
with asked as materialized (
  select o.*, ${FACT_SINCE.name}($2::smallint, o.created_at - ${SKEW}) as since
  from ${ORDER_OF("$1::uuid")} o),
placed as materialized (
  select f.seq, f.xmin, f.trace from asked o, lateral (
    select f.seq, f.xmin, f.trace from outbox f
    where f.lane = $2::smallint and f.seq between o.since and o.since + ${SEARCHED} and f.subject = o.id and f.subject_version = 1
    limit 1) f),
lines as materialized (
  select h.line_no, h.lane, h.quantity, h.product_id, m.version, m.on_hand, m.reserved, m.on_hand_delta, m.reserved_delta, m.at
  from asked o, ${inner("select * from holds k where k.order_id = o.id")} h,
    lateral (select ${MOVEMENT_SINCE.name}(h.product_id, o.created_at - ${SKEW}) as version) s,
    lateral (select m.* from movements m
      where m.product_id = h.product_id and m.version between s.version and s.version + ${SEARCHED} and m.order_id = o.id
      order by m.version limit 1) m)
select json_build_object('orderId', o.id, 'lane', $2::smallint,
  'seq', (select p.seq from placed p), 'trace', (select p.trace from placed p),
  'batch', (select json_build_object('id', p.xmin::text,
      'place', count(*) filter (where f.seq <= p.seq), 'size', count(*))
    from placed p, outbox f where f.lane = $2::smallint and f.seq between p.seq - ${SEARCHED} and p.seq + ${SEARCHED}
      and f.xmin = p.xmin and f.type = '${Facts.ORDER_TYPES.Placed}' group by p.xmin, p.seq),
  'decidedAt', (select ${ms("max(l.at)")} from lines l),
  'committedAt', (select case when current_setting('track_commit_timestamp')::boolean
    then ${ms("pg_xact_commit_timestamp(p.xmin)")} end from placed p),
  'lines', (select json_agg(json_build_object('productId', l.product_id, 'lane', l.lane, 'quantity', l.quantity, 'version', l.version,
      'before', json_build_object('onHand', l.on_hand - l.on_hand_delta, 'reserved', l.reserved - l.reserved_delta),
      'after', json_build_object('onHand', l.on_hand, 'reserved', l.reserved),
      'limit', ${LIMIT}, 'counted', ${COUNTED}) order by l.line_no)
    from lines l)) as row
from asked o where exists (select from lines)`

const make = (reads: Shown): Explanations["Service"] => ({
  order: (id: OrderId) =>
    Effect.map(jsonRows<Explained>(reads, EXPLAIN, [id, Lane.of(id)]), ([explained = null]) => explained),
})

export const layer: Layer.Layer<Explanations, never, ShownRows> = Layer.effect(
  Explanations,
  Effect.map(ShownRows, make),
)
