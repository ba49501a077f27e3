/**
 * A transaction on one connection: BEGIN, statements, COMMIT. What does not depend on an answer is sent together, so that
 * BEGIN travels with the first statements and COMMIT with the last: two round trips for an order.
 *
 * Limits: ATOMIC_CONNECTIONS transactions at a time; the others wait for a connection.
 * Fails: SqlError; nothing was written, unless the connection was lost while COMMIT was under way.
 */
import { PgClient, type PgConnection, PgPool } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/**
 * Measured on two cores with 256 buyers: fewer leave the processors idle while a commit is flushed, more add only waiting
 * for rows.
 */
const ATOMIC_CONNECTIONS = 16

export interface Statement {
  readonly sql: string
  readonly parameters: ReadonlyArray<unknown>
}

export const say = (sql: string, ...parameters: ReadonlyArray<unknown>): Statement => ({ sql, parameters })

/** Milliseconds since 1970, as a column holds them. */
export const time = (milliseconds: string): string => `to_timestamp(${milliseconds}::float8 / 1000)`

export type Rows = ReadonlyArray<ReadonlyArray<unknown>>

/** Sends statements in one write; the rows of each. */
export type Send = (statements: ReadonlyArray<Statement>) => Effect.Effect<ReadonlyArray<Rows>, SqlError>

/** How a transaction ends: with these last statements, or as if it had not been. */
export type Ending<A> =
  | { readonly _tag: "Commit"; readonly last: ReadonlyArray<Statement>; readonly value: A }
  | { readonly _tag: "Rollback"; readonly value: A }

export const commit = <A>(last: ReadonlyArray<Statement>, value: A): Ending<A> => ({ _tag: "Commit", last, value })
export const rollback = <A>(value: A): Ending<A> => ({ _tag: "Rollback", value })

const BEGIN = say("begin")
const COMMIT = say("commit")
const ROLLBACK = say("rollback")

export type Transact = <A>(body: (send: Send) => Effect.Effect<Ending<A>, SqlError>) => Effect.Effect<A, SqlError>

/** One after another in one write; the first error is that of the earliest statement. */
const pipeline = (connection: PgConnection.PgConnection, statements: ReadonlyArray<Statement>) =>
  Effect.forEach(statements, ({ sql, parameters }) => Effect.result(connection.queryValues(sql, parameters)), {
    concurrency: "unbounded",
  }).pipe(Effect.flatMap((results) => Effect.forEach(results, (result) => Effect.fromResult(result))))

const within = <A>(
  connection: PgConnection.PgConnection,
  body: (send: Send) => Effect.Effect<Ending<A>, SqlError>,
): Effect.Effect<A, SqlError> => {
  let begun = false
  const send: Send = (statements) => {
    if (begun) return pipeline(connection, statements)
    begun = true
    return Effect.map(pipeline(connection, [BEGIN, ...statements]), (rows) => rows.slice(1))
  }
  const undo = Effect.suspend(() => (begun ? Effect.ignore(pipeline(connection, [ROLLBACK])) : Effect.void))
  return Effect.gen(function* () {
    const ending = yield* Effect.onError(body(send), () => undo)
    if (ending._tag === "Rollback") yield* undo
    // After an error among the last statements, COMMIT itself rolls back.
    else yield* send([...ending.last, COMMIT])
    return ending.value
  })
}

/** Transactions on connections of their own. Each runs to its end, whoever hangs up. */
export const make: Effect.Effect<Transact, never, PgClient.PgClient | Scope.Scope> = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const pool = yield* PgPool.make({
    ...sql.config,
    // Statements of one transaction share a write; a connection still serves one transaction at a time.
    multiplex: true,
    multiplexConcurrency: 1,
    minConnections: 0,
    maxConnections: ATOMIC_CONNECTIONS,
    idleTimeout: "10 minutes",
  }).pipe(Effect.orDie)
  return (body) => Effect.uninterruptible(pool.use((connection) => within(connection, body)))
})
