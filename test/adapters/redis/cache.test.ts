/** The cache over a real Redis: the contract, two processes in step, and a Redis that is stopped, frozen, flushed and empty again. */
import { Clock, Deferred, Effect, Fiber, Layer, type Scope } from "effect"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import * as RedisCache from "../../../src/adapters/redis/cache.ts"
import * as Connection from "../../../src/adapters/redis/connection.ts"
import * as TwoLevelCache from "../../../src/adapters/redis/two-level-cache.ts"
import * as ReadThrough from "../../../src/app/reads/read-through.ts"
import { Cache, type CacheService, type Entry } from "../../../src/ports/cache.ts"
import { cacheContract } from "../../contracts/cache.ts"
import { cachedListsContract, Processes } from "../../contracts/cached-lists.ts"
import { isMissing, RedisServer } from "../../support/redis-server.ts"
import { until } from "../../support/service.ts"

const ENTRIES = 10_000
const PREFIX = "jaego:"

let readied = 0

describe.skipIf(isMissing)("with a real Redis", () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.stop())

  /** More patient than the service is: on a busy machine a put that timed out would not be seen by the other. */
  const options = (timeoutMs = 2_000): Connection.Options => ({ url: server.url, timeoutMs, prefix: PREFIX })
  const redis = Layer.effect(
    Cache,
    Effect.suspend(() => Effect.map(Connection.make(options()), (connection) => RedisCache.make(connection, PREFIX))),
  )
  /** Once Redis answers it: a lease is given twice only by a cache that cannot ask. */
  const ready = (cache: CacheService): Effect.Effect<CacheService> =>
    Effect.gen(function* () {
      const key = `ready:${++readied}`
      yield* Effect.repeat(cache.lease(key, 60_000), { until: (lease) => lease === null })
      return cache
    })
  const impatient = (timeoutMs: number) =>
    Effect.flatMap(MemoryCache.make(ENTRIES), (local) => TwoLevelCache.make(options(timeoutMs), local))
  const twoLevels = Effect.suspend(() => impatient(2_000))
  const entry = (version: number): Entry => ({ text: `"${version}"`, version, readAt: 0, freshUntil: 0 })

  cacheContract("redis", Layer.effect(Cache, Effect.flatMap(Cache, ready)).pipe(Layer.provide(redis)))
  cacheContract("two levels", Layer.effect(Cache, Effect.flatMap(twoLevels, ready)))
  cachedListsContract("two levels", Layer.succeed(Processes, { open: Effect.flatMap(twoLevels, ready) }))

  describe("two processes", () => {
    const scoped = <A, E>(body: Effect.Effect<A, E, Scope.Scope>): Promise<A> => Effect.runPromise(Effect.scoped(body))
    afterEach(async () => {
      await server.stop()
      await server.start()
    })
    /** The level that gives `version` of a key, once it does. */
    const sees = (cache: CacheService, key: string, version: number) =>
      Effect.promise(() =>
        until(`version ${version} is seen`, async () => {
          const found = await Effect.runPromise(cache.get(key))
          return found?.entry.version === version && found.level === "local" ? found : null
        }),
      )

    it("see each other's changes, although each keeps its own copy", () =>
      scoped(
        Effect.gen(function* () {
          const [one, other] = [yield* Effect.flatMap(twoLevels, ready), yield* Effect.flatMap(twoLevels, ready)]
          yield* one.put("product:1", entry(1), 60_000)
          yield* sees(other, "product:1", 1)
          yield* one.put("product:1", entry(2), 60_000)
          yield* sees(other, "product:1", 2)
          yield* other.drop("product:1", 3)
          yield* Effect.promise(() =>
            until("the drop is seen", async () => (await Effect.runPromise(one.get("product:1"))) === null),
          )
        }),
      ))

    it("forget everything local when Redis is flushed, and when it was away", () =>
      scoped(
        Effect.gen(function* () {
          const one = yield* Effect.flatMap(twoLevels, ready)
          yield* one.put("product:2", entry(1), 60_000)
          yield* sees(one, "product:2", 1)
          const client = server.client()
          yield* Effect.promise(() => client.flushall())
          yield* Effect.promise(() =>
            until("the flush is seen", async () => (await Effect.runPromise(one.get("product:2"))) === null),
          )
          client.disconnect()
          yield* one.put("product:3", entry(7), 60_000)
          yield* Effect.promise(async () => {
            await server.stop()
            await server.start()
          })
          // It came back empty, as from an old dump: what stands locally is not believed either.
          yield* Effect.promise(() =>
            until("the loss is seen", async () => (await Effect.runPromise(one.get("product:3"))) === null),
          )
        }),
      ))

    it("read one after the other when what the first read was outdated by an edit meanwhile", () =>
      scoped(
        Effect.gen(function* () {
          const one = yield* Effect.flatMap(twoLevels, ready)
          const other = yield* Effect.flatMap(twoLevels, ready)
          const refused = yield* Deferred.make<void>()
          const leases: Array<boolean> = []
          const watched: CacheService = {
            ...other,
            lease: (key, ttlMs) =>
              Effect.tap(other.lease(key, ttlMs), (lease) => {
                leases.push(lease !== null)
                return lease === null ? Deferred.succeed(refused, undefined) : Effect.void
              }),
          }
          const over = (cache: CacheService) => ReadThrough.make(cache, { ttlMs: 60_000 }, () => 0.5)
          const [holder, waiting] = [yield* over(one), yield* over(watched)]
          const [began, gate] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          const slow = Deferred.succeed(began, undefined).pipe(
            Effect.andThen(Deferred.await(gate)),
            Effect.as({ value: "before", version: 1 }),
          )
          const first = yield* Effect.forkChild(holder.read("product:4", slow))
          yield* Deferred.await(began)
          const edited = Effect.succeed({ value: "edited", version: 2 })
          const second = yield* Effect.forkChild(waiting.read("product:4", edited))
          yield* Deferred.await(refused)
          yield* holder.drop("product:4", 2)
          yield* Deferred.succeed(gate, undefined)
          expect((yield* Fiber.join(first)).value).toBe("before")
          expect((yield* Fiber.join(second)).value).toBe("edited")
          // By the lease that was given back, and not because it waited in vain.
          expect(leases[0]).toBe(false)
          expect(leases.at(-1)).toBe(true)
          expect((yield* one.get("product:4"))?.entry.version).toBe(2)
        }),
      ))

    it("miss, and do not fail or wait long, while Redis is dead or frozen", () =>
      scoped(
        Effect.gen(function* () {
          const one = yield* Effect.flatMap(impatient(50), ready)
          const clock = yield* Clock.Clock
          server.signal("SIGSTOP")
          const begun = clock.currentTimeMillisUnsafe()
          for (let read = 0; read < 1_000; read++) expect(yield* one.get(`frozen:${read}`)).toBeNull()
          // One command in a second waits for its 50 ms; the others do not ask.
          expect(clock.currentTimeMillisUnsafe() - begun).toBeLessThan(5_000)
          server.signal("SIGCONT")
          yield* Effect.flatMap(Effect.succeed(one), ready)
          yield* Effect.promise(() => server.stop())
          expect(yield* one.get("dead")).toBeNull()
          expect(yield* one.lease("dead", 1_000)).not.toBeNull()
        }),
      ))
  })
})
