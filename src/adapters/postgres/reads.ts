/**
 * Reads: statements that share a few connections, pipelined, and do not wait for ever.
 *
 * The server ends a statement after 5 s by itself. Whoever hears nothing for longer has a line that fell silent, which
 * TCP notices only after a quarter of an hour: that line is given up, and the pool opens another.
 *
 * Limits: READ_CONNECTIONS, READ_ANSWER_SECONDS.
 * Fails: SqlError.
 */
import { type PgClient, PgPool } from "@effect/sql-pg"
import { Context, Effect, type Scope } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"

/** A thread's: only a transaction takes one for itself. */
const READ_CONNECTIONS = 4

/** Twice the server's own limit for a statement: past it nobody is going to answer. */
const READ_ANSWER_SECONDS = 10

export class Reads extends Context.Service<
  Reads,
  {
    readonly rows: <Row extends object>(
      statement: string,
      parameters: ReadonlyArray<unknown>,
    ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
  }
>()("jaego/adapters/postgres/Reads") {}

const silence = new SqlError({
  reason: new ConnectionError({
    cause: new Error(`no answer within ${READ_ANSWER_SECONDS} s`),
    operation: "query",
  }),
})

export const make = (config: PgClient.PgClientConfig): Effect.Effect<Reads["Service"], SqlError, Scope.Scope> =>
  Effect.map(
    PgPool.make({ ...config, multiplex: true, maxConnections: READ_CONNECTIONS, idleTimeout: "10 minutes" }),
    (pool) => ({
      rows: <Row extends object>(statement: string, parameters: ReadonlyArray<unknown>) =>
        pool.use((connection) =>
          connection.query(statement, parameters).pipe(
            Effect.timeoutOrElse({
              duration: `${READ_ANSWER_SECONDS} seconds`,
              orElse: () => Effect.andThen(pool.invalidate(connection), Effect.fail(silence)),
            }),
            Effect.map((result) => result.rows as unknown as ReadonlyArray<Row>),
          ),
        ),
    }),
  )
