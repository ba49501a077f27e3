/** Read-through under virtual time: one reading for a crowd, renewed ahead of its time, old rather than late. */
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import * as ReadThrough from "../../../src/app/reads/read-through.ts"
import type { CacheService } from "../../../src/ports/cache.ts"
import { type Unavailable, unavailable } from "../../../src/ports/failures.ts"

const test = <A, E>(program: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(TestClock.layer())) as Effect.Effect<A, E>)

const settle = Effect.repeat(Effect.yieldNow, { times: 30 })

/** A source with one row, which counts its readings and may be slow or away. */
class Source {
  version = 1
  readings = 0
  isAway = false
  gate: Deferred.Deferred<void> | null = null
  readonly read: Effect.Effect<ReadThrough.Read<string>, Unavailable> = Effect.gen({ self: this }, function* () {
    this.readings++
    if (this.gate !== null) yield* Deferred.await(this.gate)
    if (this.isAway) return yield* Effect.fail(unavailable("database"))
    return { value: `version ${this.version}`, version: this.version }
  })
}

const TTL_MS = 10_000

/** Without jitter: 0.5 is its middle. */
const over = (cache: CacheService) => ReadThrough.make(cache, { ttlMs: TTL_MS }, () => 0.5)
const alone = Effect.flatMap(MemoryCache.make(100), over)

/** A cache that is away. */
const away: CacheService = {
  near: () => null,
  get: () => Effect.succeed(null),
  put: () => Effect.succeed(false),
  drop: () => Effect.void,
  lease: () => Effect.succeed({ giveBack: Effect.void }),
}

describe("read-through", () => {
  it("reads the source once for ten thousand who ask at once", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        source.gate = yield* Deferred.make<void>()
        const reads = yield* alone
        const askers = []
        for (let asker = 0; asker < 10_000; asker++)
          askers.push(yield* Effect.forkChild(reads.read("a", source.read), { startImmediately: true }))
        yield* Deferred.succeed(source.gate, undefined)
        for (const asker of askers) expect((yield* Fiber.join(asker)).value).toBe("version 1")
        expect(source.readings).toBe(1)
      }),
    ))

  it("gives who asks after a drop nothing that was being read before it", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        source.gate = yield* Deferred.make<void>()
        const reads = yield* ReadThrough.make(away, { ttlMs: TTL_MS }, () => 0.5)
        const old = { value: "version 1", version: 1 }
        const before = yield* Effect.forkChild(reads.read("a", Effect.as(source.read, old)), { startImmediately: true })
        yield* settle
        source.version = 2
        yield* reads.drop("a", 2)
        const after = yield* Effect.forkChild(reads.read("a", source.read), { startImmediately: true })
        yield* settle
        yield* Deferred.succeed(source.gate, undefined)
        expect((yield* Fiber.join(before)).value).toBe("version 1")
        expect((yield* Fiber.join(after)).value).toBe("version 2")
      }),
    ))

  it("reads once in all processes that share a cache, and does not wait for ever for one that died", () =>
    test(
      Effect.gen(function* () {
        const cache = yield* MemoryCache.make(100)
        const source = new Source()
        source.gate = yield* Deferred.make<void>()
        const processes = yield* Effect.all(Array.from({ length: 5 }, () => over(cache)))
        const askers = []
        for (const process of processes) askers.push(yield* Effect.forkChild(process.read("a", source.read)))
        yield* settle
        yield* Deferred.succeed(source.gate, undefined)
        yield* TestClock.adjust("20 millis")
        for (const asker of askers) expect((yield* Fiber.join(asker)).value).toBe("version 1")
        expect(source.readings).toBe(1)

        yield* cache.lease("b", 2_000)
        const asker = yield* Effect.forkChild(processes[0]!.read("b", source.read))
        yield* settle
        yield* TestClock.adjust("2 seconds")
        expect((yield* Fiber.join(asker)).from).toBe("source")
      }),
    ))

  it("reads by itself as soon as the process that it waits for has been outdated, or has failed", () =>
    test(
      Effect.gen(function* () {
        for (const fails of [false, true]) {
          const cache = yield* MemoryCache.make(100)
          const [source, other] = [new Source(), new Source()]
          source.gate = yield* Deferred.make<void>()
          const [one, waiting] = [yield* over(cache), yield* over(cache)]
          const first = yield* Effect.forkChild(Effect.exit(one.read("a", source.read)))
          yield* settle
          const second = yield* Effect.forkChild(waiting.read("a", other.read))
          yield* settle
          yield* TestClock.adjust("20 millis")
          expect(other.readings).toBe(0)
          other.version = 2
          source.isAway = fails
          yield* one.drop("a", 2)
          yield* Deferred.succeed(source.gate, undefined)
          yield* Fiber.join(first)
          yield* TestClock.adjust("20 millis")
          expect(yield* Fiber.join(second)).toMatchObject({ value: "version 2", from: "source" })
          expect(yield* cache.lease("a", 1)).not.toBeNull()
        }
      }),
    ))

  it("does not read what was put between its look and the lease", () =>
    test(
      Effect.gen(function* () {
        const cache = yield* MemoryCache.make(100)
        const holder = (yield* cache.lease("a", 60_000))!
        const source = new Source()
        const entry = { text: '"put"', version: 1, readAt: 0, freshUntil: TTL_MS }
        let asked = 0
        const late: CacheService = {
          ...cache,
          lease: (key, ttlMs) =>
            Effect.gen(function* () {
              asked++
              if (asked > 1) yield* Effect.andThen(cache.put("a", entry, TTL_MS), holder.giveBack)
              return yield* cache.lease(key, ttlMs)
            }),
        }
        const reads = yield* over(late)
        const reader = yield* Effect.forkChild(reads.read("a", source.read))
        yield* settle
        yield* TestClock.adjust("10 millis")
        expect(yield* Fiber.join(reader)).toMatchObject({ value: "put", from: "local" })
        expect({ asked, readings: source.readings }).toEqual({ asked: 2, readings: 0 })
        expect(yield* cache.lease("a", 1)).not.toBeNull()
      }),
    ))

  it("renews in the last fifth of its time what is still asked for, and nothing else", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        const reads = yield* alone
        yield* reads.read("a", source.read)
        yield* TestClock.adjust(0.79 * TTL_MS)
        yield* reads.read("a", source.read)
        yield* settle
        expect(source.readings).toBe(1)
        yield* TestClock.adjust(0.02 * TTL_MS)
        source.version = 2
        expect(yield* reads.read("a", source.read)).toMatchObject({ value: "version 1", from: "local" })
        yield* settle
        expect(yield* reads.read("a", source.read)).toMatchObject({ value: "version 2", from: "local" })
        yield* TestClock.adjust("1 hour")
        expect(source.readings).toBe(2)
      }),
    ))

  it("gives out the old value while the source is slow or away, until a minute after its time, and says how old it is", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        const reads = yield* alone
        yield* reads.read("a", source.read)
        yield* TestClock.adjust(TTL_MS)
        source.gate = yield* Deferred.make<void>()
        const asker = yield* Effect.forkChild(reads.read("a", source.read))
        yield* settle
        yield* TestClock.adjust("100 millis")
        expect(yield* Fiber.join(asker)).toMatchObject({ value: "version 1", from: "stale", ageMs: TTL_MS + 100 })
        source.isAway = true
        yield* Deferred.succeed(source.gate, undefined)
        yield* settle
        yield* TestClock.adjust("59 seconds")
        expect(yield* reads.read("a", source.read)).toMatchObject({ from: "stale" })
        yield* TestClock.adjust("1 second")
        expect(yield* Effect.flip(reads.read("a", source.read))).toMatchObject({ reason: "database" })
      }),
    ))

  it("counts that minute from the end of the time that the value itself was given", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        // A tenth longer than others.
        const reads = yield* ReadThrough.make(yield* MemoryCache.make(100), { ttlMs: TTL_MS }, () => 1)
        yield* reads.read("a", source.read)
        source.isAway = true
        yield* TestClock.adjust(1.1 * TTL_MS + ReadThrough.STALE_MAX_MS - 1)
        expect(yield* reads.read("a", source.read)).toMatchObject({ from: "stale" })
        yield* TestClock.adjust(1)
        expect(yield* Effect.flip(reads.read("a", source.read))).toMatchObject({ reason: "database" })
      }),
    ))

  it("gives without waiting what is near and need not be renewed yet, and nothing else", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        const reads = yield* alone
        expect(reads.near("a")).toBeNull()
        yield* reads.read("a", source.read)
        yield* TestClock.adjust(0.79 * TTL_MS)
        expect(reads.near("a")).toMatchObject({ value: "version 1", from: "local", ageMs: 0.79 * TTL_MS })
        yield* TestClock.adjust(0.02 * TTL_MS)
        expect(reads.near("a")).toBeNull()
        yield* reads.write("a", { value: "version 2", version: 2 })
        expect(reads.near("a")).toMatchObject({ value: "version 2" })
        yield* reads.drop("a", 3)
        expect(reads.near("a")).toBeNull()
      }),
    ))

  it("believes for a second that there is nothing", () =>
    test(
      Effect.gen(function* () {
        let readings = 0
        const nothing = Effect.sync(() => {
          readings++
          return { value: null, version: 0 }
        })
        const reads = yield* alone
        for (let read = 0; read < 3; read++) yield* reads.read("a", nothing)
        expect(readings).toBe(1)
        yield* TestClock.adjust("1 second")
        expect((yield* reads.read("a", nothing)).value).toBeNull()
        expect(readings).toBe(2)
      }),
    ))

  it("shows a change at once, although a slow reader puts the old value afterwards", () =>
    test(
      Effect.gen(function* () {
        const source = new Source()
        source.gate = yield* Deferred.make<void>()
        const reads = yield* alone
        const slow = yield* Effect.forkChild(reads.read("a", source.read))
        yield* settle
        yield* reads.write("a", { value: "version 2", version: 2 })
        // It read before the change, and comes back after it.
        yield* Deferred.succeed(source.gate, undefined)
        yield* Fiber.join(slow)
        expect((yield* reads.read("a", source.read)).value).toBe("version 2")
        yield* reads.drop("a", 3)
        source.version = 3
        expect((yield* reads.read("a", source.read)).value).toBe("version 3")
      }),
    ))
})
