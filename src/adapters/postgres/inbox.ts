/**
 * The inbox on Postgres. What was taken is one call of `jaego_take_in`: what waits behind a parked key is returned, and
 * sent once more with its letter, so that the rest of the time only ids and versions travel.
 *
 * Limits: an answer that does not come within 10 s is given up; whether it happened, the next try finds out.
 * Fails: Unavailable "database"; Indigestible, when the database refuses a value (SQLSTATE 22...) or a row (23...).
 */
import type { PgPool } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as Text from "../../domain/text.ts"
import type { Topic } from "../../ports/events.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import {
  type Handled,
  Inbox,
  Indigestible,
  type Intake,
  KIND_CHARACTERS,
  KIND_VARIES,
  type Parked,
  type PoisonGroup,
  type Taken,
  type Write,
} from "../../ports/inbox.ts"
import * as Functions from "./inbox-functions.ts"
import { jsonRows, jsonWrite } from "./page.ts"
import { Deciding } from "./reads.ts"
import { ms } from "./rows.ts"
import { describe, isRefusedValue } from "./sql-failure.ts"
import * as WritingPool from "./writing-pool.ts"

const SHOP = "select to_json(s.id) as row from shop s"

const IS_HANDLED = `select to_json(true) as row from inbox i where i.event_id = $1::uuid and i.consumer = $2::text`
const HANDLED = `insert into inbox (event_id, consumer) values ($1::uuid, $2::text) on conflict do nothing
  returning to_json(true) as row`

const POSITION = `select json_build_object('next', p.next) as row from consumer_positions p
  where p.consumer = $1::text and p.source = $2::text`

const PARKED = `select json_build_object('id', d.id, 'consumer', d.consumer, 'source', d.source, 'topic', d.topic,
    'offset', d."offset", 'key', d.key, 'value', d.value, 'headers', d.headers::json, 'error', d.error,
    'attempts', d.attempts, 'state', d.state, 'parkedAt', ${ms("d.parked_at")}) as row
  from dead_letters d
  where d.id > $1::bigint and d.state <> 'discarded' and ($2::text is null or d.consumer = $2::text) order by d.id limit $3::int`

const KIND = `regexp_replace(left(d.error, ${KIND_CHARACTERS}), '${KIND_VARIES}', '#', 'g')`

const GROUPS = `with poison as materialized (
    select d.id, d.consumer, d.key, d.error, d.parked_at, ${KIND} as kind from dead_letters d where d.state = 'poison'),
  groups as (
    select p.consumer, p.kind, min(p.id) as letter, count(*)::int as poison from poison p group by p.consumer, p.kind
    order by poison desc, letter limit $1::int),
  behind as (
    select k.consumer, k.kind, count(*)::int as queued
    from (select distinct p.consumer, p.kind, p.key from poison p) k
      join dead_letters d on d.consumer = k.consumer and d.key = k.key and d.state = 'queued'
    group by k.consumer, k.kind)
  select json_build_object('consumer', g.consumer, 'kind', g.kind, 'letter', g.letter, 'poison', g.poison,
    'queued', coalesce(b.queued, 0), 'error', d.error, 'since', ${ms("d.parked_at")}) as row
  from groups g join poison d on d.id = g.letter left join behind b on b.consumer = g.consumer and b.kind = g.kind
  order by g.poison desc, g.letter`

const TAKE_IN = `select ${Functions.TAKE_IN.name}($1::text, $2::json, $3::json, $4::json, $5::json)`
const RELEASE = `select ${Functions.RELEASE.name}($1::bigint, $2::json, $3::json, $4::json)`

const DISCARD = `update dead_letters d set state = 'discarded' where d.id = $1::bigint and d.state <> 'discarded'
  returning json_build_object('id', d.id) as row`

export const layer: Layer.Layer<Inbox, never, Deciding | WritingPool.Writes> = Layer.effect(
  Inbox,
  Effect.gen(function* () {
    const reads = yield* Deciding
    const pool = yield* WritingPool.Writes
    return {
      shop: Effect.map(jsonRows<string>(reads, SHOP, []), ([id]) => id!),
      isHandled: (consumer, eventId) =>
        Effect.map(jsonRows(reads, IS_HANDLED, [eventId, consumer]), ({ length }) => length > 0),
      handled: (consumer, eventId) => Effect.asVoid(jsonWrite(pool, HANDLED, [eventId, consumer])),
      position: (consumer, source) =>
        Effect.map(
          jsonRows<{ readonly next: number }>(reads, POSITION, [consumer, source]),
          ([row]) => row?.next ?? null,
        ),
      commit: (intakes) => commit(pool, intakes),
      parked: ({ after, consumer, limit }) =>
        Effect.map(jsonRows<ParkedJson>(reads, PARKED, [String(after), consumer, limit]), (rows) => rows.map(parkedOf)),
      groups: (limit) => jsonRows<PoisonGroup>(reads, GROUPS, [limit]),
      release: (id, eventId, version, writes) =>
        call<Released>(pool, RELEASE, [String(id), JSON.stringify({ eventId, version }), ...columns([[0, writes]])]),
      discard: (id) =>
        Effect.map(jsonWrite(pool, DISCARD, [String(id)]), ({ length }) => (length > 0 ? "discarded" : "absent")),
    }
  }),
)

type Released = "released" | "absent" | "not-the-oldest"

interface TakenInJson {
  readonly effects: number
  readonly queued: number
  /** Nothing was written: these keys are parked, and letters are missing. */
  readonly parked?: ReadonlyArray<string>
}

const commit: (
  pool: PgPool.PgPool,
  intakes: ReadonlyArray<Intake>,
) => Effect.Effect<Handled, Unavailable | Indigestible> = Effect.fnUntraced(function* (pool, intakes) {
  if (intakes.length === 0) return { effects: 0, queued: 0 }
  const { consumer } = intakes[0]!
  const sources = JSON.stringify(intakes.map(({ next, source }) => ({ source: Text.storable(source), next })))
  const taken = intakes.flatMap(({ source, taken }) => taken.map((each) => ({ source, each })))
  const writes = columns(taken.map(({ each }, n) => (each._tag === "Event" ? [n, each.writes, each.trace] : [n, []])))
  for (const parked = new Set<string>(); ; ) {
    const rows = taken.map(({ each, source }, n) => rowOf(each, source, n, parked))
    const answer = yield* call<TakenInJson>(pool, TAKE_IN, [consumer, sources, JSON.stringify(rows), ...writes])
    if (answer.parked === undefined) return answer
    for (const key of answer.parked) parked.add(key)
  }
})

/** With its letter when it is poison, or its key is known to be parked. */
const rowOf = (taken: Taken, source: string, n: number, parked: ReadonlySet<string>) => {
  const { headers, key, offset, topic, value } = taken.delivery
  const row = { n, source: Text.storable(source), offset, key: Text.storable(key), eventId: taken.eventId }
  const letter = () => ({ topic, value: Text.storable(value), headers: Text.storable(JSON.stringify(headers)) })
  if (taken._tag === "Poison")
    return { ...row, error: Text.storable(taken.error), attempts: taken.attempts, letter: letter() }
  return { ...row, version: taken.version, ...(parked.has(row.key) ? { letter: letter() } : {}) }
}

/** What is to be written, by kind, each with the number of its event. */
const columns = (
  writes: ReadonlyArray<readonly [n: number, writes: ReadonlyArray<Write>, trace?: string | undefined]>,
): [string, string] => {
  const entries: Array<object> = []
  const shipments: Array<object> = []
  for (const [n, some, trace] of writes)
    for (const { _tag, ...write } of some)
      if (_tag === "OpenShipment") shipments.push({ n, ...write, trace })
      else entries.push({ n, ...write })
  return [JSON.stringify(entries), JSON.stringify(shipments)]
}

/** One call, on a connection of its own. One without an answer is given up. */
const call = <A>(
  pool: PgPool.PgPool,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): Effect.Effect<A, Unavailable | Indigestible> =>
  WritingPool.answered(pool, (connection) => connection.queryValues(statement, parameters)).pipe(
    Effect.map((rows) => rows[0]![0] as A),
    Effect.mapError(failureOf),
  )

const failureOf = (error: SqlError): Unavailable | Indigestible =>
  isRefusedValue(error) ? new Indigestible({ detail: describe(error) }) : unavailable("database")

interface ParkedJson extends Omit<Parked, "delivery"> {
  readonly topic: Topic
  readonly offset: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const parkedOf = ({ headers, key, offset, topic, value, ...rest }: ParkedJson): Parked => ({
  ...rest,
  delivery: { topic, offset, key, value, headers },
})
