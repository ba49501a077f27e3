/**
 * Pool wait: how long statements of this thread waited for a connection of their pool, summed and announced once a second. A pool whose
 * statements wait is too small, or its statements are slow.
 *
 * Limits: a wait is seen when it ends. Transactions of several statements have a pool that is not measured.
 */
import type { PgPool } from "@effect/sql-pg"
import { Context, Effect, Layer } from "effect"
import { type PoolMeasured, Probe } from "../../ports/probe.ts"

/** Counts one that waited for so long (ms). */
export type Lent = (waitedMs: number) => void

export const UNMEASURED: Lent = () => {}

/** The waits in the pools of one client. */
export class PoolWaits extends Context.Service<
  PoolWaits,
  {
    /** Counts for the pool of that name. */
    readonly of: (pool: string) => Lent
    /** What was counted since it was asked last. */
    readonly take: () => PoolMeasured["pools"]
  }
>()("jaego/adapters/postgres/PoolWaits") {}

export const make = (): PoolWaits["Service"] => {
  const sums: Array<{ pool: string; statements: number; seconds: number; longestSeconds: number }> = []
  return {
    of: (pool) => {
      const sum = { pool, statements: 0, seconds: 0, longestSeconds: 0 }
      sums.push(sum)
      return (waitedMs) => {
        sum.statements++
        sum.seconds += waitedMs / 1_000
        sum.longestSeconds = Math.max(sum.longestSeconds, waitedMs / 1_000)
      }
    },
    take: () =>
      sums.map((sum) => {
        const taken = { ...sum }
        Object.assign(sum, { statements: 0, seconds: 0, longestSeconds: 0 })
        return taken
      }),
  }
}

/** The pool, measured. */
export const measured = (pool: PgPool.PgPool, lent: Lent): PgPool.PgPool => ({
  ...pool,
  use: (statement) =>
    Effect.suspend(() => {
      const asked = performance.now()
      return pool.use((connection) => {
        lent(performance.now() - asked)
        return statement(connection)
      })
    }),
})

/** `begun`: until then the thread is a spare, and no main thread listens. */
export const layer = (
  thread: string,
  begun: Effect.Effect<void> = Effect.void,
): Layer.Layer<never, never, PoolWaits | Probe> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const probe = yield* Probe
      const waits = yield* PoolWaits
      const measure = Effect.sync(() => probe.emit({ _tag: "PoolMeasured", thread, pools: waits.take() }))
      const everySecond = Effect.forever(Effect.andThen(Effect.sleep("1 second"), measure))
      yield* Effect.forkScoped(Effect.andThen(begun, everySecond))
    }),
  )
