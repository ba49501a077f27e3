/** The pool for single statements that write: one at a time on a connection, so that none waits behind another, nor behind reads. */
import { type PgClient, type PgConnection, PgPool } from "@effect/sql-pg"
import { Context, Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { measured, UNMEASURED } from "./pool-wait.ts"
import { inTime, silence, stateOf } from "./sql-failure.ts"

const READ_ONLY = "25006"

export class Writes extends Context.Service<Writes, PgPool.PgPool>()("jaego/adapters/postgres/Writes") {}

/** `connections`: at most. None is opened before it is needed. */
export const make = (
  config: PgClient.PgClientConfig,
  connections: number,
  lent = UNMEASURED,
): Effect.Effect<PgPool.PgPool, SqlError, Scope.Scope> =>
  Effect.map(
    PgPool.make({ ...config, multiplex: false, maxConnections: connections, idleTimeout: "10 minutes" }),
    (pool) => measured(pool, lent),
  )

/** A session that began while the database took no writes never will: it is given up, the next one may. */
export const use = <A>(
  pool: PgPool.PgPool,
  statement: (connection: PgConnection.PgConnection) => Effect.Effect<A, SqlError>,
): Effect.Effect<A, SqlError> =>
  pool.use((connection) =>
    Effect.tapError(statement(connection), (error) =>
      stateOf(error) === READ_ONLY ? pool.invalidate(connection) : Effect.void,
    ),
  )

/** The same with a time limit; a line without an answer is given up, and whether it was written is not known. */
export const answered = <A>(
  pool: PgPool.PgPool,
  statement: (connection: PgConnection.PgConnection) => Effect.Effect<A, SqlError>,
): Effect.Effect<A, SqlError> =>
  use(pool, (connection) =>
    inTime(Effect.andThen(pool.invalidate(connection), Effect.fail(silence)))(statement(connection)),
  )
