/** What must hold of products, stock and movements. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** The lane an id lies in: the low six bits of its last byte (see `domain/lane.ts`). */
const laneOf = (id: string) => `(get_byte(uuid_send(${id}), 15) & 63)`

export const STOCK_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I1",
    name: "no stock is negative or oversold",
    query: `select product_id, on_hand, reserved, version from stock
      where not (on_hand >= reserved and reserved >= 0) order by product_id`,
  },
  {
    law: "I1",
    name: "no movement left stock negative or oversold",
    query: `select product_id, version, type, on_hand, reserved from movements
      where not (on_hand >= reserved and reserved >= 0) order by product_id, version`,
  },
  {
    law: "I2",
    name: "a product's versions are contiguous from 1",
    query: `select product_id, version, previous from (
        select product_id, version, coalesce(lag(version) over (partition by product_id order by version), 0) as previous
        from movements) m
      where version <> previous + 1 order by product_id, version`,
  },
  {
    law: "I2",
    name: "a product's stock stands at its last version",
    query: `select s.product_id, s.version as stock, m.version as movements
      from stock s full join (select product_id, max(version) as version from movements group by product_id) m
        on m.product_id = s.product_id
      where s.version is distinct from m.version order by 1`,
  },
  {
    law: "I2",
    name: "everything lies in the lane of its id",
    query: `select 'product' as kind, id, lane from products where lane <> ${laneOf("id")}
      union all
      select 'hold', product_id, lane from holds where lane <> ${laneOf("product_id")}
      union all
      select 'fact', subject, lane from outbox where lane <> ${laneOf("subject")}`,
  },
  {
    law: "I3",
    name: "every product has its stock",
    query: `select coalesce(p.id, s.product_id) as product_id, p.id is null as without_product, s.product_id is null as without_stock
      from products p full join stock s on s.product_id = p.id where p.id is null or s.product_id is null`,
  },
  {
    law: "I3",
    name: "a product's movements add up",
    query: `select product_id, version, type, on_hand, reserved, on_hand_before, reserved_before from (
        select *, coalesce(lag(on_hand) over w, 0) as on_hand_before, coalesce(lag(reserved) over w, 0) as reserved_before
        from movements window w as (partition by product_id order by version)) m
      where on_hand <> on_hand_before + on_hand_delta or reserved <> reserved_before + reserved_delta
      order by product_id, version`,
  },
  {
    law: "I3",
    name: "a product's movements sum to its stock",
    query: `select s.product_id, s.on_hand, s.reserved, m.on_hand as on_hand_moved, m.reserved as reserved_moved
      from stock s left join (
        select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from movements group by product_id) m
        on m.product_id = s.product_id
      where s.on_hand is distinct from m.on_hand or s.reserved is distinct from m.reserved order by 1`,
  },
]
