/**
 * Every function that this build calls in the database, and how those that are not there yet are made.
 *
 * Law: a function is never changed and never replaced: another text is another name (`sql-function.ts`). So this needs no
 * lease, and disturbs no other build.
 * Limits: functions of former builds stay, 20 kB a version of `jaego_commit`. A migration that makes one wrong drops it.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { SCHEMA_LOCK } from "./advisory-locks.ts"
import { COMMIT } from "./commit-function.ts"
import * as Explanations from "./explanations.ts"
import * as Fencing from "./fence-functions.ts"
import * as Inbox from "./inbox-functions.ts"
import * as Outbox from "./outbox-functions.ts"
import * as Shipping from "./shipping-functions.ts"
import { FORGET } from "./timeline-retention.ts"

/** Those that others call come first. */
const FUNCTIONS = [COMMIT, ...Fencing.ALL, ...Outbox.ALL, ...Inbox.ALL, ...Shipping.ALL, ...Explanations.ALL, FORGET]

const ABSENT = "select name from unnest($1::text[]) name where to_regproc(name) is null"

const absent = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const names = new Set(
    (yield* sql.unsafe<{ readonly name: string }>(ABSENT, [FUNCTIONS.map(({ name }) => name)])).map(({ name }) => name),
  )
  return FUNCTIONS.filter(({ name }) => names.has(name))
})

/** Whether all are there. */
export const installed: Effect.Effect<boolean, SqlError, PgClient.PgClient> = Effect.map(
  absent,
  ({ length }) => length === 0,
)

/** Makes those that are absent, one process at a time. The tables must be this build's. */
export const install: Effect.Effect<void, SqlError, PgClient.PgClient> = Effect.gen(function* () {
  if (yield* installed) return
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe(`select pg_advisory_xact_lock(${SCHEMA_LOCK})`).pipe(
    Effect.andThen(absent),
    Effect.flatMap((functions) =>
      Effect.forEach(functions, ({ create }) => sql.unsafe(create).unprepared, { discard: true }),
    ),
    sql.withTransaction,
  )
})
