/**
 * What a server must be for the service to start on it: new enough, in UTF-8, and with sessions that keep what they were
 * started with. A pooler that hands one session to many (PgBouncer in transaction mode) does not: the lease and the fence
 * of two processes would share a session.
 *
 * Fails: DatabaseUnusable, one line.
 */
import { Effect, Schema } from "effect"

export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  message: Schema.String,
}) {}

const OLDEST_VERSION = 15

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

/** What a pooler says to settings that it does not know; null: it is something else. */
export const poolerIn = (said: string): string | null => (/unsupported startup parameter/.test(said) ? POOLER : null)
