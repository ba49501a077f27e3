/**
 * A transaction on one connection: BEGIN, statements, COMMIT. What does not depend on an answer is sent together, so that
 * BEGIN travels with the first statements and COMMIT with the last: two round trips for an order.
 *
 * Limits: `connections` transactions at a time, the others wait for one; a line that says nothing for ANSWER_SECONDS is given
 * up, and with it the transaction.
 * Fails: SqlError; nothing was written, unless the connection was lost while COMMIT was under way.
 */
import { PgClient, type PgConnection, PgPool } from "@effect/sql-pg"
import { Effect, Exit, Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { inTime, silence } from "../sql-failure.ts"

/**
 * The server ends a transaction in which nothing is asked for so long (ms): its client's line is silent, and what
 * it has locked is wanted by others. Before the client gives up, so that who comes again finds nothing locked.
 */
const IDLE_IN_TRANSACTION_MS = 5_000

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
export type Finish<A> =
  | { readonly _tag: "Commit"; readonly last: ReadonlyArray<Statement>; readonly value: A }
  | { readonly _tag: "Rollback"; readonly value: A }

export const commit = <A>(last: ReadonlyArray<Statement>, value: A): Finish<A> => ({ _tag: "Commit", last, value })
export const rollback = <A>(value: A): Finish<A> => ({ _tag: "Rollback", value })

export const BEGIN = say("begin")
const COMMIT = say("commit")
const ROLLBACK = say("rollback")

/** What it opens in its scope lasts until the transaction has ended, and learns whether it was committed. */
type Body<A> = (send: Send) => Effect.Effect<Finish<A>, SqlError, Scope.Scope>

export type Transact = <A>(body: Body<A>) => Effect.Effect<A, SqlError>

/** One after another in one write; the first error is that of the earliest statement. */
const pipeline = (connection: PgConnection.PgConnection, statements: ReadonlyArray<Statement>) =>
  Effect.forEach(statements, ({ parameters, sql }) => Effect.result(connection.queryValues(sql, parameters)), {
    concurrency: "unbounded",
  }).pipe(
    Effect.interruptible,
    inTime(Effect.fail(silence)),
    Effect.flatMap((results) => Effect.forEach(results, (result) => Effect.fromResult(result))),
  )

const ROLLED_BACK = Exit.fail("rolled back")

const perform = Effect.fnUntraced(function* <A>(
  body: Body<A>,
  send: Send,
  undo: Effect.Effect<void>,
  scope: Scope.Closeable,
) {
  const finish = yield* Effect.provideService(body(send), Scope.Scope, scope)
  if (finish._tag === "Rollback") yield* undo
  else yield* send([...finish.last, COMMIT])
  yield* Scope.close(scope, finish._tag === "Rollback" ? ROLLED_BACK : Exit.void)
  return finish.value
})

const within = <A>(pool: PgPool.PgPool, connection: PgConnection.PgConnection, begin: Statement, body: Body<A>) => {
  let begun = false
  let silent = false
  const ask = (statements: ReadonlyArray<Statement>) =>
    Effect.tapError(pipeline(connection, statements), (error) =>
      Effect.sync(() => {
        silent ||= error === silence
      }),
    )
  const send: Send = (statements) => {
    if (begun) return ask(statements)
    begun = true
    return Effect.map(ask([begin, ...statements]), (rows) => rows.slice(1))
  }
  /** A line that is given up ends its session, and with it the transaction. */
  const undo = Effect.suspend(() => {
    if (silent) return pool.invalidate(connection)
    return begun ? Effect.ignore(ask([ROLLBACK])) : Effect.void
  })
  const scope = Scope.makeUnsafe()
  return Effect.onError(perform(body, send, undo, scope), (cause) =>
    Effect.andThen(undo, Scope.close(scope, Exit.failCause(cause))),
  )
}

/** Transactions on so many connections of their own, with this first statement. Each runs to its end, also if its caller hangs up. */
export const make: (
  begin: Statement,
  connections: number,
) => Effect.Effect<Transact, never, PgClient.PgClient | Scope.Scope> = Effect.fnUntraced(
  function* (begin, connections) {
    const sql = yield* PgClient.PgClient
    const pool = yield* PgPool.make({
      ...sql.config,
      startupParameters: {
        ...sql.config.startupParameters,
        idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
      },
      // Statements of one transaction share a write; a connection still serves one transaction at a time.
      multiplex: true,
      multiplexConcurrency: 1,
      minConnections: 0,
      maxConnections: connections,
      idleTimeout: "10 minutes",
    }).pipe(Effect.orDie)
    return (body) => Effect.uninterruptible(pool.use((connection) => within(pool, connection, begin, body)))
  },
)
