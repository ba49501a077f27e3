/**
 * The two levels over a Redis whose commands the test ends, in any order, and whose connections it cuts: the process that edits shows
 * nothing older than what it answered.
 */
import { Deferred, Effect, Fiber, type Scope } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import type { RedisCache } from "../../../src/adapters/redis/cache.ts"
import { RedisAway } from "../../../src/adapters/redis/connection.ts"
import type { Listener } from "../../../src/adapters/redis/invalidation.ts"
import * as TwoLevelCache from "../../../src/adapters/redis/two-level-cache.ts"
import * as ReadThrough from "../../../src/app/reads/read-through.ts"
import type { CacheService, Entry } from "../../../src/ports/cache.ts"

const KEY = "salt"

const scoped = <A>(body: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> => Effect.runPromise(Effect.scoped(body))

/** What Redis does with a command: `serve` gives its answer, if it is served. */
type Fate = <A>(what: string, serve: () => A) => Effect.Effect<A, RedisAway>

/** A Redis that keeps the law of versions, each command of which meets its fate. */
const redisOf = (fate: Fate): RedisCache => {
  const values = new Map<string, { readonly version: number; readonly entry: Entry | null }>()
  const set = (key: string, version: number, entry: Entry | null): boolean => {
    if ((values.get(key)?.version ?? 0) > version) return false
    values.set(key, { version, entry })
    return true
  }
  const tryPut: RedisCache["tryPut"] = (key, entry) =>
    fate(`put ${entry.version}`, () => set(key, entry.version, entry))
  const tryDrop: RedisCache["tryDrop"] = (key, version) =>
    Effect.asVoid(fate(`drop ${version}`, () => set(key, version, null)))
  return {
    tryPut,
    tryDrop,
    near: () => null,
    get: (key) =>
      fate("get", () => values.get(key)?.entry ?? null).pipe(
        Effect.map((entry) => (entry === null ? null : { entry, level: "redis" as const })),
        Effect.orElseSucceed(() => null),
      ),
    put: (key, entry, ttlMs) => Effect.orElseSucceed(tryPut(key, entry, ttlMs), () => false),
    drop: (key, version) => Effect.ignore(tryDrop(key, version)),
    lease: () => Effect.succeed({ giveBack: Effect.void }),
  }
}

/** The two levels, and how they hear of what others change and of lost connections. */
const over = (redis: RedisCache) =>
  Effect.gen(function* () {
    let heard: Listener | null = null
    const listen = (listener: Listener) =>
      Effect.sync(() => {
        heard = listener
        return { isTracking: () => true }
      })
    const cache = yield* TwoLevelCache.over(redis, listen, yield* MemoryCache.make(100))
    return { cache, listener: heard! as Listener }
  })

describe("two levels", () => {
  it("show nothing older than an edit, though a put that was sent before it fails when the connection is lost after it", () =>
    scoped(
      Effect.gen(function* () {
        const [sent, lost] = [yield* Deferred.make<void>(), yield* Deferred.make<never, RedisAway>()]
        // The first command hangs until the connection is lost, and meanwhile others are not sent: the connection rests.
        let isResting = false
        const fate: Fate = (what) => {
          if (what !== "put 24" || isResting) return Effect.fail(new RedisAway())
          isResting = true
          return Effect.andThen(Deferred.succeed(sent, undefined), Deferred.await(lost))
        }
        const { cache, listener } = yield* over(redisOf(fate))
        const process = yield* ReadThrough.make(cache, { ttlMs: 60_000 }, () => 0.5)
        const read = (version: number) => process.read(KEY, Effect.succeed({ value: { version }, version }))
        const late = yield* Effect.forkChild(read(24))
        yield* Deferred.await(sent)
        yield* process.drop(KEY, 25)
        yield* process.write(KEY, { value: { version: 25 }, version: 25 })
        expect((yield* read(25)).version).toBe(25)
        listener.clear()
        yield* Deferred.fail(lost, new RedisAway())
        expect((yield* Fiber.join(late)).version).toBe(24)
        expect(process.near(KEY)).toBeNull()
        expect((yield* read(25)).version).toBe(25)
      }),
    ))

  const steps = fc.record({
    scheduler: fc.scheduler(),
    /** Of the commands, in the order in which they end. */
    served: fc.infiniteStream(fc.boolean()),
  })

  it("show nothing older than what was answered, in whatever order commands end, fail, and others are heard", async () => {
    const seen = { near: 0, stale: 0 }
    const property = fc.asyncProperty(steps, ({ scheduler, served }) => {
      const fate: Fate = (what, serve) =>
        Effect.flatMap(
          Effect.promise(() => scheduler.schedule(Promise.resolve(), what)),
          () => (served.next().value === true ? Effect.sync(serve) : Effect.fail(new RedisAway())),
        )
      const moment = (what: string) => Effect.promise(() => scheduler.schedule(Promise.resolve(), what))
      const entry = (version: number): Entry => ({
        ...{ text: JSON.stringify(version), version, readAt: 0, freshUntil: Number.MAX_SAFE_INTEGER },
      })
      const play = Effect.gen(function* () {
        const { cache, listener } = yield* over(redisOf(fate))
        let answered = 1
        const holds = (version: number | undefined, known: number) => {
          if (version === undefined) return
          seen.near++
          expect(version).toBeGreaterThanOrEqual(known)
        }
        const edits = Effect.forEach([2, 3], (version) =>
          Effect.gen(function* () {
            yield* moment(`edit ${version}`)
            yield* cache.drop(KEY, version)
            yield* cache.put(KEY, entry(version), 60_000)
            answered = version
          }),
        )
        const late = (version: number) => Effect.andThen(moment("read late"), cache.put(KEY, entry(version), 60_000))
        const others = Effect.forEach(["forget", "clear", "forget", "clear"] as const, (what) =>
          Effect.andThen(
            moment(what),
            Effect.sync(() => listener[what](KEY)),
          ),
        )
        const reader = Effect.forEach([1, 2, 3, 4, 5, 6], () =>
          Effect.gen(function* () {
            yield* moment("read")
            const known = answered
            holds(cache.near(KEY)?.version, known)
            const found: Found = yield* cache.get(KEY)
            holds(found?.entry.version, known)
          }),
        )
        yield* Effect.all([edits, late(1), late(2), others, reader, reader], { concurrency: "unbounded" })
        holds(cache.near(KEY)?.version, answered)
      })
      return scheduler.waitFor(scoped(play))
    })
    await fc.assert(property, { numRuns: 400 })
    expect(seen.near).toBeGreaterThan(1_000)
  })
})

type Found = Effect.Success<ReturnType<CacheService["get"]>>
