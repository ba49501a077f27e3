/** What every cache promises: the newest version wins, in whatever order writers come; nothing else is ever given out. */
import { Effect, type Layer } from "effect"
import fc from "fast-check"
import { expect } from "vitest"
import { Cache, type Entry } from "../../src/ports/cache.ts"
import { type Check, check, runAll } from "./check.ts"

let keys = 0
const fresh = (): string => `product:${++keys}:${process.pid}`

const entry = (version: number, text: string | null = `{"version":${version}}`): Entry => ({
  text,
  version,
  readAt: 1_700_000_000_000,
  freshUntil: 1_700_000_010_000,
})

const LONG_MS = 60_000

export const checks: ReadonlyArray<Check<Cache>> = [
  check("gives back what was put, also text of every kind and the knowledge that there is nothing", function* () {
    const cache = yield* Cache
    for (const text of ['{"name":"재고 \\"x\\" \\n"}', "", "-x", null]) {
      const key = fresh()
      expect(yield* cache.get(key)).toBeNull()
      expect(yield* cache.put(key, entry(3, text), LONG_MS)).toBe(true)
      expect((yield* cache.get(key))?.entry).toEqual(entry(3, text))
    }
  }),

  check("never lets an older version overwrite a newer one", function* () {
    const cache = yield* Cache
    const key = fresh()
    expect(yield* cache.put(key, entry(2), LONG_MS)).toBe(true)
    expect(yield* cache.put(key, entry(1), LONG_MS)).toBe(false)
    expect((yield* cache.get(key))?.entry.version).toBe(2)
    // The same version again: it was read again, and is fresher.
    expect(yield* cache.put(key, { ...entry(2), readAt: 1_700_000_005_000 }, LONG_MS)).toBe(true)
    expect((yield* cache.get(key))?.entry.readAt).toBe(1_700_000_005_000)
  }),

  check("takes nothing older than a drop, and the dropped version again", function* () {
    const cache = yield* Cache
    const key = fresh()
    yield* cache.put(key, entry(4), LONG_MS)
    yield* cache.drop(key, 5)
    expect(yield* cache.get(key)).toBeNull()
    expect(yield* cache.put(key, entry(4), LONG_MS)).toBe(false)
    expect(yield* cache.get(key)).toBeNull()
    expect(yield* cache.put(key, entry(5), LONG_MS)).toBe(true)
    expect((yield* cache.get(key))?.entry.version).toBe(5)
    // A drop that comes late, of what has long been replaced, takes nothing away.
    yield* cache.drop(key, 3)
    expect((yield* cache.get(key))?.entry.version).toBe(5)
  }),

  check("holds the newest version after any writers at once", function* () {
    const cache = yield* Cache
    for (const versions of fc.sample(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }), 20)) {
      const key = fresh()
      yield* Effect.forEach(versions, (version) => cache.put(key, entry(version), LONG_MS), {
        concurrency: "unbounded",
      })
      expect((yield* cache.get(key))?.entry.version).toBe(Math.max(...versions))
    }
  }),

  check("has near what it gives, and nothing else", function* () {
    const cache = yield* Cache
    const key = fresh()
    expect(cache.near(key)).toBeNull()
    yield* cache.put(key, entry(4), LONG_MS)
    // A cache that lies elsewhere has nothing near.
    expect([null, 4]).toContain(cache.near(key)?.version ?? null)
    yield* cache.drop(key, 5)
    expect(cache.near(key)).toBeNull()
  }),

  check("forgets what its time is over for", function* () {
    const cache = yield* Cache
    const key = fresh()
    yield* cache.put(key, entry(1), 30)
    yield* Effect.repeat(Effect.andThen(Effect.sleep(5), cache.get(key)), { until: (found) => found === null })
    expect(yield* cache.get(key)).toBeNull()
  }),

  check("leases a key to one caller at a time", function* () {
    const cache = yield* Cache
    const key = fresh()
    const got = yield* Effect.all(
      Array.from({ length: 20 }, () => cache.lease(key, LONG_MS)),
      { concurrency: "unbounded" },
    )
    const leases = got.filter((lease) => lease !== null)
    expect(leases).toHaveLength(1)
    expect(yield* cache.lease(fresh(), LONG_MS)).not.toBeNull()
    yield* leases[0]!.giveBack
    expect(yield* cache.lease(key, LONG_MS)).not.toBeNull()
    // Given back late, when another has it: that one keeps it.
    yield* leases[0]!.giveBack
    expect(yield* cache.lease(key, LONG_MS)).toBeNull()
  }),
]

export const cacheContract = (name: string, adapter: Layer.Layer<Cache, unknown>): void =>
  runAll(`a cache (${name})`, checks, adapter)
