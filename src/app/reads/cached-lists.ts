/**
 * The first pages of the list of products through the cache (read-through with refresh-ahead), outdated together by an edit or a new
 * product (`catalogue-generation.ts`).
 *
 * A page has a place in the cache by its number and its size, not by where it begins: a list that changes has any number of beginnings,
 * and few first pages. The number is known to the process that has shown the page before.
 *
 * Law: I8. A reader that brings a position (`AtLeast`) is shown nothing from the cache: it must see its own write. Stock is not in it.
 * Limits: PAGES of each size up to SIZE_MAX; all else is read from the source. Fails: as the source does.
 */
import { Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Product } from "../../domain/product.ts"
import type { CacheService } from "../../ports/cache.ts"
import type { Catalog } from "../../ports/catalog.ts"
import type { Page, PageRequest } from "../../ports/page.ts"
import * as Position from "../../ports/position.ts"
import type { Probe } from "../../ports/probe.ts"
import { Lru } from "../../std/lru.ts"
import * as CatalogueGeneration from "./catalogue-generation.ts"
import * as ProductLists from "./product-lists.ts"
import * as ReadThrough from "./read-through.ts"

/** Further ones are for programs, which read all of them once. */
const PAGES = 5

/** What callers may ask for. With PAGES of each size at most 10 MB of products. */
const SIZE_MAX = 100

/** Beginnings of pages that are remembered: those that were just shown. */
const BEGINNINGS_MAX = 1_000

type Request = PageRequest<ProductId>
type Service = NonNullable<(typeof ProductLists.ProductLists)["Service"]>

interface Kept {
  /** Where it begins. */
  readonly after: ProductId | null
  readonly page: Page<Product, ProductId>
}

/** The number names the form of what is kept: builds that kept another one used another key. */
const keyOf = (limit: number, number: number): string => `products-1:${limit}:${number}`

/** Which number a page has: the first, or the one behind a page that was shown under the same generation. */
class Numbers {
  readonly #known = new Lru<{ readonly number: number; readonly version: number }>(BEGINNINGS_MAX)

  of({ after, limit }: Request, version: number): number | null {
    if (limit > SIZE_MAX) return null
    if (after === null) return 1
    const known = this.#known.get(`${limit} ${after}`)
    return known?.version === version ? known.number : null
  }

  shown({ limit }: Request, next: ProductId | null, number: number, version: number): void {
    if (next !== null && number < PAGES) this.#known.set(`${limit} ${next}`, { number: number + 1, version })
  }
}

export const make = Effect.fnUntraced(function* (
  source: Catalog["Service"],
  cache: CacheService,
  probe: Probe["Service"],
  random: () => number,
) {
  const generation = yield* CatalogueGeneration.make(cache, yield* Position.Reached)
  const refreshed = () => probe.emit({ _tag: "CacheRefreshed" })
  const reads = yield* ReadThrough.make(cache, { ttlMs: ProductLists.LIST_TTL_MS, refreshed }, random)
  const numbers = new Numbers()

  const listed = (request: Request) => source.list({ ...request, sku: null, words: null })
  const uncached = ProductLists.uncached(source)

  /** As far as the database had come when the generation was raised, whichever replica answers. */
  const reading = (request: Request, { position, version }: CatalogueGeneration.Generation) =>
    Effect.map(
      Effect.provideService(listed(request), Position.AtLeast, position),
      (page): ReadThrough.Read<Kept> => ({ value: { after: request.after, page }, version }),
    )

  const read = Effect.fnUntraced(function* (request: Request) {
    if ((yield* Position.AtLeast) !== null) return yield* uncached(request)
    const current = yield* generation.current
    const number = numbers.of(request, current.version)
    if (number === null) return yield* uncached(request)
    const { ageMs, from, value, version } = yield* reads.read(
      keyOf(request.limit, number),
      reading(request, current),
      current.version,
    )
    // It begins elsewhere: the list has changed without our hearing of it.
    if (value?.after !== request.after) return yield* uncached(request)
    probe.emit({ _tag: "CacheRead", from })
    numbers.shown(request, value.page.next, number, version)
    return { page: value.page, ageMs }
  })
  return { read, changed: generation.changed } satisfies Service
})
