/**
 * What a server must be for the service to start on it: new enough, in UTF-8, with room for all its connections, and with
 * sessions that keep what they were started with. A pooler that hands one session to many (PgBouncer in transaction mode) does not: the lease and the fence
 * of two processes would share a session.
 *
 * Fails: DatabaseUnusable, one line.
 */
import { Effect, Schema } from "effect"
import { Deciding } from "./reads.ts"
import { describe } from "./sql-failure.ts"

export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  message: Schema.String,
}) {}

export const OLDEST_VERSION = 15

export interface Server {
  readonly number: string
  readonly version: string
  readonly encoding: string
  /** Milliseconds. */
  readonly patience: string
}

/** What it says of itself, in one look. */
export const QUESTION = `
  select current_setting('server_version_num') as number, current_setting('server_version') as version,
    pg_encoding_to_char(encoding) as encoding,
    (select setting from pg_settings where name = 'statement_timeout') as patience
  from pg_database where datname = current_database()`

const POOLER =
  "connect to PostgreSQL itself. What stands before it (PgBouncer?) does not keep a session's settings, and Jaego needs sessions of its own"

/** `patienceMs`: the statement timeout that the session was started with. */
export const check = ({ encoding, number, patience, version }: Server, patienceMs: number) => {
  const refuse = (message: string) => Effect.fail(new DatabaseUnusable({ message }))
  if (Number(number) < OLDEST_VERSION * 10_000)
    return refuse(`Postgres ${OLDEST_VERSION} or newer is needed, this one is ${version}`)
  if (encoding !== "UTF8")
    return refuse(
      `the database is encoded in ${encoding}, which cannot hold what buyers type: create one with encoding 'UTF8'`,
    )
  if (Number(patience) !== patienceMs) return refuse(POOLER)
  return Effect.void
}

/** Whether that is why a database cannot be used. */
export const isPooler = (message: string): boolean => message === POOLER

/** What a pooler says to settings that it does not know; null: it is something else. */
export const poolerIn = (said: string): string | null => (/unsupported startup parameter/.test(said) ? POOLER : null)

interface Limit {
  /** As an operator knows it. */
  readonly name: string
  readonly most: number
  readonly open: number
}

/**
 * Every bound on our connections, and how many sessions count against it beside this one. Who a session belongs to is shown to
 * everyone; those of the server's own have no user.
 */
const LIMITS = `with me as (select oid, rolsuper, rolconnlimit from pg_roles where rolname = current_user),
  sessions as (select usesysid, datid from pg_stat_activity
    where usesysid is not null and datid is not null and pid <> pg_backend_pid()),
  reserved as (select coalesce(sum(setting::int), 0) as number from pg_settings
    where name in ('superuser_reserved_connections', 'reserved_connections'))
  select 'max_connections' as name,
    current_setting('max_connections')::int - case when rolsuper then 0 else (select number from reserved) end as most,
    (select count(*) from sessions) as open from me
  union all select 'the connection limit of the role', rolconnlimit, (select count(*) from sessions where usesysid = oid)
    from me where rolconnlimit >= 0 and not rolsuper
  union all select 'the connection limit of the database', d.datconnlimit,
    (select count(*) from sessions where datid = d.oid)
    from me, pg_database d where d.datname = current_database() and d.datconnlimit >= 0 and not me.rolsuper`

const left = ({ most, open }: Limit): number => Math.max(0, Number(most) - Number(open))

/** `needed`: connections that this process may come to need; this one is the first of them. */
export const hasRoom = (needed: number): Effect.Effect<void, DatabaseUnusable, Deciding> =>
  Effect.gen(function* () {
    const limits = yield* (yield* Deciding).rows<Limit>(LIMITS, [])
    const [tightest] = limits.toSorted((one, other) => left(one) - left(other))
    if (left(tightest!) >= needed) return
    const { most, name, open } = tightest!
    return yield* new DatabaseUnusable({
      message: `the database has room for ${left(tightest!)} connections (${name} leaves us ${most}, ${open} are open), and ${needed} may be needed: raise it, or lower DATABASE_CONNECTIONS or WORKERS`,
    })
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "SqlError" ? new DatabaseUnusable({ message: describe(error) }) : error,
    ),
  )
