/** One owner at a time, and the next one as soon as the first has handed over or lost its session. */
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as Lane from "../../../src/domain/lane.ts"
import { Lease } from "../../../src/ports/lease.ts"
import { freshClient } from "../../support/postgres.ts"
import { terminate } from "../../support/sessions.ts"

const over = <E>(body: Effect.Effect<void, E, Lease | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(PostgresLease.layer.pipe(Layer.provideMerge(freshClient)))))

/** A process that wants the lease, and can give it back. */
const candidate = Effect.gen(function* () {
  const lease = yield* Lease
  const scope = yield* Effect.acquireRelease(Scope.make(), (made) => Scope.close(made, Exit.void))
  const waiting = yield* Deferred.make<void>()
  const acquire = lease.acquire(Effect.asVoid(Deferred.succeed(waiting, undefined))).pipe(Scope.provide(scope))
  return { acquire, waiting: Deferred.await(waiting), leave: Scope.close(scope, Exit.void) }
})

const leaseSession = Effect.flatMap(PgClient.PgClient, (sql) =>
  Effect.map(
    sql<{ pid: number }>`select pid from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())`,
    (rows) => rows[0]!.pid,
  ),
)

describe("the lease", () => {
  it("gives every lane with a raised epoch", () =>
    over(
      Effect.gen(function* () {
        const first = yield* candidate
        const { lanes } = yield* first.acquire
        expect(lanes.map(({ lane }) => lane).sort((a, b) => a - b)).toEqual([...Array(Lane.COUNT).keys()])
        expect(new Set(lanes.map(({ epoch }) => epoch))).toEqual(new Set([1]))
      }),
    ))

  it("lets the next one wait, and in when it is handed over", () =>
    over(
      Effect.gen(function* () {
        const [first, second] = [yield* candidate, yield* candidate]
        yield* first.acquire
        const taken = yield* Effect.forkScoped(second.acquire)
        yield* second.waiting
        expect(taken.pollUnsafe()).toBeUndefined()
        yield* first.leave
        const { lanes } = yield* Fiber.join(taken)
        expect(new Set(lanes.map(({ epoch }) => epoch))).toEqual(new Set([2]))
      }),
    ))

  it("is not believed in by a process that stood still, until its session has answered again", () =>
    over(
      Effect.gen(function* () {
        const first = yield* candidate
        const { isFresh } = yield* first.acquire
        expect(isFresh()).toBe(true)
        // As if it had been frozen: nothing runs here for 700 ms.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
        expect(isFresh()).toBe(false)
        while (!isFresh()) yield* Effect.sleep("5 millis")
      }),
    ))

  it("is not believed in once it is lost", () =>
    over(
      Effect.gen(function* () {
        const first = yield* candidate
        const { isFresh, lost } = yield* first.acquire
        yield* terminate(yield* leaseSession)
        yield* lost
        expect(isFresh()).toBe(false)
      }),
    ))

  it("says that it is lost when its session was ended, and goes to the next one", () =>
    over(
      Effect.gen(function* () {
        const [first, second] = [yield* candidate, yield* candidate]
        const { lost } = yield* first.acquire
        const taken = yield* Effect.forkScoped(second.acquire)
        yield* second.waiting
        yield* terminate(yield* leaseSession)
        yield* lost
        yield* Fiber.join(taken)
      }),
    ))

  it("is never lost while its session lives", () =>
    over(
      Effect.gen(function* () {
        const first = yield* candidate
        const { lost } = yield* first.acquire
        const watch = yield* Effect.forkScoped(lost)
        const pid = yield* leaseSession
        const sql = yield* PgClient.PgClient
        const beats = sql<{
          at: Date
        }>`select query_start as at from pg_stat_activity where pid = ${pid} and query = 'select 1'`
        const first1 = yield* Effect.repeat(beats, { until: (rows) => rows.length > 0 })
        yield* Effect.repeat(beats, { until: (rows) => rows[0]!.at.getTime() > first1[0]!.at.getTime() })
        expect(watch.pollUnsafe()).toBeUndefined()
        expect(yield* leaseSession).toBe(pid)
      }),
    ))
})
