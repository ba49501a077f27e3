/**
 * The catalogue with a cache in front of it: same shape as the port it wraps. A product never changes once created, so what is
 * cached of it is true; lists and ledgers grow, and are read from the source.
 *
 * Law: I8, this is what is shown; decisions read owned memory.
 */
import { Effect, Layer, Random } from "effect"
import type { Product } from "../../domain/product.ts"
import { Cache } from "../../ports/cache.ts"
import { Catalog } from "../../ports/catalog.ts"
import { Probe } from "../../ports/probe.ts"
import * as ReadThrough from "./read-through.ts"

/** How long a product counts as fresh, ms. */
const TTL_MS = 30_000

/** A product has one version for ever. */
const read = (product: Product | null): ReadThrough.Read<Product> => ({
  value: product,
  version: product === null ? 0 : 1,
})

export const layer = Layer.effect(
  Catalog,
  Effect.gen(function* () {
    const source = yield* Catalog
    const probe = yield* Probe
    const random = yield* Random.Random
    const refreshed = () => probe.emit({ _tag: "CacheRefreshed" })
    const reads = yield* ReadThrough.make(yield* Cache, { ttlMs: TTL_MS, refreshed }, () => random.nextDoubleUnsafe())
    return Catalog.of({
      ...source,
      get: (id) =>
        Effect.map(reads.read(`product:${id}`, Effect.map(source.get(id), read)), ({ from, value }) => {
          probe.emit({ _tag: "CacheRead", from })
          return value
        }),
    })
  }),
)
