/**
 * The connection to Postgres, from a URL: `Reads`, and a client for whole transactions. Whoever needs a connection of its
 * own (commits, the lease) opens it with the same settings.
 *
 * Limits: a statement may run 5 s.
 * Fails: DatabaseUnusable, one line a newcomer can act on.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as PostgresReads from "./reads.ts"
import { Reads } from "./reads.ts"
import { stateOf } from "./sql-failure.ts"
import * as Suitability from "./suitability.ts"
import { DatabaseUnusable } from "./suitability.ts"

/** Longest a statement may run, milliseconds: far above the slowest batch, below what a caller waits for. */
const STATEMENT_TIMEOUT_MS = 5_000

/** For work that needs whole transactions: migrations, verification. The rest of the time there are none. */
const CONNECTIONS = 4

/**
 * What every session of ours starts with, whatever the role or the database has set. The functions are written for read
 * committed; an answer promises that a commit is on the disk; the planner keeps to indexes: there is one for every query we
 * send.
 */
const startupParameters = {
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  lock_timeout: "0",
  idle_session_timeout: "0",
  default_transaction_isolation: "read committed",
  synchronous_commit: "on",
  timezone: "UTC",
  enable_seqscan: "off",
  jit: "off",
}

/** Idle time before TCP asks whether the other end lives: networks forget silent connections after some minutes. */
const KEEP_ALIVE = "15 seconds"

const settings = (url: string): PgClient.PgClientConfig => ({
  url: Redacted.make(url),
  applicationName: "jaego",
  connectTimeout: "5 seconds",
  keepAlive: KEEP_ALIVE,
  startupParameters,
})

/** Reads, and whole transactions. A first connection is made, and the server looked at, before it is ready. */
export const layer = (url: string): Layer.Layer<PgClient.PgClient | SqlClient | Reads, DatabaseUnusable> => {
  const explained = <A, R>(effect: Effect.Effect<A, SqlError | DatabaseUnusable, R>) =>
    Effect.mapError(effect, (error) =>
      error._tag === "SqlError" ? new DatabaseUnusable({ message: explain(url, error) }) : error,
    )
  const reads = Effect.tap(PostgresReads.make(settings(url)), suitable)
  const transactions = {
    ...settings(url),
    maxConnections: CONNECTIONS,
    idleTimeout: "10 minutes",
    multiplex: true,
  } as const
  return Layer.merge(Layer.effect(Reads, explained(reads)), PgClient.layerFrom(explained(PgClient.make(transactions))))
}

const suitable = (reads: Reads["Service"]): Effect.Effect<void, SqlError | DatabaseUnusable> =>
  Effect.flatMap(reads.rows<Suitability.Server>(Suitability.QUESTION, []), ([server]) =>
    Suitability.check(server!, STATEMENT_TIMEOUT_MS),
  )

const explain = (url: string, error: SqlError): string => {
  const { host, pathname, username } = new URL(url)
  const said = error.reason.cause instanceof Error ? error.reason.cause.message : error.message
  const pooler = Suitability.poolerIn(said)
  if (pooler !== null) return pooler
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
