/**
 * Checks of a PostgreSQL that a deployment stands on: what the server and this session say of themselves, judged one by one. What
 * makes a service refuse to start (`suitability.ts`) is reported by the connection already; here is what would start, and fail later.
 */
import { PgClient } from "@effect/sql-pg"
import { Clock, Effect } from "effect"
import { type Check, type Finding, findings, unknown } from "../../ports/finding.ts"
import * as Migrations from "./migrations.ts"
import * as OldestSnapshot from "./oldest-snapshot.ts"
import { describe } from "./sql-failure.ts"
import { OLDEST_VERSION } from "./suitability.ts"

export interface Seen {
  readonly number: string
  readonly version: string
  readonly encoding: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
  readonly autovacuum: string
  readonly encrypted: boolean | null
  readonly local: boolean
  /** Of the oldest snapshot that keeps dead rows (s); null: there is none. */
  readonly snapshot: number | null
  /** Write-ahead log that is kept for a replica that is away (bytes). */
  readonly kept: number
  readonly superuser: boolean
  /** The server's clock less ours (ms). */
  readonly skewMs: number
  /** Migrations that have not run. */
  readonly pending: number
}

const QUESTION = `select current_setting('server_version_num') as number, current_setting('server_version') as version,
  (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()) as encoding,
  current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
  current_setting('synchronous_commit') as synchronous_commit, current_setting('autovacuum') as autovacuum,
  (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted,
  coalesce(inet_client_addr() << '127.0.0.0/8' or inet_client_addr() = '::1', true) as local,
  (select coalesce(sum(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
    else pg_current_wal_lsn() end, restart_lsn)), 0)::float8 from pg_replication_slots where not active) as kept,
  (select rolsuper from pg_roles where rolname = current_user) as superuser,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as clock`

const NEWEST_TRIED = 18
const SKEW_MS = { yellow: 500, red: 5_000 }
const SNAPSHOT_SECONDS = { yellow: 60, red: 3_600 }
const KEPT_MIB = { yellow: 1_024, red: 20_480 }

const level = (value: number, { red, yellow }: { readonly yellow: number; readonly red: number }) =>
  value >= red ? "red" : value >= yellow ? "yellow" : "green"

export const CHECKS: ReadonlyArray<Check<Seen>> = [
  {
    name: "postgres-version",
    judge: ({ number, version }) => {
      const major = Math.floor(Number(number) / 10_000)
      return [major < OLDEST_VERSION ? "red" : major > NEWEST_TRIED ? "yellow" : "green", `PostgreSQL ${version}`]
    },
    remedy: `use PostgreSQL ${OLDEST_VERSION} to ${NEWEST_TRIED}: others have not been tried`,
  },
  {
    name: "postgres-encoding",
    judge: ({ encoding }) => [encoding === "UTF8" ? "green" : "red", encoding],
    remedy: "create a database with encoding 'UTF8'",
  },
  {
    name: "postgres-fsync",
    judge: ({ fsync, full_page_writes }) => [
      fsync === "on" && full_page_writes === "on" ? "green" : "red",
      `fsync ${fsync}, full_page_writes ${full_page_writes}`,
    ],
    remedy: "set both on: a crash of the machine loses acknowledged orders, or the whole database",
  },
  {
    name: "postgres-synchronous-commit",
    judge: ({ synchronous_commit }) => [
      synchronous_commit === "off" || synchronous_commit === "local" ? "red" : "green",
      synchronous_commit,
    ],
    remedy: "our sessions ask for `on`: what stands between does not pass it on; connect to PostgreSQL itself",
  },
  {
    name: "postgres-autovacuum",
    judge: ({ autovacuum }) => [autovacuum === "on" ? "green" : "red", autovacuum],
    remedy: "turn it on: hot rows bloat until every sale is slow",
  },
  {
    name: "postgres-tls",
    judge: ({ encrypted, local }) => [
      encrypted || local ? "green" : "yellow",
      encrypted ? "encrypted" : local ? "plain text on this machine" : "plain text over the network",
    ],
    remedy: "set sslmode=verify-full in DATABASE_URL, and leave out DATABASE_TLS=off",
  },
  {
    name: "postgres-role",
    judge: ({ superuser }) => [superuser ? "yellow" : "green", superuser ? "a superuser" : "no superuser"],
    remedy: "give the service a role that owns its database and nothing else",
  },
  {
    name: "clock",
    judge: ({ skewMs }) => [
      level(Math.abs(skewMs), SKEW_MS),
      `the database's clock is ${Math.abs(Math.round(skewMs))} ms ${skewMs < 0 ? "behind" : "ahead of"} ours`,
    ],
    remedy: "let both machines keep their time by NTP: holds end by our clock, and are listed by the database's",
  },
  {
    name: "postgres-oldest-snapshot",
    judge: ({ snapshot }) => [
      level(snapshot ?? 0, SNAPSHOT_SECONDS),
      snapshot === null ? "none is open" : `open for ${Math.round(snapshot)} s`,
    ],
    remedy: "end the transaction (docs/operating.md, long transactions): dead rows cannot be removed while it is open",
  },
  {
    name: "postgres-kept-log",
    judge: ({ kept }) => [
      level(kept / 1_048_576, KEPT_MIB),
      `${Math.round(kept / 1_048_576)} MiB for replicas that are away`,
    ],
    remedy: "bring the replica back, or drop its slot (pg_replication_slots): the log fills the disk",
  },
  {
    name: "schema",
    judge: ({ pending }) => [
      pending === 0 ? "green" : "yellow",
      pending === 0 ? "up to date" : `${pending} migrations to run`,
    ],
    remedy: "start the service, or run `jaego migrate`",
  },
]

const look = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const before = yield* Clock.currentTimeMillis
  const [row] = yield* sql.unsafe<Omit<Seen, "skewMs" | "snapshot" | "pending"> & { readonly clock: number }>(QUESTION)
  const after = yield* Clock.currentTimeMillis
  const snapshots = yield* sql.unsafe<OldestSnapshot.Snapshot>(OldestSnapshot.SNAPSHOTS)
  const snapshot = snapshots.length === 0 ? null : OldestSnapshot.measure(snapshots, new Map(), after).seconds
  const pending = yield* Migrations.pending
  return { ...row!, skewMs: row!.clock - (before + after) / 2, snapshot, pending: pending.length }
})

/** Of the database that is connected. */
export const checkup: Effect.Effect<ReadonlyArray<Finding>, never, PgClient.PgClient> = look.pipe(
  Effect.map((seen) => findings(CHECKS, seen)),
  Effect.catch((error) => Effect.succeed(unknown(CHECKS, error._tag === "SqlError" ? describe(error) : error.message))),
)

export const unreachable = (why: string): ReadonlyArray<Finding> => unknown(CHECKS, why)
