/**
 * Keeps the inbox's partitions, one a day: makes those of the next days, and drops old ones. The ids in them are needed for as
 * long as their events may come again, which is as long as a stream keeps them; a key's version guards it for ever.
 *
 * Limits: RETENTION_DAYS. A lock that another session has on the inbox is not waited for: it is tried again at the next round.
 * Fails: never; what could not be done is logged, and done later. Without its partition an id falls into `inbox_rest`.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DROP_PARTITIONS, MAKE_PARTITIONS } from "./inbox-functions.ts"
import { describe } from "./sql-failure.ts"

/** Days an id is kept: twice as long as Kafka keeps events by default. */
const RETENTION_DAYS = 14
/** Partitions made ahead (days): maintenance may be down this long. */
const DAYS_AHEAD = 3
/** Pause between two rounds: a small part of a day. */
const ROUND = Schedule.spaced("1 hour")
/** Retries at the start: an intake of another process that is under way is over by then. */
const RETRIES = Schedule.max([Schedule.spaced("250 millis"), Schedule.recurs(4)])

const logged = Effect.catch((error: SqlError) =>
  Effect.logWarning(`the inbox keeps its partitions for now: ${describe(error)}`),
)

/** The partitions of today and the next days. */
export const makeAhead: Effect.Effect<void, SqlError, PgClient.PgClient> = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe(`select ${MAKE_PARTITIONS.name}(today, today + ${DAYS_AHEAD})
    from (select (now() at time zone 'UTC')::date as today) t`)
})

/** How many were dropped. */
export const dropOld: Effect.Effect<number, SqlError, PgClient.PgClient> = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql.unsafe<{ readonly dropped: number }>(
    `select ${DROP_PARTITIONS.name}((now() at time zone 'UTC')::date - ${RETENTION_DAYS}) as dropped`,
  )
  return row!.dropped
})

/** Before anything is taken in, and then every hour, until the scope closes. */
export const layer: Layer.Layer<never, never, PgClient.PgClient> = Layer.effectDiscard(
  Effect.andThen(
    makeAhead.pipe(Effect.retry(RETRIES), logged),
    Effect.forkScoped(Effect.repeat(Effect.andThen(dropOld, makeAhead).pipe(Effect.asVoid, logged), ROUND)),
  ),
)
