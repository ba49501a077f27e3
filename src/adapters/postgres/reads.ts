/**
 * Reads: statements that share a few connections, pipelined, and do not wait for ever.
 *
 * The server ends a statement after 5 s by itself. Without an answer for longer the line has fallen silent, which
 * TCP notices only after a quarter of an hour: that line is given up, and the pool opens another.
 *
 * Limits: READ_CONNECTIONS, ANSWER_SECONDS.
 * Fails: SqlError.
 */
import { type PgClient, PgPool } from "@effect/sql-pg"
import { Context, Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { inTime, silence } from "./sql-failure.ts"

/** A thread's: only a transaction takes one for itself. */
const READ_CONNECTIONS = 4

export class Reads extends Context.Service<
  Reads,
  {
    readonly rows: <Row extends object>(
      statement: string,
      parameters: ReadonlyArray<unknown>,
    ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
  }
>()("jaego/adapters/postgres/Reads") {}

export const make = (config: PgClient.PgClientConfig): Effect.Effect<Reads["Service"], SqlError, Scope.Scope> =>
  Effect.map(
    PgPool.make({ ...config, multiplex: true, maxConnections: READ_CONNECTIONS, idleTimeout: "10 minutes" }),
    (pool) => ({
      rows: <Row extends object>(statement: string, parameters: ReadonlyArray<unknown>) =>
        pool.use((connection) =>
          connection.query(statement, parameters).pipe(
            inTime(Effect.andThen(pool.invalidate(connection), Effect.fail(silence))),
            Effect.map((result) => result.rows as unknown as ReadonlyArray<Row>),
          ),
        ),
    }),
  )
