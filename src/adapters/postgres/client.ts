/**
 * The connection to Postgres, from a URL: pools for reads and for writes, and a client for whole transactions. A module that
 * needs a session of its own (the lease, the relay) opens it with the same settings.
 *
 * Limits: a statement may run 5 s; connections as `pools.ts` shares them out.
 * Fails: DatabaseUnusable, one line a newcomer can act on.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Connection } from "./connection-url.ts"
import * as ConnectionUrl from "./connection-url.ts"
import * as PoolWait from "./pool-wait.ts"
import * as Pools from "./pools.ts"
import * as Primary from "./primary.ts"
import * as Reads from "./reads.ts"
import { STATEMENT_TIMEOUT_MS, stateOf } from "./sql-failure.ts"
import * as Suitability from "./suitability.ts"
import { DatabaseUnusable } from "./suitability.ts"
import * as Tls from "./tls.ts"
import * as WritingPool from "./writing-pool.ts"
import { Writes } from "./writing-pool.ts"

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

/** Idle time before TCP asks whether the other end lives (ms): networks forget silent connections after minutes. */
const KEEP_ALIVE_MS = 15_000

const parsed = (url: string): Effect.Effect<Connection, DatabaseUnusable> =>
  Effect.try({
    try: () => ConnectionUrl.parse(url),
    catch: (error) => new DatabaseUnusable({ message: `DATABASE_URL ${(error as Error).message}` }),
  })

/** Until the scope closes. */
const settings = Effect.fnUntraced(function* (connection: Connection) {
  const { database, hosts, options, password, user } = connection
  const [first] = hosts
  const config: PgClient.PgClientConfig = {
    database: database ?? user ?? undefined,
    username: user ?? undefined,
    password: password === null ? undefined : Redacted.make(password),
    startupOptions: options ?? undefined,
    ssl: yield* Tls.options(connection, first),
    applicationName: "jaego",
    connectTimeout: "5 seconds",
    keepAlive: KEEP_ALIVE_MS,
    startupParameters,
  }
  if (hosts.length === 1) return { ...config, ...first }
  return { ...config, ...first, stream: yield* Primary.dial(hosts, config, KEEP_ALIVE_MS) }
})

export type Client =
  | PgClient.PgClient
  | SqlClient
  | Writes
  | Reads.Deciding
  | Reads.ShownRows
  | Reads.ShownLists
  | PoolWait.PoolWaits

/** Of a replica: one host, as all that is said of several is how to find the one that takes writes. */
export const configOf = Effect.fnUntraced(function* (url: string) {
  const connection = yield* parsed(url)
  return { connection, config: yield* settings(connection) }
})

/** A first connection is made, and the server looked at, before it is ready. */
export const layer = (url: string, pools: Pools.Pools = Pools.ALONE): Layer.Layer<Client, DatabaseUnusable> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const connection = yield* parsed(url)
      const config = yield* settings(connection)
      const explained = <A, R>(effect: Effect.Effect<A, SqlError | DatabaseUnusable, R>) =>
        Effect.mapError(effect, (error) =>
          error._tag === "SqlError" ? new DatabaseUnusable({ message: explain(connection, error) }) : error,
        )
      const transactions = {
        ...config,
        maxConnections: pools.transactions,
        idleTimeout: "10 seconds",
        multiplex: true,
      } as const
      const waits = PoolWait.make()
      const deciding = Reads.make(config, pools.deciding, waits.of("deciding"))
      return Layer.mergeAll(
        Layer.succeed(PoolWait.PoolWaits, waits),
        Layer.effect(Reads.Deciding, explained(Effect.tap(deciding, suitable))),
        Layer.effect(Reads.ShownRows, explained(Reads.shown(config, pools.rows, waits.of("rows")))),
        Layer.effect(Reads.ShownLists, explained(Reads.shown(config, pools.lists, waits.of("lists")))),
        Layer.effect(Writes, explained(WritingPool.make(config, pools.writes, waits.of("writes")))),
        PgClient.layerFrom(explained(PgClient.make(transactions))),
      )
    }),
  )

const suitable = (reads: Reads.Reads): Effect.Effect<void, SqlError | DatabaseUnusable> =>
  Effect.flatMap(reads.rows<Suitability.Server>(Suitability.QUESTION, []), ([server]) =>
    Suitability.check(server!, STATEMENT_TIMEOUT_MS),
  )

const explain = (connection: Connection, error: SqlError): string => {
  const place = ConnectionUrl.placeOf(connection)
  const said = error.reason.cause instanceof Error ? error.reason.cause.message : error.message
  const pooler = Suitability.poolerIn(said)
  if (pooler !== null) return pooler
  switch (stateOf(error)) {
    case "28P01":
    case "28000":
      return `the database at ${place} does not let user "${connection.user}" in: ${said}`
    case "3D000":
      return `the database at ${place} has no database "${connection.database ?? connection.user}": create it first`
    case undefined:
      return encryption(place, reach(error)) ?? `no database answers at ${place}: ${reach(error)}`
    default:
      return `the database at ${place} refuses: ${said}`
  }
}

/** What went wrong between a connection and its encryption; null: something else. */
const encryption = (place: string, said: string): string | null => {
  if (/does not support TLS/.test(said))
    return `the database at ${place} speaks no TLS: set DATABASE_TLS=off if plain text is meant`
  if (/certificate|altnames|self-signed/i.test(said))
    return `the certificate of the database at ${place} is not believed (${said}): name its authority with sslrootcert in DATABASE_URL`
  return null
}

/** A refused connection to a name with several addresses has its reasons one level down. */
const reach = (error: SqlError): string => {
  const cause: unknown = error.reason.cause
  if (cause instanceof AggregateError) return cause.errors.map((each: Error) => each.message).join(", ")
  return cause instanceof Error ? cause.message : error.message
}
