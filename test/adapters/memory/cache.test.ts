/** The cache in memory keeps the contract, and its size. */
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import { Cache } from "../../../src/ports/cache.ts"
import { cacheContract } from "../../contracts/cache.ts"
import { cachedListsContract, Processes } from "../../contracts/cached-lists.ts"

cacheContract("memory", Layer.effect(Cache, MemoryCache.make(1_000)))

const one = Effect.map(MemoryCache.make(1_000), (cache) => ({ open: Effect.succeed(cache) }))
cachedListsContract("memory", Layer.effect(Processes, one))

it("keeps no more entries than it is allowed, and those that are read longest", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const cache = yield* MemoryCache.make(3)
      const put = (key: string) => cache.put(key, { text: key, version: 1, readAt: 0, freshUntil: 0 }, 60_000)
      for (const key of ["a", "b", "c"]) yield* put(key)
      yield* cache.get("a")
      yield* put("d")
      const kept = yield* Effect.all(
        ["a", "b", "c", "d"].map((key) => Effect.map(cache.get(key), (found) => found !== null)),
      )
      expect(kept).toEqual([true, false, true, true])
    }),
  ))
