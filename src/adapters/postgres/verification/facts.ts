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

/** Every change there ever was: a movement, an edit, or a version of an order, with the time before which it was not. */
const CHANGES = `
  select 'stock' as kind, product_id as subject, version, at as since from movements
  union all
  select 'product', product_id, version + 1, ended_at from product_versions
  union all
  select 'order', o.id, g.version, o.created_at from orders o, generate_series(1, o.version) g (version)`

const TOLD = `
  select subject_kind as kind, subject, subject_version as version, count(*) as facts
  from outbox group by subject_kind, subject, subject_version`

/** Of an order's versions the times are not known: those that have gone are its first ones, or all. */
const FIRST_TOLD =
  "select subject, min(subject_version) as version from outbox where subject_kind = 'order' group by subject"
const HAS_GONE = `f.facts is null and c.since < ${HORIZON}
        and (c.kind <> 'order' or o.version is null or c.version < o.version)`

export const FACT_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I3",
    name: "every change has exactly one fact in the outbox",
    query: `select coalesce(c.kind, f.kind) as kind, coalesce(c.subject, f.subject) as subject,
        coalesce(c.version, f.version) as version, c.subject is not null as changed, coalesce(f.facts, 0) as facts
      from (${CHANGES}) c
      full join (${TOLD}) f on f.kind = c.kind and f.subject = c.subject and f.version = c.version
      left join (${FIRST_TOLD}) o on o.subject = c.subject
      where c.subject is null or (f.facts is distinct from 1 and not (${HAS_GONE})) order by 1, 2, 3`,
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
  {
    law: "I7",
    name: "no lane has told more than happened, and nothing has gone that was not told",
    query: `select coalesce(l.lane, c.lane) as lane, l.seq, c.seq as told, coalesce(d.facts, 0) as gone
      from lanes l full join relay_cursors c on c.lane = l.lane left join ${DROPPED} d on d.lane = coalesce(l.lane, c.lane)
      where c.seq is null or l.seq is null or c.seq not between coalesce(d.facts, 0) and l.seq order by 1`,
  },
]
