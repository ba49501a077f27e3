/**
 * What the audit asks of a window: of what each lane has committed since the last look. Everything by ranges of keys, so that a look
 * costs what was written, however large the tables are.
 *
 * Facts are compared with movements by the versions of their product; orders and holds, which no index finds by their time, by ranges
 * of their ids. An order's id is greater than every id that was seen when the look before ended, or it is `late`: so each look adds up
 * what facts and movements say of the ids between two borders (a count, and the exclusive or of hashes: set reconciliation by
 * fingerprint), and the next one compares it with the rows themselves.
 *
 * The laws are said anew here and not taken from the domain, as in `verification`: a judge does not ask the judged.
 */
import * as Lane from "../../../domain/lane.ts"
import { newest } from "../newest.ts"

/** Rows shown of what differs, a look and kind. */
export const SHOWN_MAX = 20

/** Products whose stock is compared at each look, whether anything has moved them or not. */
const SWEPT = 500

/** Where the audit stands, and how far the lanes are. `now`: milliseconds since 1970, the database's. */
export const STATE = `
select json_build_object('state', a.state, 'holder', a.holder, 'now', extract(epoch from now()) * 1000,
  'lookedAt', extract(epoch from a.looked_at) * 1000,
  'seqs', (select json_agg(l.seq order by every.lane) from (select n::smallint as lane from generate_series(0, ${Lane.COUNT - 1}) n) every,
    lateral (${newest("lanes", "lane", "every.lane", "seq")}) l),
  'top', greatest('00000000-0000-0000-0000-000000000000', (select id from orders order by id desc limit 1),
    (select order_id from holds order by order_id desc limit 1)),
  'gone', (select json_object_agg(lane, facts) from (select lane, sum(facts) as facts from outbox_dropped group by lane) d))::text as found
from audit a`

/** Of one movement of one order's line. */
const mark = (type: string, onHand: string, reserved: string, product: string, order: string) =>
  `uuid_hash_extended(${product}, uuid_hash_extended(${order}, hashtextextended(${type}, (${onHand}) * 1000003 + (${reserved}))))`

/** Of a hold: what its movements must be, as far as its state says. */
const heldMark = (type: string, onHand: string, reserved: string) =>
  mark(`'${type}'`, onHand, reserved, "h.product_id", "h.order_id")
const HOLD_MARK = `${heldMark("reserved", "0", "h.quantity")} # case h.state
  when 'released' then ${heldMark("released", "0", "-h.quantity")}
  when 'expired' then ${heldMark("expired", "0", "-h.quantity")}
  when 'confirmed' then ${heldMark("confirmed", "-h.quantity", "-h.quantity")}
  when 'returned' then ${heldMark("confirmed", "-h.quantity", "-h.quantity")} # ${heldMark("restocked", "h.quantity", "0")}
  else 0::bigint end`
const HOLD_MOVES = "case when h.state in ('tentative', 'held') then 1 when h.state = 'returned' then 3 else 2 end"

/** Lines of an order, by their states. */
const LINES = `count(*) as lines, sum(h.quantity * h.unit_price) as total, count(*) filter (where h.state = 'tentative') as tentative,
  count(*) filter (where h.state = 'held') as held, count(*) filter (where h.state = 'confirmed') as confirmed,
  count(*) filter (where h.state = 'released') as released, count(*) filter (where h.state = 'expired') as expired,
  count(*) filter (where h.state = 'returned') as returned`

/** Whether an order `o` and its lines `l` stand as they must, also while holds on other workers follow (`elsewhere`). */
const FITS = `o.total_amount = l.total and l.tentative = 0 and l.lines = case o.status
  when 'reserved' then l.held
  when 'cancelled' then l.released + l.returned + case when o.elsewhere then l.held + l.confirmed else 0 end
  when 'expired' then l.expired + case when o.elsewhere then l.held else 0 end
  when 'payment_failed' then l.released + case when o.elsewhere then l.held else 0 end
  else l.confirmed + case when o.elsewhere then l.held else 0 end end`

/** Facts of these stretches of lanes: $1 lanes, $2 behind which seq, $3 up to which. */
const FACTS = `fact as materialized (
  select f.lane, f.seq, f.subject_kind = 'order' as of_order, f.subject_kind = 'stock' as of_stock, f.subject, f.subject_version as version
  from unnest($1::smallint[], $2::bigint[], $3::bigint[]) w (lane, since, till)
  join outbox f on f.lane = w.lane and f.seq > w.since and f.seq <= w.till)`

const TOUCHED = `touched as materialized (
  select subject as product, min(version) as lo, max(version) as hi, count(*) as facts, sum(version) as total
  from fact where of_stock group by subject)`

/** A product's stock row stands where its newest movement does. Null: it does. */
const STOCK_DIFFERS = `(s.version is distinct from l.version or s.on_hand is distinct from l.on_hand or s.reserved is distinct from l.reserved
  or not (s.on_hand >= s.reserved and s.reserved >= 0))`
const STANDS = (product: string) => `
  left join stock s on s.product_id = ${product}
  left join lateral (select m.version, m.on_hand, m.reserved from movements m where m.product_id = ${product}
    order by m.version desc limit 1) l on true`
const STOOD =
  "s.on_hand, s.reserved, s.version, l.on_hand as moved_on_hand, l.reserved as moved_reserved, l.version as moved_version"

/** How a movement leaves a type of hold: its multiples of the units, and the states that the hold then has. */
const MOVES = `(values ('reserved', 0, 1, null), ('released', 0, -1, '{released}'), ('expired', 0, -1, '{expired}'),
  ('confirmed', -1, -1, '{confirmed,returned}'), ('restocked', 1, 0, '{returned}')) t (type, on_hand, reserved, states)`

const shown = (columns: string, from: string) =>
  `(select coalesce(json_agg(x), '[]') from (select ${columns} from ${from} limit ${SHOWN_MAX}) x)`

/**
 * The window: $4 and $5 are the borders of the ids that are compared next. `age`: 0 late, 1 between them, 2 beyond.
 * `drift`: units that a movement left available beyond what it says itself.
 */
export const WINDOW = `
with ${FACTS}, ${TOUCHED},
moved as materialized (
  select t.product, m.version, m.order_id, m.type, m.on_hand_delta, m.reserved_delta,
    case when m.order_id <= $4::uuid then 0 when m.order_id <= $5::uuid then 1 else 2 end as age,
    m.before is distinct from m.version - 1 as gap, not (m.on_hand >= m.reserved and m.reserved >= 0) as unlawful,
    m.on_hand - m.before_on_hand - m.on_hand_delta as on_hand_off, m.reserved - m.before_reserved - m.reserved_delta as reserved_off
  from touched t, lateral (
    select m.*, coalesce(lag(m.version) over w, 0) as before, coalesce(lag(m.on_hand) over w, 0) as before_on_hand,
      coalesce(lag(m.reserved) over w, 0) as before_reserved
    from movements m where m.product_id = t.product and m.version >= t.lo - 1 and m.version <= t.hi
    window w as (order by m.version)) m
  where m.version >= t.lo),
summed as (
  select product, count(*) as moves, count(*) filter (where gap or unlawful or on_hand_off <> 0 or reserved_off <> 0) as broken,
    coalesce(sum(on_hand_off - reserved_off) filter (where not gap), 0) as drift
  from moved group by product),
product as (
  select t.product, t.lo, t.hi, t.facts, coalesce(m.moves, 0) as moves, coalesce(m.broken, 0) as broken, coalesce(m.drift, 0) as drift,
    ${STOOD}, ${STOCK_DIFFERS} as stock_differs
  from touched t left join summed m on m.product = t.product ${STANDS("t.product")}
  where t.facts <> t.hi - t.lo + 1 or t.total * 2 <> (t.lo + t.hi) * t.facts or m.moves is distinct from t.facts or m.broken > 0
    or ${STOCK_DIFFERS} or s.version < t.hi),
late_order as (
  select f.subject as order_id, o.version < f.version as past,
    case when o.version < f.version then 'its row is behind what was told' else 'its lines do not fit it' end as what
  from (select subject, max(version) as version from fact where of_order and subject <= $4::uuid group by subject) f
  left join orders o on o.id = f.subject
  left join lateral (select ${LINES} from holds h where h.order_id = f.subject) l on true
  where not coalesce(o.version >= f.version and ${FITS}, false)),
late_move as (
  select m.order_id, true as past, 'a movement (' || m.type || ') does not fit its line' as what
  from moved m left join holds h on h.order_id = m.order_id and h.product_id = m.product left join ${MOVES} on t.type = m.type
  where m.age = 0 and not coalesce(m.on_hand_delta = t.on_hand * h.quantity and m.reserved_delta = t.reserved * h.quantity
    and (t.states is null or h.state = any (t.states::text[])), false))
select json_build_object(
  'lanes', (select coalesce(json_agg(x), '[]') from (select lane, count(*) as facts, sum(seq) as seqs from fact group by lane) x),
  'products', (select count(*) from touched),
  'differ', ${shown("*", "product")},
  'late', ${shown("*", "(select * from late_order union all select * from late_move) y")},
  'told', (select coalesce(json_agg(x), '[]') from (
    select case when subject <= $4::uuid then 0 when subject <= $5::uuid then 1 else 2 end as age, count(*) as versions,
      count(*) filter (where version = 1) as orders, bit_xor(uuid_hash_extended(subject, 0)) filter (where version = 1)::text as mark
    from fact where of_order group by 1) x),
  'moved', (select coalesce(json_agg(x), '[]') from (
    select age, count(*) as moves, bit_xor(${mark("type", "on_hand_delta", "reserved_delta", "product", "order_id")})::text as mark
    from moved where order_id is not null group by 1) x),
  'newest', greatest((select subject from fact where of_order order by subject desc limit 1),
    (select order_id from moved where order_id is not null order by order_id desc limit 1)))::text as found`

/** Orders and holds with ids behind $1 up to $2: what facts and movements must have said of them, and which do not fit. */
export const ROWS = `
with line as materialized (
  select h.order_id, ${LINES}, sum(${HOLD_MOVES}) as moves, bit_xor(${HOLD_MARK}) as mark
  from holds h where h.order_id > $1::uuid and h.order_id <= $2::uuid group by h.order_id),
whole as materialized (
  select o.id, coalesce(o.id, l.order_id) as order_id, o.version, l.moves, l.mark,
    case when o.id is null then l.held + l.confirmed + l.returned = 0 else coalesce(${FITS}, false) end as fits
  from (select * from orders where id > $1::uuid and id <= $2::uuid) o full join line l on l.order_id = o.id)
select json_build_object('orders', count(id), 'versions', coalesce(sum(version), 0), 'told', bit_xor(uuid_hash_extended(id, 0))::text,
  'moves', coalesce(sum(moves), 0), 'moved', bit_xor(mark)::text,
  'differ', ${shown("order_id, 'its lines do not fit it' as what", "whole where not fits")})::text as found
from whole`

/** Which of them they are, when the sums differ: $4 and $5 as above, of the facts since $2. */
export const DIFFERING = `
with ${FACTS}, ${TOUCHED},
moved as materialized (
  select m.product_id, m.order_id, m.reserved_delta as units from touched t
  join movements m on m.product_id = t.product and m.version >= t.lo and m.version <= t.hi
  where m.type = 'reserved' and m.order_id > $4::uuid and m.order_id <= $5::uuid),
told as materialized (select subject from fact where of_order and version = 1 and subject > $4::uuid and subject <= $5::uuid),
found as (
  select o.id as order_id, null::uuid as product, 0::bigint as units, 'no fact tells of it' as what from orders o
  where o.id > $4::uuid and o.id <= $5::uuid and not exists (select from told t where t.subject = o.id)
  union all
  select t.subject, null, 0, 'it was told of, and is not there' from told t
  where not exists (select from orders o where o.id = t.subject)
  union all
  select h.order_id, h.product_id, case when h.state in ('tentative', 'held', 'confirmed') then h.quantity else 0 end,
    'no movement reserved its units' from holds h
  where h.order_id > $4::uuid and h.order_id <= $5::uuid and not exists (
    select from moved m where m.order_id = h.order_id and m.product_id = h.product_id and m.units = h.quantity)
  union all
  select m.order_id, m.product_id, 0, 'units are reserved for a line that is not there' from moved m
  where not exists (select from holds h where h.order_id = m.order_id and h.product_id = m.product_id))
select coalesce(json_agg(x), '[]')::text as found from (select * from found limit 200) x`

/**
 * What stands beyond all that was told of ($1): nothing. And stock beside the newest movements: of the next products after $2, and
 * of those that have differed before ($3). What became of orders ($4) and stretches of lanes ($5, $6, $7) that differed.
 */
export const STANDING = `
with swept as materialized (select id as product from products where id > $2::uuid order by id limit ${SWEPT}),
beyond as (
  (select o.id as order_id, null::uuid as product, 0::bigint as units from orders o where o.id > $1::uuid order by o.id limit ${SHOWN_MAX})
  union all
  (select h.order_id, h.product_id, case when h.state in ('tentative', 'held', 'confirmed') then h.quantity else 0 end
    from holds h where h.order_id > $1::uuid order by h.order_id limit ${SHOWN_MAX}))
select json_build_object(
  'beyond', (select coalesce(json_agg(b), '[]') from beyond b),
  'differ', ${shown("*", `(select w.product, ${STOOD}, ${STOCK_DIFFERS} as stock_differs from swept w ${STANDS("w.product")}) y where stock_differs`)},
  'known', (select coalesce(json_agg(y), '[]') from (
    select k.product, ${STOOD}, ${STOCK_DIFFERS} as stock_differs from unnest($3::uuid[]) k (product) ${STANDS("k.product")}) y),
  'orders', (select coalesce(json_agg(y), '[]') from (
    select k.id as order_id, o.id is not null or exists (select from holds h where h.order_id = k.id) as there,
      o.id is not null and coalesce(${FITS}, false) as fits
    from unnest($4::uuid[]) k (id) left join orders o on o.id = k.id
    left join lateral (select ${LINES} from holds h where h.order_id = k.id) l on true) y),
  'lanes', (select coalesce(json_agg(y), '[]') from (
    select w.lane, w.since, (select count(*) from outbox f where f.lane = w.lane and f.seq > w.since and f.seq <= w.till) as facts
    from unnest($5::smallint[], $6::bigint[], $7::bigint[]) w (lane, since, till)) y),
  'last', (select case when count(*) = ${SWEPT} then (array_agg(product order by product desc))[1] end from swept))::text as found`

/** Null: a look that another process has taken in the meantime is rolled back by the server (40001). */
export const KEEP = "update audit set state = $1::jsonb, holder = $2::uuid, looked_at = now() where one"
