/** A separate pool for single-statement writes: one call at a time each, no reads. */
import { PgClient, type PgConnection, PgPool } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { stateOf } from "./sql-failure.ts"

const READ_ONLY = "25006"

/** Until the scope closes. */
export const make = (connections: number): Effect.Effect<PgPool.PgPool, never, PgClient.PgClient | Scope.Scope> =>
  Effect.flatMap(PgClient.PgClient, ({ config }) =>
    PgPool.make({
      ...config,
      multiplex: false,
      minConnections: 0,
      maxConnections: connections,
      idleTimeout: "10 minutes",
    }).pipe(Effect.orDie),
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
