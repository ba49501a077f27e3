/** Other sessions of the same database: one that holds a lock, and what is seen of the others. */
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber } from "effect"
import * as SqlClient from "effect/sql/SqlClient"

/** A transaction that has run `statement` and keeps what it locked until it is asked to commit. */
export const holding = (statement: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const held = yield* Deferred.make<void>()
    const end = yield* Deferred.make<void>()
    const transaction = sql
      .unsafe(statement)
      .pipe(Effect.andThen(Deferred.succeed(held, undefined)), Effect.andThen(Deferred.await(end)), sql.withTransaction)
    const fiber = yield* Effect.forkScoped(transaction)
    yield* Effect.raceFirst(Deferred.await(held), Fiber.join(fiber))
    return { commit: Effect.andThen(Deferred.succeed(end, undefined), Fiber.join(fiber)) }
  })

/** A snapshot that stays open until it is asked to end: what was there when it began can be read until then. */
export const snapshot = holding("select count(*) from products").pipe(
  Effect.provideService(SqlClient.BeginTransaction, "begin isolation level repeatable read"),
)

interface Session {
  readonly pid: number
}

/** The session whose statement contains `text` and waits for a lock; waits until there is one. */
export const waitingForLock = (text: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    for (;;) {
      const [session] = yield* sql<Session>`
        select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like ${`%${text}%`}`
      if (session !== undefined) return session.pid
      yield* Effect.sleep("5 millis")
    }
  })

export const terminate = (pid: number) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql`select pg_terminate_backend(${pid}, 5000)`)

export const cancel = (pid: number) => Effect.flatMap(PgClient.PgClient, (sql) => sql`select pg_cancel_backend(${pid})`)
