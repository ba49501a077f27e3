/** What must hold of products, stock, movements and the outbox. Each query selects the rows that break it. */
import type { Check } from "./check.ts"

/** The lane an id lies in: the low six bits of its last byte (see `domain/lane.ts`). */
const laneOf = (id: string) => `(get_byte(uuid_send(${id}), 15) & 63)`

/** Every change there ever was: a movement, or a version of an order. */
const CHANGES = `
  select 'stock' as kind, product_id as subject, version from movements
  union all
  select 'order', o.id, g.version from orders o, generate_series(1, o.version) g (version)`

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
  {
    law: "I3",
    name: "every change has exactly one fact in the outbox",
    query: `select coalesce(c.kind, f.kind) as kind, coalesce(c.subject, f.subject) as subject,
        coalesce(c.version, f.version) as version, c.subject is not null as changed, coalesce(f.facts, 0) as facts
      from (${CHANGES}) c
      full join (
        select subject_kind as kind, subject, subject_version as version, count(*) as facts
        from outbox group by subject_kind, subject, subject_version) f
        on f.kind = c.kind and f.subject = c.subject and f.version = c.version
      where c.subject is null or f.facts is distinct from 1 order by 1, 2, 3`,
  },
  {
    law: "I3",
    name: "a lane's facts are numbered without a gap up to its seq",
    query: `select l.lane, l.seq, count(f.seq) as facts, min(f.seq) as first, max(f.seq) as last
      from lanes l full join outbox f on f.lane = l.lane
      group by l.lane, l.seq
      having count(f.seq) is distinct from l.seq or coalesce(min(f.seq), 1) <> 1 or coalesce(max(f.seq), 0) <> l.seq
      order by l.lane`,
  },
  {
    law: "I3",
    name: "a subject's facts stand in the order of its versions",
    query: `select lane, seq, subject, version, previous from (
        select lane, seq, subject, subject_version as version,
          lag(subject_version) over (partition by subject_kind, subject order by lane, seq) as previous
        from outbox) f
      where version < previous order by lane, seq`,
  },
  {
    law: "I3",
    name: "a stock fact says what its movement says",
    query: `select f.lane, f.seq, f.subject, f.subject_version as version, f.type as fact, m.type as movement
      from outbox f join movements m on m.product_id = f.subject and m.version = f.subject_version
      where f.subject_kind = 'stock' and f.type <> 'jaego.stock.' || m.type || '.v1' order by f.lane, f.seq`,
  },
  {
    law: "I3",
    name: "no two facts have one event id",
    query: `select event_id, count(*) as facts from outbox group by event_id having count(*) > 1`,
  },
]
