/** Lists under virtual time: renewed ahead of their time only if they were read since, old for a minute at most, and outdated seldom by many changes. */
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import * as CatalogueGeneration from "../../../src/app/reads/catalogue-generation.ts"
import { LIST_TTL_MS } from "../../../src/app/reads/product-lists.ts"
import { STALE_MAX_MS } from "../../../src/app/reads/read-through.ts"
import type { CacheService } from "../../../src/ports/cache.ts"
import * as Position from "../../../src/ports/position.ts"
import type { Happening } from "../../../src/ports/probe.ts"
import { Shelf, shopkeeping } from "../../contracts/cached-lists.ts"

const test = <A, E>(program: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(TestClock.layer())) as Effect.Effect<A, E>)

const settle = Effect.repeat(Effect.yieldNow, { times: 30 })

/** Jitter is a tenth of the time at most. */
const WHILE_FRESH = 0.7 * LIST_TTL_MS
const LATE = 0.89 * LIST_TTL_MS
const OVER = 1.1 * LIST_TTL_MS

const opened = Effect.fnUntraced(function* (shelf: Shelf) {
  const heard: Array<Happening> = []
  const lists = yield* shopkeeping(shelf, yield* MemoryCache.make(1_000), heard)
  return { ...lists, heard }
})

it("renews a page in the last fifth of its time if it was read since, and no page that is not read", () =>
  test(
    Effect.gen(function* () {
      const shelf = new Shelf()
      const { heard, name, page } = yield* opened(shelf)
      const first = yield* page()
      yield* page(first.page.next)
      yield* TestClock.adjust(WHILE_FRESH)
      yield* name
      yield* settle
      expect(shelf.readings).toHaveLength(2)
      shelf.edit("renamed elsewhere")
      yield* TestClock.adjust(LATE - WHILE_FRESH)
      // Who asks is given what is there, and has it renewed.
      expect((yield* page()).page).toEqual(first.page)
      yield* settle
      expect(yield* name).toBe("renamed elsewhere")
      expect(heard.filter(({ _tag }) => _tag === "CacheRefreshed")).toHaveLength(1)
      yield* TestClock.adjust("1 hour")
      expect(shelf.readings).toHaveLength(3)
    }),
  ))

it("shows a page for a minute more while the source is away, says how old it is, and then no more", () =>
  test(
    Effect.gen(function* () {
      const shelf = new Shelf()
      const { heard, page } = yield* opened(shelf)
      yield* page()
      shelf.isAway = true
      yield* TestClock.adjust(OVER)
      expect(yield* page()).toMatchObject({ ageMs: OVER })
      expect(heard.at(-1)).toEqual({ _tag: "CacheRead", from: "stale" })
      yield* TestClock.adjust(STALE_MAX_MS - OVER)
      expect(yield* page()).toMatchObject({ ageMs: STALE_MAX_MS })
      yield* TestClock.adjust(OVER)
      expect(yield* Effect.flip(page())).toMatchObject({ reason: "database" })
    }),
  ))

it("gives out the old page when the source is slow, and not after a change", () =>
  test(
    Effect.gen(function* () {
      const shelf = new Shelf()
      const { changed, name } = yield* opened(shelf)
      const before = yield* name
      yield* TestClock.adjust(OVER)
      shelf.gate = yield* Deferred.make<void>()
      const late = yield* Effect.forkChild(name, { startImmediately: true })
      yield* settle
      yield* TestClock.adjust("100 millis")
      expect(yield* Fiber.join(late)).toBe(before)
      shelf.edit("renamed")
      yield* changed
      const after = yield* Effect.forkChild(name, { startImmediately: true })
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(shelf.gate, undefined)
      expect(yield* Fiber.join(after)).toBe("renamed")
    }),
  ))

it("announces fifty thousand changes in ten seconds some forty times, of the first at once, and forgets none", () =>
  test(
    Effect.gen(function* () {
      const cache = yield* MemoryCache.make(1_000)
      let puts = 0
      const counting: CacheService = {
        ...cache,
        put: (...args) => {
          puts++
          return cache.put(...args)
        },
      }
      const generation = yield* CatalogueGeneration.make(counting, null)
      const before = yield* generation.current
      puts = 0
      yield* generation.changed
      expect((yield* generation.current).version).toBeGreaterThan(before.version)
      expect(puts).toBe(1)
      for (let tenth = 0; tenth < 100; tenth++) {
        for (let change = 0; change < 500; change++) yield* generation.changed
        yield* TestClock.adjust("100 millis")
      }
      expect(puts).toBeGreaterThan(30)
      expect(puts).toBeLessThan(45)
      yield* TestClock.adjust("1 second")
      const { version } = yield* generation.current
      yield* generation.changed
      yield* generation.changed
      yield* TestClock.adjust("250 millis")
      expect((yield* generation.current).version).toBeGreaterThan(version + 1)
    }),
  ))

it("knows the newest generation though the cache has lost it, and publishes it again", () =>
  test(
    Effect.gen(function* () {
      const cache = yield* MemoryCache.make(1_000)
      const [one, other] = [yield* CatalogueGeneration.make(cache, null), yield* CatalogueGeneration.make(cache, null)]
      yield* one.changed
      cache.clear()
      const { version } = yield* one.current
      expect((yield* other.current).version).toBe(version)
    }),
  ))

it("reads a page where the log has come as far as it had when the change was announced", () =>
  test(
    Effect.gen(function* () {
      const shelf = new Shelf()
      const slots = Position.share(1)
      const cache = yield* MemoryCache.make(1_000)
      const one = yield* Effect.provideService(shopkeeping(shelf, cache), Position.Reached, slots)
      const other = yield* shopkeeping(shelf, cache)
      yield* one.page()
      Position.moveTo(slots, Position.MAIN, 0x16_b374_d848n)
      yield* one.changed
      yield* other.page()
      expect(shelf.readings).toEqual([null, 0x16_b374_d848n])
    }),
  ))

it("reads a page once for a hundred who ask at once also where there is no cache that could lease it", () =>
  test(
    Effect.gen(function* () {
      const away: CacheService = {
        near: () => null,
        get: () => Effect.succeed(null),
        put: () => Effect.succeed(false),
        drop: () => Effect.void,
        lease: () => Effect.succeed({ giveBack: Effect.void }),
      }
      const shelf = new Shelf()
      const { page } = yield* shopkeeping(shelf, away)
      shelf.gate = yield* Deferred.make<void>()
      const crowd = Effect.all(
        Array.from({ length: 100 }, () => page()),
        { concurrency: "unbounded" },
      )
      const asking = yield* Effect.forkChild(crowd, { startImmediately: true })
      yield* settle
      yield* Deferred.succeed(shelf.gate, undefined)
      expect(yield* Fiber.join(asking)).toHaveLength(100)
      expect(shelf.readings).toHaveLength(1)
    }),
  ))
