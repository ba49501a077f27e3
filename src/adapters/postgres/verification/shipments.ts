/** What must hold of shipments. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** Where the order of a shipment that is done must stand; the order says so first. */
const FITS = `case s.state
  when 'shipped' then o.status in ('shipped', 'delivered')
  when 'delivered' then o.status = 'delivered'
  when 'cancelled' then o.status = 'cancelled'
  when 'stray' then o.status = 'cancelled'
  else true end`

export const SHIPMENT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I13",
    name: "only what was paid is to be shipped",
    query: `select s.order_id, s.state, o.status, o.refund from shipments s left join orders o on o.id = s.order_id
      where o.id is null or o.status in ('reserved', 'expired', 'payment_failed')
        or (o.status = 'cancelled' and o.refund = 'none')
      order by 1`,
  },
  {
    law: "I13",
    name: "a paid order has its shipment, once that was heard",
    query: `select k.key as order_id, k.version from consumer_keys k left join shipments s on s.order_id::text = k.key
      where k.consumer = 'shipping' and s.order_id is null order by 1`,
  },
  {
    law: "I13",
    name: "what is shipped was given to the carrier",
    query: `select o.id as order_id, o.status, s.state, s.attempts from orders o left join shipments s on s.order_id = o.id
      where o.status in ('shipped', 'delivered') and (s.order_id is null or s.attempts = 0 or s.state in ('cancelled', 'stray'))
      order by 1`,
  },
  {
    law: "I13",
    name: "a shipment that is done stands as its order does",
    query: `select s.order_id, s.state, o.status, s.next_attempt_at from shipments s join orders o on o.id = s.order_id
      where not (${FITS}) or (s.state in ('open', 'withdrawn')) = (s.next_attempt_at is null) order by 1`,
  },
  {
    law: "I13",
    name: "no two orders share a parcel",
    query: `select tracking_id, count(*) as orders from shipments where tracking_id is not null
      group by tracking_id having count(*) > 1`,
  },
]
