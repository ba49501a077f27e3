/**
 * Keeps the outbox's partitions, one a day: makes those of the next days, and drops old ones whose facts have all left.
 *
 * Law: I7. A partition goes only when it is old enough and every fact in it lies behind its lane's cursor; both are looked at
 * again under the lock. `outbox_rest` is emptied by the same rule.
 * Limits: a lock that another session has on the outbox is not waited for: it is tried again, and then at the next round.
 * Fails: never; what could not be done is logged, and done later.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DAYS_AHEAD, DROP_PARTITION, MAKE_PARTITIONS } from "./outbox-functions.ts"
import { describe, stateOf } from "./sql-failure.ts"

const ROUND = "10 minutes"

/** Retries for a lock: a commit or a reader that is under way is over by then. */
const RETRIES = Schedule.max([Schedule.spaced("1 second"), Schedule.recurs(5)])

const LOCK_NOT_AVAILABLE = "55P03"

/** Old partitions, oldest first, with the end of their time; `outbox_rest` has none. */
const OLD = `
select s.name, s.until::text as until from (
  select c.relname as name,
    substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''([^'']+)''\\)')::timestamptz as until
  from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'outbox'::regclass) s
where s.until is null or s.until <= now() - $1 * interval '1 hour'
order by s.until nulls last`

interface Partition {
  readonly name: string
  readonly until: string | null
}

/** What is in it, or null: nothing, or something that is too young. */
interface Content {
  readonly until: string | null
  readonly lanes: ReadonlyArray<number> | null
  readonly facts: ReadonlyArray<number> | null
  readonly last: ReadonlyArray<number> | null
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** May read millions of rows, so not under the lock; of `outbox_rest` it also says whether all of it is old. */
const contentOf = ({ name, until }: Partition): string => `
select ${until === null ? "(max(newest) + interval '1 millisecond')::text" : `'${until}'`} as until,
  array_agg(lane::int order by lane) as lanes, array_agg(facts::float8 order by lane) as facts, array_agg(last::float8 order by lane) as last
from (select lane, count(*) as facts, max(seq) as last, max(occurred_at) as newest from ${identifier(name)} group by lane) l
having ${until === null ? "max(newest) < now() - $1 * interval '1 hour'" : "$1::int is not null"}`

const counted = (partition: Partition, retentionHours: number) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql.unsafe("set local statement_timeout = 0")
    yield* sql.unsafe("set local enable_seqscan = on")
    const [content] = yield* sql.unsafe<Content>(contentOf(partition), [retentionHours])
    return content
  })

const drop = (partition: Partition, retentionHours: number) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const content = yield* sql.withTransaction(counted(partition, retentionHours))
    if (content === undefined || content.until === null) return
    const { facts, lanes, last, until } = content
    const rows = yield* sql.unsafe<{ readonly dropped: boolean }>(
      `select ${DROP_PARTITION.name}($1, $2::timestamptz, $3::smallint[], $4::bigint[], $5::bigint[]) as dropped`,
      [partition.name, until, lanes ?? [], facts ?? [], last ?? []],
    )
    if (rows[0]!.dropped) yield* Effect.logInfo(`the outbox has dropped ${partition.name}, whose facts have left`)
  })

const busy = (error: SqlError): boolean => stateOf(error) === LOCK_NOT_AVAILABLE

const logged = (what: string) =>
  Effect.catchTag<"SqlError", SqlError, void, never, never>("SqlError", (error) =>
    Effect.logWarning(`${what}: ${describe(error)}`),
  )

/** The partitions of today and the next days. */
export const makeAhead: Effect.Effect<void, never, PgClient.PgClient> = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe(
    `select ${MAKE_PARTITIONS.name}((now() at time zone 'UTC')::date, (now() at time zone 'UTC')::date + ${DAYS_AHEAD})`,
  )
}).pipe(Effect.retry({ schedule: RETRIES, while: busy }), logged("no partitions were made ahead for the outbox"))

/** Drops what is older than so many hours and has left. */
export const dropOld = (retentionHours: number): Effect.Effect<void, never, PgClient.PgClient> =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const partitions = yield* sql.unsafe<Partition>(OLD, [retentionHours])
    for (const partition of partitions)
      yield* Effect.retry(drop(partition, retentionHours), { schedule: RETRIES, while: busy })
  }).pipe(logged("old partitions of the outbox stay for now"))

/** At once, and then every ten minutes, until the scope closes. */
export const layer = (retentionHours: number) =>
  Layer.effectDiscard(
    Effect.forkScoped(Effect.repeat(Effect.andThen(makeAhead, dropOld(retentionHours)), Schedule.spaced(ROUND))),
  )
