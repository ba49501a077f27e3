/**
 * Two levels: a cache in this process before one in Redis, kept in step with what other processes change.
 *
 * Law: what was read from Redis is kept locally only if no invalidation of its key came meanwhile, and only while invalidations
 * are known to come; with Redis away each process has its local level alone, for at most LONE_MS.
 */
import { Effect, type Scope } from "effect"
import type { CacheService, LocalCache } from "../../ports/cache.ts"
import * as RedisCache from "./cache.ts"
import * as Connection from "./connection.ts"
import * as Invalidation from "./invalidation.ts"

/** How long something is kept locally while nothing says when it changes elsewhere, ms. */
const LONE_MS = 1_000

/** Kept locally for at most this, ms: a lost invalidation is mended by then. */
const LOCAL_MS = 10_000

/** Reads of Redis under way, and whether their key was invalidated meanwhile. */
interface Reading {
  count: number
  isOutdated: boolean
}

export const make = (options: Connection.Options, local: LocalCache): Effect.Effect<CacheService, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* Connection.make(options)
    const redis = RedisCache.make(connection, options.prefix)
    const readings = new Map<string, Reading>()
    const outdated = (key: string): void => {
      const reading = readings.get(key)
      if (reading !== undefined) reading.isOutdated = true
    }
    const tracking = yield* Invalidation.listen(connection, options, {
      forget: (key) => {
        outdated(key)
        local.forget(key)
      },
      clear: () => {
        for (const key of readings.keys()) outdated(key)
        local.clear()
      },
    })
    const keptMs = (ttlMs: number): number => Math.min(ttlMs, tracking.isTracking() ? LOCAL_MS : LONE_MS)

    const begin = (key: string) =>
      Effect.sync(() => {
        const reading = readings.get(key) ?? { count: 0, isOutdated: false }
        reading.count++
        readings.set(key, reading)
        return reading
      })
    const end = (key: string, reading: Reading) =>
      Effect.sync(() => {
        if (--reading.count === 0) readings.delete(key)
      })

    return {
      get: (key) =>
        Effect.flatMap(local.get(key), (near) =>
          near !== null
            ? Effect.succeed(near)
            : Effect.acquireUseRelease(
                begin(key),
                (reading) =>
                  Effect.tap(redis.get(key), (far) =>
                    far === null || reading.isOutdated ? Effect.void : local.put(key, far.entry, keptMs(LOCAL_MS)),
                  ),
                (reading) => end(key, reading),
              ),
        ),
      // Redis says whether it is the newest; the local level keeps it in any case when Redis is away.
      put: (key, entry, ttlMs) =>
        Effect.flatMap(redis.put(key, entry, ttlMs), (isTaken) =>
          isTaken || !tracking.isTracking() ? local.put(key, entry, keptMs(ttlMs)) : Effect.succeed(false),
        ),
      drop: (key, version) => Effect.andThen(redis.drop(key, version), local.drop(key, version)),
      lease: (key, ttlMs) => redis.lease(key, ttlMs),
    }
  })
