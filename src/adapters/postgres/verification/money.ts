/**
 * What must hold of the money of orders, as the tables have it; the provider's own books are compared by `jaego reconcile`. Each query
 * selects the rows that break it.
 *
 * There are two witnesses beside the order itself: its units, which leave the shelf when it is paid and come back when it is called
 * off, and its facts, as long as they are kept.
 */
import type { Check } from "./check.ts"
import { HORIZON } from "./facts.ts"

/** Facts by which money was taken and given back. */
const TAKEN = "('jaego.order.paid.v1', 'jaego.order.refund-due.v1')"
const GIVEN_BACK = "'jaego.order.refunded.v1'"

/** How often the price of an order is with the shop, as its state says; what is due is not given back yet. */
const OWED = "case when o.status in ('paid', 'shipped', 'delivered') or o.refund = 'due' then 1 else 0 end"

export const MONEY_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I14",
    name: "what was taken and not given back is what the order's state says is owed",
    // Of an older order some facts may have gone.
    query: `select o.id as order_id, o.status, o.refund, f.taken, f.given_back from orders o join (
        select subject, count(*) filter (where type in ${TAKEN}) as taken, count(*) filter (where type = ${GIVEN_BACK}) as given_back
        from outbox where subject_kind = 'order' group by subject) f on f.subject = o.id
      where o.created_at >= ${HORIZON} and (f.taken > 1 or f.given_back > f.taken or f.taken - f.given_back <> ${OWED})
      order by 1`,
  },
  {
    law: "I14",
    name: "whose goods have come back has the money back, or is owed it",
    query: `select distinct o.id as order_id, o.status, o.refund from orders o join holds h on h.order_id = o.id
      where h.state = 'returned' and o.refund = 'none' order by 1`,
  },
  {
    law: "I14",
    name: "only an order that has ended gives money back",
    query: `select id as order_id, status, refund from orders
      where refund <> 'none' and status not in ('cancelled', 'expired', 'payment_failed') order by 1`,
  },
]
