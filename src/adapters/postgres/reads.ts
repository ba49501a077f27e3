/**
 * Reads: statements that share a few connections, pipelined, and do not wait for ever. One pool for what is decided from, one
 * for single rows that are only shown, one for lists that are: a slow reader of long lists holds up neither of the others.
 *
 * The server ends a statement after 5 s by itself. Without an answer for longer the line has fallen silent, which
 * TCP notices only after a quarter of an hour: that line is given up, and the pool opens another.
 *
 * Law: no statement here writes. Limits: connections of each (`pools.ts`), ANSWER_SECONDS.
 * Fails: SqlError.
 */
import { type PgClient, PgPool } from "@effect/sql-pg"
import { Context, Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { inTime, silence } from "./sql-failure.ts"

export interface Reads {
  readonly rows: <Row extends object>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
}

/** What something is decided from: always the primary, and never behind what was committed. */
export class Deciding extends Context.Service<Deciding, Reads>()("jaego/adapters/postgres/Deciding") {}

/** Single rows that are only shown. */
export class ShownRows extends Context.Service<ShownRows, Reads>()("jaego/adapters/postgres/ShownRows") {}

/** Lists that are only shown. */
export class ShownLists extends Context.Service<ShownLists, Reads>()("jaego/adapters/postgres/ShownLists") {}

/** `connections`: at most. None is opened before it is needed. */
export const make = (
  config: PgClient.PgClientConfig,
  connections: number,
): Effect.Effect<Reads, SqlError, Scope.Scope> =>
  Effect.map(
    PgPool.make({ ...config, multiplex: true, maxConnections: connections, idleTimeout: "10 minutes" }),
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
