/** What must hold of products and their versions. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** All versions; `until`: of the stock, when it ended, null for the one that stands. */
const VERSIONS = `
  select product_id, version, stock_version as until, name, price_amount, purchase_limit, archived from product_versions
  union all
  select id, version, null, name, price_amount, purchase_limit, archived from products`

/** The version that ended first at the stock version of a movement `m`, or later: its units were sold by it. None: by the one that stands. */
const ENDED = `select v.* from product_versions v
  where v.product_id = m.product_id and v.stock_version >= m.version order by v.version limit 1`

export const PRODUCT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I15",
    name: "a product's versions are contiguous from 1, and ended one after another",
    query: `select product_id, version, until, previous, previous_until from (
        select product_id, version, until, coalesce(lag(version) over w, 0) as previous, lag(until) over w as previous_until
        from (${VERSIONS}) v window w as (partition by product_id order by version)) v
      where version <> previous + 1 or until < previous_until order by 1, 2`,
  },
  {
    law: "I15",
    name: "a product and its stock agree on its version",
    query: `select p.id as product_id, p.version, s.product_version from products p join stock s on s.product_id = p.id
      where s.product_version <> p.version order by 1`,
  },
  {
    law: "I15",
    name: "a line bears the price of the version by which its units were reserved, and none was reserved of an archived one",
    query: `select h.order_id, h.product_id, h.unit_price, coalesce(v.version, p.version) as version,
        coalesce(v.price_amount, p.price_amount) as price, coalesce(v.archived, p.archived) as archived
      from movements m join holds h on h.order_id = m.order_id and h.product_id = m.product_id
        join products p on p.id = m.product_id left join lateral (${ENDED}) v on true
      where m.type = 'reserved'
        and (h.unit_price <> coalesce(v.price_amount, p.price_amount) or coalesce(v.archived, p.archived)) order by 1, 2`,
  },
  {
    law: "I15",
    name: "an edit's fact says what the version says",
    query: `select f.lane, f.seq, f.subject as product_id, f.subject_version as version
      from outbox f join (${VERSIONS}) v on v.product_id = f.subject and v.version = f.subject_version
      where f.subject_kind = 'product' and (f.payload::jsonb ->> 'name', (f.payload::jsonb -> 'price' ->> 'amount')::bigint,
          (f.payload::jsonb ->> 'purchaseLimit')::bigint, (f.payload::jsonb ->> 'archived')::boolean)
        is distinct from (v.name, v.price_amount, v.purchase_limit, v.archived) order by 1, 2`,
  },
]
