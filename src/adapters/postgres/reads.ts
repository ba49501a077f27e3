/**
 * Reads: statements that share a few connections, pipelined, and do not wait for ever. One pool for what is decided from, one
 * for single rows that are only shown, one for lists that are: a slow reader of long lists holds up neither of the others.
 *
 * The server ends a statement after 5 s by itself. Without an answer for longer the line has fallen silent, which
 * TCP notices only after a quarter of an hour: that line is given up, and the pool opens another.
 *
 * What is shown is asked for by any number of callers: there is a bound on them, and on their patience. What is decided from is
 * asked for by our own loops, one at a time each.
 *
 * Law: no statement here writes. Limits: connections of each (`pools.ts`), ANSWER_SECONDS; of what is shown ASKED_MAX,
 * SHOWN_SECONDS. Fails: SqlError; what is shown: Unavailable "mailbox-full", "database".
 */
import { type PgClient, PgPool } from "@effect/sql-pg"
import { Context, Effect, Fiber, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import { type Lent, measured, UNMEASURED } from "./pool-wait.ts"
import { inTime, silence } from "./sql-failure.ts"

/** Asked for at once in a pool of what is shown: what its connections answer in a fraction of SHOWN_SECONDS. */
export const ASKED_MAX = 512

/** The longest wait for something shown, for a connection and for its answer together (s): the server's for a statement. */
export const SHOWN_SECONDS = 5

/** `kept`: a statement's plan may serve all values, as usual; `anew`: it is made for the values that are given. */
export type Plan = "kept" | "anew"

export interface Reads {
  readonly rows: <Row extends object>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
    plan?: Plan,
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
}

/** What something is decided from: always the primary, and never behind what was committed. */
export class Deciding extends Context.Service<Deciding, Reads>()("jaego/adapters/postgres/Deciding") {}

export interface Shown {
  readonly rows: <Row extends object>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
    plan?: Plan,
  ) => Effect.Effect<ReadonlyArray<Row>, Unavailable>
}

/** Single rows that are only shown. */
export class ShownRows extends Context.Service<ShownRows, Shown>()("jaego/adapters/postgres/ShownRows") {}

/** Lists that are only shown. */
export class ShownLists extends Context.Service<ShownLists, Shown>()("jaego/adapters/postgres/ShownLists") {}

/** `connections`: at most. None is opened before it is needed. */
export const make = (
  config: PgClient.PgClientConfig,
  connections: number,
  lent = UNMEASURED,
): Effect.Effect<Reads, SqlError, Scope.Scope> =>
  Effect.map(
    PgPool.make({ ...config, multiplex: true, maxConnections: connections, idleTimeout: "10 minutes" }),
    (plain) => {
      const pool = measured(plain, lent)
      return {
        rows: <Row extends object>(statement: string, parameters: ReadonlyArray<unknown>, plan?: Plan) =>
          pool.use((connection) =>
            connection.query(statement, parameters, plan !== "anew").pipe(
              inTime(Effect.andThen(pool.invalidate(connection), Effect.fail(silence))),
              Effect.map((result) => result.rows as unknown as ReadonlyArray<Row>),
            ),
          ),
      }
    },
  )

/** The same for what is shown. A statement keeps its place until it has ended, also when its caller has given up before. */
export const shown = (
  config: PgClient.PgClientConfig,
  connections: number,
  lent: Lent,
): Effect.Effect<Shown, SqlError, Scope.Scope> =>
  Effect.map(make(config, connections, lent), (reads) => {
    let asked = 0
    const left = Effect.sync(() => {
      asked--
    })
    return {
      rows: <Row extends object>(statement: string, parameters: ReadonlyArray<unknown>, plan?: Plan) =>
        Effect.suspend(() => {
          if (asked >= ASKED_MAX) return Effect.fail(unavailable("mailbox-full"))
          asked++
          return reads.rows<Row>(statement, parameters, plan).pipe(
            Effect.ensuring(left),
            Effect.forkDetach({ startImmediately: true }),
            Effect.flatMap((reading) => Effect.timeout(Fiber.join(reading), `${SHOWN_SECONDS} seconds`)),
            Effect.mapError(() => unavailable("database")),
          )
        }),
    }
  })
