/** What must hold of orders that were paid and have not been given to shipping. The query selects the rows that break it. */
import type { Check } from "./check.ts"

/**
 * From the payment (minutes): the consumer takes a second, the sweep that looks after it half a minute. By the shop's own time, which
 * stands still while the service does: a copy of yesterday's database is as right as it was.
 */
const PATIENCE_MINUTES = 10

export const MISSING_SHIPMENT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I13",
    name: "no paid order waits for its shipment",
    query: `with waiting as materialized (
        select o.id from orders o where o.status = 'paid' and not exists (select from shipments s where s.order_id = o.id)
      ), paid as (
        select m.order_id, max(m.at) as paid_at from movements m join waiting w on w.id = m.order_id
        where m.type = 'confirmed' group by m.order_id
      )
      select p.order_id, p.paid_at from paid p
      where p.paid_at < (select max(at) from movements) - interval '${PATIENCE_MINUTES} minutes' order by 1`,
  },
]
