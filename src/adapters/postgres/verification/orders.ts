/** What must hold of orders, holds (which are their lines) and idempotency keys. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** A hold counts against stock while it is one of these. */
const LIVE = "('tentative', 'held')"

/** What a hold's state says must have happened to its units: movements of each type, beside the one that reserved them. */
const ENDS = `(values
  ('tentative', 0, 0, 0, 0), ('held', 0, 0, 0, 0), ('released', 1, 0, 0, 0), ('expired', 0, 1, 0, 0),
  ('confirmed', 0, 0, 1, 0), ('returned', 0, 0, 1, 1)) e (state, released, expired, confirmed, restocked)`

const MOVED = `
  select order_id, product_id,
    count(*) filter (where type = 'reserved') as reserved,
    count(*) filter (where type = 'released') as released,
    count(*) filter (where type = 'expired') as expired,
    count(*) filter (where type = 'confirmed') as confirmed,
    count(*) filter (where type = 'restocked') as restocked
  from movements where order_id is not null group by order_id, product_id`

/** How each type of movement of an order moves stock, as multiples of the hold's units. */
const MOVES = `(values ('reserved', 0, 1), ('released', 0, -1), ('expired', 0, -1), ('confirmed', -1, -1), ('restocked', 1, 0))
  t (type, on_hand, reserved)`

/**
 * A hold ends with its order, except that holds on other workers may follow a moment later, while the order says so
 * (`elsewhere`). A paid order that is cancelled before its confirmation came to a worker has its units there released.
 */
const FITS = `case o.status
  when 'reserved' then h.state = 'held'
  when 'cancelled' then h.state in ('released', 'returned') or (o.elsewhere and h.state in ('held', 'confirmed'))
  when 'expired' then h.state = 'expired' or (o.elsewhere and h.state = 'held')
  when 'payment_failed' then h.state = 'released' or (o.elsewhere and h.state = 'held')
  else h.state = 'confirmed' or (o.elsewhere and h.state = 'held') end`

/** Keys are kept at least this long; an order that is older may have outlived its key. */
const RETENTION = "interval '24 hours'"

const UNITS = `
  select h.product_id, h.customer_id, sum(h.quantity) as units
  from holds h join products p on p.id = h.product_id
  where p.purchase_limit is not null and h.state in ('tentative', 'held', 'confirmed')
  group by h.product_id, h.customer_id`

export const ORDER_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I1",
    // A limit that was lowered takes nothing away.
    name: "no customer has more than a product's purchase limit, or the highest it ever had",
    query: `select u.product_id, u.customer_id, u.units, p.purchase_limit
      from (${UNITS}) u join products p on p.id = u.product_id
      where u.units > greatest(p.purchase_limit, (
        select max(v.purchase_limit) from product_versions v where v.product_id = u.product_id)) order by 1, 2`,
  },
  {
    law: "I3",
    name: "the units counted for a purchase limit are those the customer has",
    query: `select coalesce(u.product_id, c.product_id) as product_id, coalesce(u.customer_id, c.customer_id) as customer_id,
        coalesce(u.units, 0) as held, coalesce(c.units, 0) as counted
      from (${UNITS}) u
      full join (
        select c.* from customer_units c join products p on p.id = c.product_id where p.purchase_limit is not null) c
        on c.product_id = u.product_id and c.customer_id = u.customer_id
      where coalesce(u.units, 0) <> coalesce(c.units, 0) order by 1, 2`,
  },
  {
    law: "I3",
    name: "reserved units are exactly the units held",
    query: `select s.product_id, s.reserved, coalesce(h.units, 0) as held
      from stock s full join (
        select product_id, sum(quantity) as units from holds where state in ${LIVE} group by product_id) h
        on h.product_id = s.product_id
      where s.reserved is distinct from coalesce(h.units, 0) order by 1`,
  },
  {
    law: "I3",
    name: "every hold has its order",
    // A tentative hold has none yet, and one that was given up never got one.
    query: `select h.order_id, h.product_id, h.state from holds h left join orders o on o.id = h.order_id
      where (o.id is null and h.state in ('held', 'confirmed', 'returned'))
        or (o.id is not null and (h.state = 'tentative' or h.customer_id <> o.customer_id or h.currency <> o.currency))
      order by 1, 2`,
  },
  {
    law: "I3",
    name: "an order's total is the sum of its lines",
    query: `select o.id as order_id, o.total_amount, l.total as lines
      from orders o left join (
        select order_id, sum(quantity * unit_price) as total from holds group by order_id) l on l.order_id = o.id
      where o.total_amount is distinct from l.total order by 1`,
  },
  {
    law: "I3",
    name: "a line names a product, in its currency",
    query: `select h.order_id, h.product_id, h.unit_price, h.currency, p.price_currency
      from holds h left join products p on p.id = h.product_id
      where p.id is null or h.currency <> p.price_currency order by 1, 2`,
  },
  {
    law: "I3",
    name: "an order's movements are of its lines, by their units",
    query: `select m.product_id, m.version, m.type, m.order_id, m.on_hand_delta, m.reserved_delta, h.quantity
      from movements m
      left join holds h on h.order_id = m.order_id and h.product_id = m.product_id
      left join ${MOVES} on t.type = m.type
      where (m.order_id is not null and (h.quantity is null or t.type is null
          or m.on_hand_delta <> t.on_hand * h.quantity or m.reserved_delta <> t.reserved * h.quantity))
        or (m.order_id is null and t.type is not null)
      order by 1, 2`,
  },
  {
    law: "I5",
    name: "every order has its key",
    query: `select o.id as order_id, o.created_at from orders o
      where o.created_at > now() - ${RETENTION}
        and not exists (select from idempotency_keys k where k.order_id = o.id and k.route = 'orders')
      order by 1`,
  },
  {
    law: "I5",
    name: "no order was placed by two keys",
    query: `select order_id, count(*) as keys, min(key) as one, max(key) as other
      from idempotency_keys where route = 'orders' and order_id is not null
      group by order_id having count(*) > 1 order by 1`,
  },
  {
    law: "I5",
    name: "a key's order exists and can have been answered so",
    query: `select k.route, k.key, k.order_id, k.order_status as answered, o.status
      from idempotency_keys k left join orders o on o.id = k.order_id
      where k.order_id is not null and (o.id is null or not case k.order_status
        when 'reserved' then true
        when 'paid' then o.status in ('paid', 'shipped', 'delivered', 'cancelled')
        else o.status = k.order_status end)
      order by 1, 2`,
  },
  {
    law: "I5",
    name: "a key that created a product or moved stock did so, and did so alone",
    query: `select w.route, w.key, w.subject, w.version from (
        select route, key, coalesce(reply -> 'product' ->> 'id', reply ->> 'productId')::uuid as subject,
          coalesce((reply -> 'stock' ->> 'version')::bigint, 1) as version, reply -> 'product' is not null as is_product,
          count(*) over (partition by reply -> 'product' ->> 'id', reply ->> 'productId', reply -> 'stock' ->> 'version') as keys
        from (select route, key, answer::jsonb as reply from idempotency_keys where answer is not null) k) w
      left join movements m on m.product_id = w.subject and m.version = w.version
      where w.keys > 1 or m.type is distinct from
        case w.route when 'products' then 'created' when 'receipts' then 'received' when 'adjustments' then 'adjusted'
          when 'imports' then case when w.is_product then 'created' else 'adjusted' end end
      order by 1, 2`,
  },
  {
    law: "I11",
    name: "holds stand as their orders do",
    query: `select h.order_id, h.product_id, h.state, o.status from holds h join orders o on o.id = h.order_id
      where not ${FITS} order by 1, 2`,
  },
  {
    law: "I11",
    name: "a hold begins once and ends at most once",
    query: `select h.order_id, h.product_id, h.state, m.reserved, m.released, m.expired, m.confirmed, m.restocked
      from holds h join ${ENDS} on e.state = h.state
      left join (${MOVED}) m on m.order_id = h.order_id and m.product_id = h.product_id
      where (m.reserved, m.released, m.expired, m.confirmed, m.restocked)
        is distinct from (1, e.released, e.expired, e.confirmed, e.restocked)
      order by 1, 2`,
  },
]
