/**
 * A lock in Redis: `SET NX PX` with a token, given back by the holder of the token. As it is commonly built: it is polled
 * until it is had (no queue, no fencing token).
 *
 * Limits: it lasts LIFETIME_MS and is waited for WAIT_MS at most. Fails: never; Redis away is a lock that is not had.
 */
import { randomUUID } from "node:crypto"
import { Clock, Effect, Random } from "effect"
import type { StockLockService } from "../../../ports/stock-lock.ts"
import { GIVE_BACK } from "../cache.ts"
import type { Connection } from "../connection.ts"

/** Lifetime of the lock (ms): several times what a transaction takes. */
const LIFETIME_MS = 2_000

/** Longest wait for the lock (ms). */
const WAIT_MS = 5_000

/** Poll interval (ms): doubled each time, with jitter, so that waiting callers do not ask together. */
const PAUSE_MS = { least: 2, most: 50 }

export const make = ({ run }: Connection, prefix: string, lifetimeMs = LIFETIME_MS): StockLockService => {
  const take = Effect.fnUntraced(function* (name: string, token: string) {
    const until = (yield* Clock.currentTimeMillis) + WAIT_MS
    for (let pause = PAUSE_MS.least; ; pause = Math.min(PAUSE_MS.most, pause * 2)) {
      const had = yield* run((redis) => redis.set(name, token, "PX", lifetimeMs, "NX")).pipe(
        Effect.orElseSucceed(() => "away" as const),
      )
      if (had === "OK") return true
      if (had === "away" || (yield* Clock.currentTimeMillis) >= until) return false
      yield* Effect.sleep(pause * (0.5 + (yield* Random.next)))
    }
  })
  return {
    hold: Effect.fnUntraced(function* (productIds) {
      const token = randomUUID()
      for (const id of productIds.toSorted()) {
        const name = `${prefix}stock-lock:${id}`
        if (!(yield* take(name, token))) return false
        yield* Effect.addFinalizer(() => Effect.ignore(run((redis) => redis.eval(GIVE_BACK, 1, name, token))))
      }
      return true
    }),
  }
}
