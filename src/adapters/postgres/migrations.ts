/**
 * The schema: the tables as migrations (`migrations/*.sql`), each run once and never edited again, and the functions, which
 * are made whenever this build's are not there (`functions.ts`).
 *
 * Why under the lease: a standby of a newer build must not change tables under the owner that is running. While another
 * process has the lanes, nothing that is pending runs; it runs when this process takes the lease (`lease.ts`).
 *
 * Law: one transaction, one process at a time. A migration leaves every statement of the build before it working: that
 * build's consumers, and what it has begun, may still be at work (docs/decisions/0022). I1 is a CHECK as well.
 * Fails: DatabaseUnusable: a newer build's schema, another number of lanes, or a migration that failed.
 */
import { readFileSync } from "node:fs"
import { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import * as Lane from "../../domain/lane.ts"
import { LEASE_LOCK, SCHEMA_LOCK } from "./advisory-locks.ts"
import * as Functions from "./functions.ts"
import * as OutboxPartitions from "./outbox-partitions.ts"
import { describe } from "./sql-failure.ts"
import { DatabaseUnusable } from "./suitability.ts"

const NAMES = [
  "0001_ledger",
  "0002_commit",
  "0003_outbox_slices",
  "0004_inbox",
  "0005_shipping",
  "0006_parcels",
  "0007_functions_by_text",
  "0008_shop",
  "0009_order_lists",
  "0010_lane_links",
  "0011_stock_units",
  "0012_payments",
  "0013_pauses",
  "0014_autovacuum",
  "0015_product_views",
  "0016_product_search",
  "0017_traces",
  "0018_product_versions",
  "0019_imports",
  "0020_audit",
  "0021_product_pairs",
  "0022_pairs_as_numbers",
  "0023_stock_without_reference",
  "0024_pairs_of_words",
]

const numberOf = (name: string): number => Number.parseInt(name, 10)
const NEWEST = numberOf(NAMES.at(-1)!)

/** Another process owns the lanes, and the tables are not this build's yet. */
export class LanesOwned extends Schema.TaggedError<LanesOwned>()("LanesOwned", { message: Schema.String }) {}

const textOf = (name: string): string => readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), "utf8")

const MADE = `create table if not exists jaego_migrations (
  migration_id integer primary key,
  created_at   timestamptz not null default now(),
  name         text not null
)`

/** The names of those that have not run. Not by the highest number: two may have come in another order. */
export const pending = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [table] = yield* sql.unsafe<{ readonly there: boolean }>(
    "select to_regclass('jaego_migrations') is not null as there",
  )
  const rows = table!.there
    ? yield* sql.unsafe<{ readonly id: number }>("select migration_id as id from jaego_migrations")
    : []
  const newest = Math.max(...rows.map(({ id }) => id))
  if (newest > NEWEST)
    return yield* new DatabaseUnusable({
      message: `this database belongs to a newer version of Jaego (its schema is ${newest}, this version knows ${NEWEST}): use that version`,
    })
  return NAMES.filter((name) => !rows.some(({ id }) => id === numberOf(name)))
})

/** As a block, so that a file is one statement, which is all that the extended protocol takes. */
const runOne = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql.unsafe(`do $migration$ begin\n${textOf(name)}\nend $migration$`).unprepared
    yield* sql.unsafe("insert into jaego_migrations (migration_id, name) values ($1, $2)", [
      numberOf(name),
      name.slice(name.indexOf("_") + 1),
    ])
  })

/** May take longer than a statement of the service, and reads whole tables. */
const SETTINGS = ["set local statement_timeout = 0", "set local enable_seqscan = on"]

const runPending = <E>(allowed: Effect.Effect<void, E | SqlError, PgClient.PgClient>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const all = Effect.gen(function* () {
      for (const setting of SETTINGS) yield* sql.unsafe(setting)
      yield* sql.unsafe(`select pg_advisory_xact_lock(${SCHEMA_LOCK})`)
      const names = yield* pending
      if (names.length === 0) return
      yield* allowed
      yield* sql.unsafe(MADE)
      for (const name of names) yield* runOne(name)
    })
    yield* sql.withTransaction(all)
  })

/** Held until the migrations are committed; another process's lease is not waited for. */
const leaseIsFree = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql.unsafe<{ readonly free: boolean }>(`select pg_try_advisory_xact_lock(${LEASE_LOCK}) as free`)
  if (!row!.free)
    return yield* new LanesOwned({
      message: "a service of an older version is running on this database: stop it first",
    })
})

const checkLanes = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql<{ readonly count: number }>`select max(lane) + 1 as count from lanes`
  const { count } = rows[0]!
  if (count !== Lane.COUNT)
    return yield* new DatabaseUnusable({
      message: `this database was created with ${count} lanes, this build has ${Lane.COUNT}: use the build that created it`,
    })
})

const explained = <A, E extends { readonly _tag: string }>(
  effect: Effect.Effect<A, E | SqlError, PgClient.PgClient>,
): Effect.Effect<A, Exclude<E, SqlError> | DatabaseUnusable, PgClient.PgClient> =>
  Effect.mapError(effect, (error) =>
    isSqlError(error)
      ? new DatabaseUnusable({ message: `the migrations failed: ${describe(error)}` })
      : (error as Exclude<E, SqlError>),
  )

const bringUp = <E extends { readonly _tag: string }>(allowed: Effect.Effect<void, E | SqlError, PgClient.PgClient>) =>
  Effect.gen(function* () {
    if ((yield* pending).length > 0) yield* runPending(allowed)
    yield* Functions.install
    yield* checkLanes
    yield* OutboxPartitions.makeAhead
  }).pipe(explained)

/** Brings the database to this build's schema, unless another process owns the lanes. Idempotent. */
export const migrate: Effect.Effect<void, DatabaseUnusable | LanesOwned, PgClient.PgClient> = bringUp(leaseIsFree)

/** The same, by the holder of the lease. */
export const migrateAsOwner: Effect.Effect<void, DatabaseUnusable, PgClient.PgClient> = bringUp(Effect.void)

/** How often the schema is looked at (milliseconds), by what waits for the owner to bring it up to date. */
const POLL_MS = 200

/** Waits until the database has this build's schema. */
export const migrated: Effect.Effect<void, DatabaseUnusable, PgClient.PgClient> = Effect.gen(function* () {
  while ((yield* pending).length > 0 || !(yield* Functions.installed)) yield* Effect.sleep(POLL_MS)
}).pipe(explained)
