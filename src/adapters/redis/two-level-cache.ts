/**
 * Two levels: a cache in this process before one in Redis, kept in step with what other processes change.
 *
 * Law: what was read from Redis is kept locally only if no invalidation of its key came meanwhile, and only while invalidations
 * are known to come; with Redis away each process has its local level alone, for at most LONE_MS. What this process dropped is given out
 * by no level, whatever the level knows: Redis may not have answered, and the local level forgets its drops when a connection is lost,
 * while what a reader read before the edit is still on its way to it. A drop reaches Redis as soon as it answers.
 */
import { Clock, Effect, type Scope } from "effect"
import { type CacheService, type Found, type LocalCache, TOMBSTONE_MS } from "../../ports/cache.ts"
import * as RedisCache from "./cache.ts"
import * as Connection from "./connection.ts"
import * as Invalidation from "./invalidation.ts"

/** How long something is kept locally while nothing says when it changes elsewhere (ms). */
const LONE_MS = 1_000

/** Kept locally for at most this (ms): a lost invalidation is mended by then. */
const LOCAL_MS = 10_000

/** Drops that hold, at most: the edits of a minute. */
const FLOORS_MAX = 10_000

/** Between two attempts to deliver those that Redis has not taken (ms). */
const DELIVER_MS = 1_000

interface Reading {
  count: number
  isOutdated: boolean
}

/** Reads of Redis under way, and whether their key was invalidated meanwhile. */
class Readings {
  readonly #byKey = new Map<string, Reading>()

  begin(key: string): Reading {
    const reading = this.#byKey.get(key) ?? { count: 0, isOutdated: false }
    reading.count++
    this.#byKey.set(key, reading)
    return reading
  }

  end(key: string, reading: Reading): void {
    if (--reading.count === 0) this.#byKey.delete(key)
  }

  outdate(key: string): void {
    const reading = this.#byKey.get(key)
    if (reading !== undefined) reading.isOutdated = true
  }

  outdateAll(): void {
    for (const reading of this.#byKey.values()) reading.isOutdated = true
  }
}

/** What a drop forbids: anything below its version, for as long as a reader may come late with it. */
interface Floor {
  readonly version: number
  readonly until: number
  isDelivered: boolean
}

/**
 * The drops of this process: they reach Redis in the end, and hold here whatever Redis knows. It may have hung while the row was
 * edited and go on with what it knew, or have been flushed and take what is older from a reader who comes late.
 */
const floorsOver = (redis: RedisCache.RedisCache) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const floors = new Map<string, Floor>()
    const floorOf = (key: string): number => floors.get(key)?.version ?? 0
    const deliver = (key: string, floor: Floor) =>
      Effect.matchEffect(redis.tryDrop(key, floor.version), {
        onSuccess: () =>
          Effect.sync(() => {
            floor.isDelivered = true
          }),
        onFailure: () => Effect.void,
      })
    const drop = (key: string, version: number) =>
      Effect.suspend(() => {
        // One that comes late, after a newer one, forbids nothing more.
        if (version < floorOf(key)) return Effect.void
        const floor = { version, until: clock.currentTimeMillisUnsafe() + TOMBSTONE_MS, isDelivered: false }
        if (floors.size < FLOORS_MAX || floors.has(key)) floors.set(key, floor)
        return deliver(key, floor)
      })
    const look = Effect.suspend(() =>
      Effect.forEach(
        [...floors],
        ([key, floor]) => {
          if (!floor.isDelivered) return deliver(key, floor)
          if (floor.until <= clock.currentTimeMillisUnsafe()) floors.delete(key)
          return Effect.void
        },
        { discard: true },
      ),
    )
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(DELIVER_MS), look)))
    return { drop, isAllowed: (key: string, version: number): boolean => version >= floorOf(key) }
  })

/** `invalidated` is called when something near was dropped because of others. */
export const make = (
  options: Connection.Options,
  local: LocalCache,
  invalidated: (what: "key" | "all") => void = () => undefined,
): Effect.Effect<CacheService, never, Scope.Scope> =>
  Effect.flatMap(Connection.make(options), (connection) =>
    over(
      RedisCache.make(connection, options.prefix),
      (listener) => Invalidation.listen(connection, options, listener),
      local,
      invalidated,
    ),
  )

/** Over any Redis: `listen` has the listener notified of what others change, and of all that may have been missed. */
export const over = <R>(
  redis: RedisCache.RedisCache,
  listen: (listener: Invalidation.Listener) => Effect.Effect<Invalidation.Invalidation, never, R>,
  local: LocalCache,
  invalidated: (what: "key" | "all") => void = () => undefined,
): Effect.Effect<CacheService, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const readings = new Readings()
    const tracking = yield* listen({
      forget: (key) => {
        readings.outdate(key)
        local.forget(key)
        invalidated("key")
      },
      clear: () => {
        readings.outdateAll()
        local.clear()
        invalidated("all")
      },
    })
    const keptMs = (ttlMs: number): number => Math.min(ttlMs, tracking.isTracking() ? LOCAL_MS : LONE_MS)
    const { drop, isAllowed } = yield* floorsOver(redis)
    /** The drop may be younger than the look at the level, and than what is put there late. */
    const allowed = <A extends Found>(key: string, found: A | null): A | null =>
      found !== null && isAllowed(key, found.entry.version) ? found : null
    const far = (key: string, reading: Reading) =>
      Effect.tap(
        Effect.map(redis.get(key), (found) => allowed(key, found)),
        (found) => (found === null || reading.isOutdated ? Effect.void : local.put(key, found.entry, keptMs(LOCAL_MS))),
      )

    return {
      near: (key) => {
        const entry = local.near(key)
        return entry !== null && isAllowed(key, entry.version) ? entry : null
      },
      get: (key) =>
        Effect.flatMap(local.get(key), (found) => {
          const near = allowed(key, found)
          if (near !== null) return Effect.succeed(near)
          return Effect.acquireUseRelease(
            Effect.sync(() => readings.begin(key)),
            (reading) => far(key, reading),
            (reading) => Effect.sync(() => readings.end(key, reading)),
          )
        }),
      // Redis says whether it is the newest; when it is away, the local level knows no better.
      put: (key, entry, ttlMs) =>
        Effect.flatMap(
          isAllowed(key, entry.version)
            ? Effect.orElseSucceed(redis.tryPut(key, entry, ttlMs), () => true)
            : Effect.succeed(false),
          (isTaken) => (isTaken ? local.put(key, entry, keptMs(ttlMs)) : Effect.succeed(false)),
        ),
      // Here first: what is near must not be shown while Redis is waited for.
      drop: (key, version) => Effect.andThen(local.drop(key, version), drop(key, version)),
      lease: (key, ttlMs) => redis.lease(key, ttlMs),
    }
  })
