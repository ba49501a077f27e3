/**
 * The connection to Postgres: one pool for reads, from a URL. Whoever needs a connection of its own (commits, the lease)
 * opens it with the same settings.
 *
 * Limits: a statement may run 5 s; Postgres 15 or newer.
 * Fails: DatabaseUnusable, one line a newcomer can act on.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, type Layer, Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { stateOf } from "./sql-failure.ts"

export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  message: Schema.String,
}) {}

/** Longest a statement may run, milliseconds: far above the slowest batch, below what a caller waits for. */
const STATEMENT_TIMEOUT_MS = 5_000

/** Read connections of a thread: reads share them, pipelined, and only a transaction takes one for itself. */
const READ_CONNECTIONS = 4

const OLDEST_VERSION = 15

/** What every session of ours starts with. The planner keeps to indexes: there is one for every query we send. */
const startupParameters = {
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  timezone: "UTC",
  enable_seqscan: "off",
  jit: "off",
}

/** A pool; the first connection is made, and the server's version checked, before the layer is ready. */
export const layer = (url: string): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseUnusable> =>
  PgClient.layerFrom(
    PgClient.make({
      url: Redacted.make(url),
      applicationName: "jaego",
      maxConnections: READ_CONNECTIONS,
      idleTimeout: "10 minutes",
      multiplex: true,
      connectTimeout: "5 seconds",
      startupParameters,
    }).pipe(
      Effect.tap((sql) => checkVersion(sql)),
      Effect.catchTag("SqlError", (error) => Effect.fail(new DatabaseUnusable({ message: explain(url, error) }))),
    ),
  )

const checkVersion = (sql: PgClient.PgClient): Effect.Effect<void, SqlError | DatabaseUnusable> =>
  Effect.gen(function* () {
    const rows = yield* sql<{ readonly number: string; readonly name: string }>`
      select current_setting('server_version_num') as number, current_setting('server_version') as name`
    const { name, number } = rows[0]!
    if (Number(number) < OLDEST_VERSION * 10_000)
      return yield* new DatabaseUnusable({
        message: `Postgres ${OLDEST_VERSION} or newer is needed, this one is ${name}`,
      })
  })

const explain = (url: string, error: SqlError): string => {
  const { host, pathname, username } = new URL(url)
  const said = error.reason.cause instanceof Error ? error.reason.cause.message : error.message
  switch (stateOf(error)) {
    case "28P01":
    case "28000":
      return `the database at ${host} does not let user "${username}" in: ${said}`
    case "3D000":
      return `the database at ${host} has no database "${pathname.slice(1)}": create it first`
    case undefined:
      return `no database answers at ${host}: ${reach(error)}`
    default:
      return `the database at ${host} refuses: ${said}`
  }
}

/** A refused connection to a name with several addresses has its reasons one level down. */
const reach = (error: SqlError): string => {
  const cause: unknown = error.reason.cause
  if (cause instanceof AggregateError) return cause.errors.map((each: Error) => each.message).join(", ")
  return cause instanceof Error ? cause.message : error.message
}
