/**
 * What must hold of the outbox, of what has left it, and of the relay's cursors. Each query selects the rows that break it.
 *
 * Partitions of the outbox go when their facts have left, and how many went with them is written down (`outbox_dropped`): so a
 * fact may be missing that is older than the last partition that went, but not one that is younger, and the count must be right.
 */
import type { Check } from "./check.ts"

/** The end of the time whose facts have gone. */
export const HORIZON = "(select coalesce(max(until), '-infinity') from outbox_dropped)"

/** How many facts of each lane have gone. */
const DROPPED = "(select lane, sum(facts) as facts from outbox_dropped group by lane)"

/** How many facts each version of a subject has, of these subjects. */
const factsOf = (where: string) => `
  select subject_kind as kind, subject, subject_version as version, count(*) as facts
  from outbox where ${where} group by subject_kind, subject, subject_version`

/** What is shown of a version: whether it came about, and its facts. */
const shown = (change: string, kind: string, subject: string, version: string) =>
  `select ${kind} as kind, ${subject} as subject, ${version} as version, ${change} is not null as changed, coalesce(f.facts, 0) as facts`

/** Movements have the time of their facts: older ones than the facts that are there are only looked for where there is a fact. */
const MOVEMENTS = `
  with doubtful as materialized (
    select coalesce(c.product_id, f.subject) as subject, coalesce(c.version, f.version) as version, c.product_id, f.facts
    from (select product_id, version from movements where at >= ${HORIZON}) c
    full join (${factsOf("subject_kind = 'stock'")}) f on f.subject = c.product_id and f.version = c.version
    where c.product_id is null or f.facts is distinct from 1)
  ${shown("coalesce(f.product_id, m.product_id)", "'stock'", "f.subject", "f.version")}
  from doubtful f left join movements m on m.product_id = f.subject and m.version = f.version
  where m.product_id is null or f.facts is distinct from 1`

const EDITS = `
  ${shown("c.subject", "coalesce(f.kind, 'product')", "coalesce(c.subject, f.subject)", "coalesce(c.version, f.version)")}
  from (select 'product' as kind, product_id as subject, version + 1 as version, ended_at from product_versions) c
  full join (${factsOf("subject_kind not in ('stock', 'order')")}) f on f.kind = c.kind and f.subject = c.subject and f.version = c.version
  where c.subject is null or (f.facts is distinct from 1 and not (f.facts is null and c.ended_at < ${HORIZON}))`

/** Versions whose set is kept as bits. */
const BITS = 62

/**
 * An order's versions are few: which of them have facts is one number, so that orders are compared and not their versions. The times
 * of versions are not known: those that have gone are the first ones of an old order, or all of them.
 */
const ORDERS = `
  with doubtful as materialized (
    select coalesce(o.id, f.subject) as subject, o.version, case when o.created_at < ${HORIZON} then f.first else 1 end as first
    from orders o full join (
      select subject, count(*) as facts, min(subject_version) as first, max(subject_version) as last,
        bit_or(1::bigint << least(subject_version, ${BITS})::int) as versions
      from outbox where subject_kind = 'order' group by subject) f on f.subject = o.id
    where o.id is null or (f.subject is null and o.created_at >= ${HORIZON}) or f.last <> o.version
      or f.last - f.first + 1 <> f.facts or (f.first <> 1 and o.created_at >= ${HORIZON}) or f.last >= ${BITS}
      or f.versions <> (~0::bigint << f.first::int) & ~(~0::bigint << (f.last::int + 1)))
  ${shown("c.subject", "'order'", "coalesce(c.subject, f.subject)", "coalesce(c.version, f.version)")}
  from (select d.subject, g.version from doubtful d, generate_series(d.first, d.version) g (version)) c
  full join (${factsOf("subject_kind = 'order' and subject in (select subject from doubtful)")}) f
    on f.subject = c.subject and f.version = c.version
  where c.subject is null or f.facts is distinct from 1`

export const FACT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I3",
    name: "every change has exactly one fact in the outbox",
    query: `select * from (${MOVEMENTS}) m union all select * from (${EDITS}) e union all select * from (${ORDERS}) o order by 1, 2, 3`,
  },
  {
    law: "I3",
    name: "a lane's facts are numbered without a gap up to its seq",
    query: `select l.lane, l.seq, count(f.seq) as facts, coalesce(max(d.facts), 0) as gone, min(f.seq) as first, max(f.seq) as last
      from lanes l full join outbox f on f.lane = l.lane left join ${DROPPED} d on d.lane = l.lane
      group by l.lane, l.seq
      having count(f.seq) + coalesce(max(d.facts), 0) is distinct from l.seq or count(f.seq) <> count(distinct f.seq)
        or min(f.seq) < 1 or max(f.seq) > l.seq or (max(d.facts) is null and coalesce(min(f.seq), 1) <> 1)
      order by l.lane`,
  },
  {
    law: "I3",
    name: "a subject's facts stand in the order of its versions",
    query: `select lane, seq, subject, version, previous from (
        select lane, seq, subject, subject_version as version,
          lag(subject_version) over (partition by subject, subject_kind collate "C" order by lane, seq) as previous
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
  {
    law: "I7",
    name: "no lane has published more than happened, and nothing has gone that was not published",
    query: `select coalesce(l.lane, c.lane) as lane, l.seq, c.seq as published, coalesce(d.facts, 0) as gone
      from lanes l full join relay_cursors c on c.lane = l.lane left join ${DROPPED} d on d.lane = coalesce(l.lane, c.lane)
      where c.seq is null or l.seq is null or c.seq not between coalesce(d.facts, 0) and l.seq order by 1`,
  },
]
