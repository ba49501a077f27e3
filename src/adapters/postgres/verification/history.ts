/**
 * What must hold of the history as a whole: nothing that was known of it has been lost. What is left of a history that was cut
 * off, or forked (a copy that was traded on beside its original), is lawful in itself; so it is compared with what was said of it.
 *
 * Inside the database consumers know it: by the ids of events, which no other history has. From outside the heads of lanes that were
 * noted do: of each lane its last seq and the link under which that was committed (docs/decisions/0032).
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { Check } from "./check.ts"
import { HORIZON } from "./facts.ts"

/** The last fact of a lane: where it lies, and the link of its taking. */
export interface Head {
  readonly lane: number
  readonly seq: number
  readonly link: string
}

/** The link under which the fact `seq` of a lane was committed. */
const linkOf = (lane: string, seq: string) =>
  `(select k.link from lane_links k where k.lane = ${lane} and k.since < ${seq} order by k.since desc limit 1)`

const HEADS = `select l.lane, l.seq::float8 as seq, ${linkOf("l.lane", "l.seq")}::text as link from lanes l where l.seq > 0 order by l.lane`

/** Of every lane that has facts. */
export const heads = Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Head>(HEADS))

/** When a UUIDv7 was minted: after what it names was decided, and long before this has passed. */
const MINTED =
  "to_timestamp(('x' || left(translate(i.event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) - interval '1 hour'"

export const HISTORY_CHECKS: ReadonlyArray<Check> = [
  {
    law: "I7",
    name: "a lane's links begin at its beginning, and none beyond its seq",
    query: `select coalesce(l.lane, k.lane) as lane, l.seq, min(k.since) as first, max(k.since) as last
      from lanes l full join lane_links k on k.lane = l.lane group by 1, l.seq
      having l.seq is null or min(k.since) is distinct from 0 or max(k.since) > l.seq order by 1`,
  },
  {
    law: "I7",
    name: "what a consumer has handled has happened",
    query: `select i.consumer, i.event_id from inbox i left join outbox f on f.event_id = i.event_id
      where f.event_id is null and i.consumer not like 'webhooks/%' and ${MINTED} >= ${HORIZON} order by 1, 2`,
  },
  {
    law: "I7",
    name: "a consumer knows no version that was not",
    query: `select k.consumer, k.key as order_id, k.version, o.version as stands from consumer_keys k
      left join orders o on o.id::text = k.key where o.id is null or k.version > o.version order by 1, 2`,
  },
  {
    law: "I7",
    name: "a timeline has the facts that the outbox has",
    query: `select t.order_id, t.version, t.id as heard, f.event_id as fact from timeline t
      join outbox f on f.subject_kind = 'order' and f.subject = t.order_id and f.subject_version = t.version
      where f.event_id <> t.id order by 1, 2`,
  },
]

/** Against heads that were noted before: their seqs are reached, and under the links that they had. */
export const goesOnFrom = (noted: ReadonlyArray<Head>): Check => ({
  law: "I7",
  name: "the history goes on from the heads that were noted",
  query: `select n.lane, n.seq as noted, l.seq as stands,
      case when n.seq > coalesce(l.seq, 0) then 'cut off' else 'forked' end as history
    from json_to_recordset($1::json) n (lane smallint, seq bigint, link uuid) left join lanes l on l.lane = n.lane
    where n.seq > coalesce(l.seq, 0) or n.link is distinct from ${linkOf("n.lane", "n.seq")} order by 1`,
  parameters: [JSON.stringify(noted)],
})
