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

/** A number for each type of movement that orders make. */
const TYPES = ["reserved", "confirmed", "released", "expired", "restocked"] as const
const codeOf = (type: (typeof TYPES)[number]): number => TYPES.indexOf(type) + 1
const CODE = `case m.type ${TYPES.map((type) => `when '${type}' then ${codeOf(type)}`).join(" ")} else 0 end`

/** Of one movement of one order's line; `seed`: the hash of its product. */
const mark = (seed: string, order: string, code: string | number, onHand: string, reserved: string) =>
  `uuid_hash_extended(${order}, ${seed} # ((${onHand}) << 32) # ((${reserved}) << 3) # ${code})`

/** Of a hold: what its movements must be, as far as its state says. */
const SEED = "uuid_hash_extended(h.product_id, 0)"
const heldMark = (type: (typeof TYPES)[number], onHand: string, reserved: string) =>
  mark(SEED, "h.order_id", codeOf(type), onHand, reserved)
const HOLD_MARK = `${heldMark("reserved", "0::bigint", "h.quantity")} # case h.state
  when 'held' then 0::bigint
  when 'released' then ${heldMark("released", "0::bigint", "-h.quantity")}
  when 'expired' then ${heldMark("expired", "0::bigint", "-h.quantity")}
  when 'confirmed' then ${heldMark("confirmed", "-h.quantity", "-h.quantity")}
  when 'returned' then ${heldMark("confirmed", "-h.quantity", "-h.quantity")} # ${heldMark("restocked", "h.quantity", "0::bigint")}
  else 0::bigint end`
const HOLD_MOVES = "case h.state when 'held' then 1 when 'tentative' then 1 when 'returned' then 3 else 2 end"

/** A bit for each state of a hold: one number says which states the lines of an order have. */
const HELD = 1
const CONFIRMED = 2
const RELEASED = 4
const EXPIRED = 8
const RETURNED = 16
const HOLD_STATE = `case h.state when 'held' then ${HELD} when 'confirmed' then ${CONFIRMED} when 'released' then ${RELEASED}
  when 'expired' then ${EXPIRED} when 'returned' then ${RETURNED} else 32 end`
const STATES = `bit_or(${HOLD_STATE})`

/** Lines of an order. */
const LINES = `sum(h.quantity * h.unit_price) as total, ${STATES} as states`

/** Whether an order `o` and its lines `l` stand as they must, also while holds on other workers follow (`elsewhere`). */
const FITS = `o.total_amount = l.total and l.states & ~(case o.status
  when 'reserved' then ${HELD}
  when 'cancelled' then ${RELEASED | RETURNED} | case when o.elsewhere then ${HELD | CONFIRMED} else 0 end
  when 'expired' then ${EXPIRED} | case when o.elsewhere then ${HELD} else 0 end
  when 'payment_failed' then ${RELEASED} | case when o.elsewhere then ${HELD} else 0 end
  else ${CONFIRMED} | case when o.elsewhere then ${HELD} else 0 end end) = 0`

/** The state that all lines of an order have; one that a cancelled order's may have. */
const ORDER_STATE = `case o.status when 'reserved' then ${HELD} when 'cancelled' then ${RELEASED} when 'expired' then ${EXPIRED}
  when 'payment_failed' then ${RELEASED} else ${CONFIRMED} end`

/** Minor units whose product with a weight is still a bigint, some 21 million euros. */
const WEIGHED_MAX = 2 ** 31 - 1
const AMOUNT = "h.quantity * h.unit_price"

/** Odd, so never 0. Amounts beyond WEIGHED_MAX are cut here, and not taken as weighed. */
const weight = (order: string, state: string, amount: string) =>
  `((uuid_hash_extended(${order}, ${state}) & ${WEIGHED_MAX}) | 1) * ((${amount}) & ${WEIGHED_MAX})`

/** Facts of these stretches of lanes: $1 lanes, $2 behind which seq, $3 up to which. */
const FACTS = `fact as materialized (
  select f.lane, f.seq, f.subject_kind = 'order' as of_order, f.subject_kind = 'stock' as of_stock, f.subject, f.subject_version as version
  from unnest($1::smallint[], $2::bigint[], $3::bigint[]) w (lane, since, till)
  join outbox f on f.lane = w.lane and f.seq > w.since and f.seq <= w.till)`

const TOUCHED = `touched as materialized (
  select subject as product, min(version) as lo, max(version) as hi, count(*) as facts, sum(version) as total
  from fact where of_stock group by subject)`

/**
 * One row by its key (`offset 0`): as a join it would be read once for each row of the other side, or the table as a whole, where a
 * plan was made when the tables were small and facts were few.
 */
const ONE = (table: string, name: string, key: string) =>
  `left join lateral (select * from ${table} where ${key} offset 0) ${name} on true`

/** A product's stock row stands where its newest movement does. Null: it does. */
const STOCK_DIFFERS = `(s.version is distinct from l.version or s.on_hand is distinct from l.on_hand or s.reserved is distinct from l.reserved
  or not (s.on_hand >= s.reserved and s.reserved >= 0))`
const STANDS = (product: string) => `
  ${ONE("stock", "s", `product_id = ${product}`)}
  left join lateral (select m.version, m.on_hand, m.reserved from movements m where m.product_id = ${product}
    order by m.version desc limit 1) l on true`
const STOOD =
  "s.on_hand, s.reserved, s.version, l.on_hand as moved_on_hand, l.reserved as moved_reserved, l.version as moved_version"

/** How a movement leaves a type of hold: its multiples of the units, and the states that the hold then has. */
const MOVES = `(values ('reserved', 0, 1, null), ('released', 0, -1, '{released}'), ('expired', 0, -1, '{expired}'),
  ('confirmed', -1, -1, '{confirmed,returned}'), ('restocked', 1, 0, '{returned}')) t (type, on_hand, reserved, states)`

const shown = (columns: string, from: string) =>
  `(select coalesce(json_agg(x), '[]') from (select ${columns} from ${from} limit ${SHOWN_MAX}) x)`

/** Of where a product stands at a version. */
const stand = (version: string, onHand: string, reserved: string) =>
  `hashint8extended(${reserved}, (${onHand}) # ((${version}) << 32))`

/** Of a version that is told of, or moved to. Seeded as no stand is: before the first version nothing is on hand. */
const versionMark = (version: string) => `hashint8extended(${version}, -1)`

/** Keys of the order facts of a window: their `age` is 0 late, 1 between the borders, 2 beyond. No product has such an id. */
const AGES = [0, 1, 2] as const
const keyOf = (age: (typeof AGES)[number]): string => `'00000000-0000-0000-0000-00000000000${age}'::uuid`
const KEY = `case f.subject_kind when 'stock' then f.subject
  when 'order' then case when f.subject > $5::uuid then ${keyOf(2)} when f.subject > $4::uuid then ${keyOf(1)} else ${keyOf(0)} end end`
const AGE = `case key ${AGES.map((age) => `when ${keyOf(age)} then ${age}`).join(" ")} end`

/** Movements of the versions that facts of the window tell of: beside them one on each side is read. */
const TOLD = "m.version >= t.lo and m.version <= t.hi"
/** Of these, the movements of orders of an age. */
const BETWEEN = `m.order_id > $4::uuid and m.order_id <= $5::uuid and ${TOLD}`
const BEYOND = `m.order_id > $5::uuid and ${TOLD}`

/** Facts at the end of a stretch that are asked for the greatest id: ids begin with the time, so few of the others are greater. */
const EDGE = 16

/**
 * The window: $4 and $5 are the borders of the ids that are compared next, $6 the greatest id so far.
 *
 * `chain` is the stand at `hi`, by its hash, where each movement begins at the stand where the one before it ended and facts tell of the
 * same versions: each stand is counted as an end and as a beginning, each version as told and as moved, and two that are equal cancel. So
 * no movements are sorted, and a product is as it must be where its stock row has that hash, and there is no movement behind it
 * (`more`). The newest movement is looked up only of the others (`odd`).
 *
 * A microsecond more a fact is some hundredths of the throughput at full load. So each lane is grouped by one key, each product is
 * added up by itself without a group, and no row passes a join, whatever the planner expects (the products of an import are thousands
 * where it expects eight). What is not wanted of each row is asked for in a filter (the text of ids only beyond `edge`, arrays only of
 * the late), the cheapest comparison first; what is, in sums that need no `numeric`.
 */
export const WINDOW = `
with edge as materialized (
  select greatest($6::uuid, (select f.subject from unnest($1::smallint[], $2::bigint[], $3::bigint[]) w (lane, since, till),
    lateral (select g.subject from outbox g where g.lane = w.lane and g.seq > greatest(w.since, w.till - ${EDGE}) and g.seq <= w.till
      and g.subject_kind = 'order') f order by f.subject desc limit 1)) as id),
seen as materialized (
  select w.lane, ${AGE} as age, case when key > ${keyOf(2)} then key end as product, s.*
  from unnest($1::smallint[], $2::bigint[], $3::bigint[]) w (lane, since, till), lateral (
    select ${KEY} as key,
    count(*) as facts, sum((f.seq - w.since)::int) as places, min(f.subject_version) as lo, max(f.subject_version) as hi,
    bit_xor(${versionMark("f.subject_version")}) as told,
    count(*) filter (where f.subject_version = 1) as orders,
    bit_xor(uuid_hash_extended(f.subject, 0)) filter (where f.subject_version = 1) as mark,
    max(f.subject::text collate "C") filter (where f.subject > (select id from edge) and f.subject_kind = 'order') as newest,
    array_agg(row(f.subject, f.subject_version)) filter (where f.subject <= $4::uuid and f.subject_kind = 'order') as late
    from outbox f where f.lane = w.lane and f.seq > w.since and f.seq <= w.till group by 1) s),
moved as materialized (
  select t.product, t.lo, t.hi, t.facts, s.* from (
    select product, uuid_hash_extended(product, 0) as seed, lo, hi, facts, told from seen where product is not null offset 0) t, lateral (
    select count(*) filter (where ${TOLD}) as moves, count(*) filter (where m.version > t.hi) as more,
    count(*) filter (where ${BETWEEN}) as between_moves, bit_xor(${mark("t.seed", "m.order_id", CODE, "m.on_hand_delta", "m.reserved_delta")}) filter (where ${BETWEEN}) as between_mark,
    count(*) filter (where ${BEYOND}) as beyond_moves, bit_xor(${mark("t.seed", "m.order_id", CODE, "m.on_hand_delta", "m.reserved_delta")}) filter (where ${BEYOND}) as beyond_mark,
    max(m.order_id::text collate "C") filter (where m.order_id > (select id from edge) and ${TOLD}) as newest,
    bit_xor(${stand("m.version", "m.on_hand", "m.reserved")} # case when m.version >= t.lo
        then ${stand("m.version - 1", "m.on_hand - m.on_hand_delta", "m.reserved - m.reserved_delta")} # ${versionMark("m.version")} else 0 end)
      filter (where m.version <= t.hi) # t.told # case when t.lo = 1 then ${stand("0::bigint", "0::bigint", "0::bigint")} else 0 end as chain,
    count(*) filter (where not (m.on_hand >= m.reserved and m.reserved >= 0) and m.version <= t.hi) as unlawful,
    array_agg(row(m.order_id, m.type, m.on_hand_delta, m.reserved_delta)) filter (where m.order_id <= $4::uuid and ${TOLD}) as late
    from movements m where m.product_id = t.product and m.version >= t.lo - 1 and m.version <= t.hi + 1) s),
odd as materialized (
  select t.product, t.lo, t.hi, t.facts, t.moves, t.chain, t.unlawful from moved t ${ONE("stock", "s", "product_id = t.product")}
  where not coalesce(t.more = 0 and t.facts = t.hi - t.lo + 1 and t.moves = t.facts and t.unlawful = 0
    and t.chain = ${stand("s.version", "s.on_hand", "s.reserved")} and s.on_hand >= s.reserved and s.reserved >= 0, false)),
product as (
  select t.product, t.lo, t.hi, t.facts, t.moves, ${STOOD}, ${STOCK_DIFFERS} as stock_differs
  from odd t ${STANDS("t.product")} ${ONE("movements", "e", "product_id = t.product and version = t.hi")}
  where t.facts <> t.hi - t.lo + 1 or t.moves <> t.facts or t.unlawful > 0 or ${STOCK_DIFFERS} or s.version < t.hi
    or t.chain is distinct from ${stand("e.version", "e.on_hand", "e.reserved")}),
late_order as (
  select f.subject as order_id, o.version < f.version as past,
    case when o.version < f.version then 'its row is behind what was told' else 'its lines do not fit it' end as what
  from (select x.subject, max(x.version) as version from seen, unnest(late) x (subject uuid, version bigint)
    where late is not null group by x.subject) f
  ${ONE("orders", "o", "id = f.subject")}
  left join lateral (select ${LINES} from holds h where h.order_id = f.subject) l on true
  where not coalesce(o.version >= f.version and ${FITS}, false)),
late_move as (
  select m.order_id, true as past, 'a movement (' || m.type || ') does not fit its line' as what
  from (select product, x.* from moved, unnest(late) x (order_id uuid, type text, on_hand bigint, reserved bigint) where late is not null) m
  ${ONE("holds", "h", "order_id = m.order_id and product_id = m.product")} left join ${MOVES} on t.type = m.type
  where not coalesce(m.on_hand = t.on_hand * h.quantity and m.reserved = t.reserved * h.quantity
    and (t.states is null or h.state = any (t.states::text[])), false))
select json_build_object(
  'lanes', (select coalesce(json_agg(x), '[]') from (select lane, sum(facts) as facts, sum(places) as places from seen group by lane) x),
  'differ', ${shown("*", "product")},
  'late', ${shown("*", "(select * from late_order union all select * from late_move) y")},
  'told', (select coalesce(json_agg(x), '[]') from (
    select age, sum(facts) as versions, sum(orders) as orders, bit_xor(mark)::text as mark from seen where age is not null group by age) x),
  'moved', (select coalesce(json_agg(x), '[]') from (
    select 1 as age, sum(between_moves) as moves, bit_xor(between_mark)::text as mark from moved
    union all select 2, sum(beyond_moves), bit_xor(beyond_mark)::text from moved) x where moves > 0),
  'products', (select count(*) from moved),
  'newest', greatest((select id::text from edge), (select max(newest) from seen), (select max(newest) from moved)))::text as found`

/** Of products ($1) whose versions $2 to $3 do not add up: how many of them, and the units that they left available beyond what they say. */
export const DRIFT = `
select coalesce(json_agg(x), '[]')::text as found from (
  select t.product, count(*) filter (where gap or unlawful or off <> 0 or changed) as broken, coalesce(sum(off) filter (where not gap), 0) as drift
  from unnest($1::uuid[], $2::bigint[], $3::bigint[]) t (product, lo, hi), lateral (
    select version, version - 1 <> coalesce(lag(version) over w, 0) as gap, not (on_hand >= reserved and reserved >= 0) as unlawful,
      on_hand - coalesce(lag(on_hand) over w, 0) <> on_hand_delta or reserved - coalesce(lag(reserved) over w, 0) <> reserved_delta as changed,
      on_hand - coalesce(lag(on_hand) over w, 0) - on_hand_delta
        - (reserved - coalesce(lag(reserved) over w, 0) - reserved_delta) as off
    from movements where product_id = t.product and version >= t.lo - 1 and version <= t.hi window w as (order by version)) m
  where m.version >= t.lo group by t.product) x`

/** Orders with ids behind $1 up to $2, each with its lines. */
const WHOLE = `(
    select h.order_id, ${LINES} from holds h where h.order_id > $1::uuid and h.order_id <= $2::uuid group by h.order_id) l
  full join (select * from orders where id > $1::uuid and id <= $2::uuid) o on o.id = l.order_id`
const WHOLE_FITS = `case when o.id is null then l.states & ${HELD | CONFIRMED | RETURNED} = 0 else coalesce(${FITS}, false) end`

/**
 * What facts and movements must have said of them, and whether they can only fit each other (`plain`): orders and lines are added up
 * apart, and what an order's lines come to is part of both sums. An order's total, and the amount of each of its lines, is weighed by
 * a hash of its id and of the state that the lines must have. The sums are equal when every order fits, and else only where weights of 31 bits happen to agree.
 *
 * Not plain, so asked for one by one (UNFIT): amounts that weigh nothing (free) or that a weight would carry beyond 64 bits, and states
 * that are lawful in more ways than one (lines still held elsewhere, units returned, lines whose order was never placed).
 *
 * Why: a join of the two costs more than reading both.
 */
export const ROWS = `
select json_build_object('orders', o.orders, 'versions', o.versions, 'told', o.told::text, 'moves', l.moves, 'moved', l.moved::text,
  'plain', o.weight is not distinct from l.weight and coalesce(least(o.lowest, l.lowest) > 0 and greatest(o.highest, l.highest) <= ${WEIGHED_MAX}, true))::text as found
from (
  select count(*) as orders, coalesce(sum(o.version), 0) as versions, bit_xor(uuid_hash_extended(o.id, 0)) as told,
    sum(${weight("o.id", ORDER_STATE, "o.total_amount")}) as weight, min(o.total_amount) as lowest, max(o.total_amount) as highest
  from orders o where o.id > $1::uuid and o.id <= $2::uuid) o, (
  select coalesce(sum(${HOLD_MOVES}), 0) as moves, bit_xor(${HOLD_MARK}) as moved,
    sum(${weight("h.order_id", HOLD_STATE, AMOUNT)}) as weight, min(${AMOUNT}) as lowest, max(${AMOUNT}) as highest
  from holds h where h.order_id > $1::uuid and h.order_id <= $2::uuid) l`

/** Those that do not fit. */
export const UNFIT = `
select ${shown("coalesce(o.id, l.order_id) as order_id, 'its lines do not fit it' as what", `${WHOLE} where not ${WHOLE_FITS}`)}::text as found`

/** The id of an order so many ($3) behind $1, not beyond $2. */
export const BORDER = `
select json_build_object('id', (select id from orders where id > $1::uuid and id <= $2::uuid order by id offset $3 limit 1))::text as found`

/** What is said of an order, or a line, that should be there. */
export const ORDER_MISSING = "it was told of, and is not there"
export const LINE_MISSING = "units are reserved for a line that is not there"

/**
 * Which of them they are, when the sums differ: $4 and $5 as above, of the facts since $2. Both sides are put into one list and grouped
 * by their key. So there is no join, of which a planner with old statistics would compare each row of one side with each of the other.
 */
export const DIFFERING = `
with ${FACTS}, ${TOUCHED},
line as (
  select h.order_id, h.product_id, h.quantity as stands, null::bigint as lowest, null::bigint as highest,
    case when h.state in ('tentative', 'held', 'confirmed') then h.quantity else 0 end as claimed
  from holds h where h.order_id > $4::uuid and h.order_id <= $5::uuid
  union all
  select m.order_id, t.product, null, m.lowest, m.highest, 0 from touched t, lateral (
    select m.order_id, min(m.reserved_delta) as lowest, max(m.reserved_delta) as highest from movements m
    where m.product_id = t.product and m.version >= t.lo and m.version <= t.hi
      and m.type = 'reserved' and m.order_id > $4::uuid and m.order_id <= $5::uuid group by m.order_id) m),
orders_told as (
  select o.id as order_id, 1 as stands, 0 as told from orders o where o.id > $4::uuid and o.id <= $5::uuid
  union all
  select subject, 0, 1 from fact where of_order and version = 1 and subject > $4::uuid and subject <= $5::uuid),
found as (
  select order_id, null::uuid as product, 0::bigint as units,
    case when max(stands) = 1 then 'no fact tells of it' else '${ORDER_MISSING}' end as what
  from orders_told group by order_id having max(stands) <> max(told)
  union all
  select order_id, product_id, max(claimed), case when max(stands) is null then '${LINE_MISSING}' else 'no movement reserved its units' end
  from line group by order_id, product_id
  having max(stands) is null or not coalesce(max(stands) in (min(lowest), max(highest)), false))
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
