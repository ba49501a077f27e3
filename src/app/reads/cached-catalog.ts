/**
 * The catalogue with a cache in front of it: same shape as the port it wraps. Single products are read through the cache, and written
 * through it when they are edited; the first pages of the list of products have their own cache (`cached-lists.ts`), and other lists and
 * ledgers, which grow, are read from the source.
 *
 * Law: I8, this is what is shown; decisions read owned memory. After an edit was answered this process shows nothing older, and with
 * Redis no process does as soon as it hears of it; without Redis others may for TTL_MS, and a tenth.
 */
import { Context, Effect, Layer, Random } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Product } from "../../domain/product.ts"
import { Cache } from "../../ports/cache.ts"
import { Catalog } from "../../ports/catalog.ts"
import { Probe } from "../../ports/probe.ts"
import * as CachedLists from "./cached-lists.ts"
import { ProductLists } from "./product-lists.ts"
import { ProductReads, TTL_MS } from "./product-reads.ts"
import * as ReadThrough from "./read-through.ts"

/** The number names the form of what is kept: builds that kept another one used another key. */
const keyOf = (id: ProductId): string => `product-2:${id}`

const read = (product: Product | null): ReadThrough.Read<Product> => ({
  value: product,
  version: product === null ? 0 : product.version,
})

export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const source = yield* Catalog
    const probe = yield* Probe
    const random = yield* Random.Random
    const refreshed = () => probe.emit({ _tag: "CacheRefreshed" })
    const cache = yield* Cache
    const jitter = () => random.nextDoubleUnsafe()
    const reads = yield* ReadThrough.make(cache, { ttlMs: TTL_MS, refreshed }, jitter)
    const shown = (id: ProductId) =>
      Effect.map(reads.read(keyOf(id), Effect.map(source.get(id), read)), ({ ageMs, from, value }) => {
        probe.emit({ _tag: "CacheRead", from })
        return { product: value, ageMs }
      })
    const near = (id: ProductId) => {
      const found = reads.near<Product>(keyOf(id))
      if (found === null || found.value === null) return null
      probe.emit({ _tag: "CacheRead", from: found.from })
      return { product: found.value, ageMs: found.ageMs }
    }
    const catalog = Catalog.of({ ...source, get: (id) => Effect.map(shown(id), ({ product }) => product) })
    return Context.make(Catalog, catalog).pipe(
      Context.add(ProductLists, yield* CachedLists.make(source, cache, probe, jitter)),
      Context.add(ProductReads, {
        read: shown,
        near,
        // First nothing older may be taken, then the new one is there at once (write-through).
        renewed: (product) => {
          const key = keyOf(product.id)
          return Effect.andThen(reads.drop(key, product.version), reads.write(key, read(product)))
        },
      }),
    )
  }),
)
