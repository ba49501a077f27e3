/** The cache in front of what is shown: in this process, and with `REDIS_URL` before the one that all processes share. */
import { Effect, Layer } from "effect"
import * as MemoryCache from "../adapters/memory/cache.ts"
import * as TwoLevelCache from "../adapters/redis/two-level-cache.ts"
import type { Config } from "../config/config.ts"
import { Cache } from "../ports/cache.ts"
import { Probe } from "../ports/probe.ts"

/** Entries in this process: about 10 MB of products, and 40 MB when all are being read, for their answers are kept as well. */
const ENTRIES_MAX = 20_000

export const layer = ({ cache: { redis } }: Config) =>
  Layer.effect(
    Cache,
    Effect.gen(function* () {
      const { emit } = yield* Probe
      const local = yield* MemoryCache.make(ENTRIES_MAX)
      if (redis === null) return local
      return yield* TwoLevelCache.make(redis, local, (what) => emit({ _tag: "CacheInvalidated", what }))
    }),
  )
