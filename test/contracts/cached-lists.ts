/**
 * What the list of products promises over every cache: one query for a crowd, nothing older than a change that was heard of, and an old
 * page only where the source is away. `open` is a process: what it keeps near is its own, what it shares is shared.
 */
import { Context, Deferred, Effect, Fiber, type Layer, Random, type Scope } from "effect"
import { expect } from "vitest"
import * as CachedLists from "../../src/app/reads/cached-lists.ts"
import type { ShownProducts as Shown } from "../../src/app/reads/product-lists.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import type { Product } from "../../src/domain/product.ts"
import type { CacheService } from "../../src/ports/cache.ts"
import type { Catalog } from "../../src/ports/catalog.ts"
import { type Unavailable, unavailable } from "../../src/ports/failures.ts"
import type { PageRequest } from "../../src/ports/page.ts"
import * as Position from "../../src/ports/position.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

export class Processes extends Context.Service<
  Processes,
  { readonly open: Effect.Effect<CacheService, never, Scope.Scope> }
>()("test/contracts/Processes") {}

let sizes = 0

/** A catalogue that counts its readings, and may be slow or away. Each has pages of a size of its own, so that none meets another's. */
export class Shelf {
  readonly limit = (sizes++ % 90) + 5
  products: Array<Product> = Array.from({ length: this.limit * 8 }, () => Scribe.product()).reverse()
  readings: Array<bigint | null> = []
  isAway = false
  gate: Deferred.Deferred<void> | null = null

  readonly list = (request: PageRequest<ProductId>): ReturnType<Catalog["Service"]["list"]> =>
    Effect.gen({ self: this }, function* () {
      this.readings.push(yield* Position.AtLeast)
      // As a snapshot: what changes meanwhile is not in it.
      const { after, limit } = request
      const from = after === null ? 0 : this.products.findIndex(({ id }) => id === after) + 1
      const rows = this.products.slice(from, from + limit)
      const isAway = this.isAway
      if (this.gate !== null) yield* Deferred.await(this.gate)
      if (isAway) return yield* Effect.fail(unavailable("database"))
      return { rows, next: from + limit < this.products.length ? rows.at(-1)!.id : null }
    })

  edit(name: string): void {
    this.products = [{ ...this.products[0]!, name }, ...this.products.slice(1)]
  }

  get catalog(): Catalog["Service"] {
    const never = () => Effect.die("not asked for here")
    return { list: this.list, get: never, stock: never, movements: never }
  }
}

/** A process that shows lists of this shelf. */
export const shopkeeping = (shelf: Shelf, cache: CacheService, heard: Array<Happening> = []) =>
  Effect.gen(function* () {
    const probe = Probe.of({ emit: (happening) => void heard.push(happening) })
    const random = yield* Random.Random
    const lists = yield* CachedLists.make(shelf.catalog, cache, probe, () => random.nextDoubleUnsafe())
    const page = (after: ProductId | null = null) => lists.read({ limit: shelf.limit, after })
    return { ...lists, page, name: Effect.map(page(), ({ page }) => page.rows[0]!.name) }
  })

const opened = (shelf: Shelf) =>
  Effect.flatMap(
    Effect.flatMap(Processes, ({ open }) => open),
    (cache) => shopkeeping(shelf, cache),
  )

/** Until so many readings have begun. */
const read = (shelf: Shelf, readings: number) =>
  Effect.repeat(Effect.sleep(1), { until: () => shelf.readings.length >= readings })

/** Until a change is heard of, which may take the way over Redis. */
const becomes = <A>(what: Effect.Effect<A, Unavailable>, wanted: A) =>
  Effect.repeat(Effect.delay(what, 2), { until: (is) => is === wanted })

export const checks: ReadonlyArray<Check<Processes>> = [
  check("reads a page once for a hundred who ask at once", function* () {
    const shelf = new Shelf()
    const one = yield* opened(shelf)
    shelf.gate = yield* Deferred.make<void>()
    const crowd = Effect.all(
      Array.from({ length: 100 }, () => one.page()),
      { concurrency: "unbounded" },
    )
    const asking = yield* Effect.forkScoped(crowd, { startImmediately: true })
    yield* read(shelf, 1)
    yield* Deferred.succeed(shelf.gate, undefined)
    const shown = yield* Fiber.join(asking)
    expect(shown).toHaveLength(100)
    for (const { page } of shown) expect(page.rows).toEqual(shelf.products.slice(0, shelf.limit))
    expect(shelf.readings).toHaveLength(1)
  }),

  check("keeps the pages behind the first that were shown, and no others", function* () {
    const shelf = new Shelf()
    const one = yield* opened(shelf)
    const ids = shelf.products.map(({ id }) => id)
    let after: ProductId | null = null
    for (let round = 1; round <= 2; round++) {
      after = null
      for (let page = 1; page <= 7; page++) {
        const shown: Shown = yield* one.page(after)
        expect(shown.page.rows.map(({ id }) => id)).toEqual(ids.slice((page - 1) * shelf.limit, page * shelf.limit))
        expect(shown.ageMs === null).toBe(page > 5)
        after = shown.page.next
      }
    }
    // Five from the cache the second time, and two that are never kept.
    expect(shelf.readings).toHaveLength(9)
    // Where no page has ended that was shown.
    expect((yield* one.page(ids[1]!)).ageMs).toBeNull()
  }),

  check("shows nothing older than a change of its own, and others soon nothing older either", function* () {
    const shelf = new Shelf()
    const [one, other] = [yield* opened(shelf), yield* opened(shelf)]
    const before = yield* one.name
    yield* becomes(other.name, before)
    shelf.edit("renamed")
    yield* one.changed
    expect(yield* one.name).toBe("renamed")
    yield* becomes(other.name, "renamed")
    const readings = shelf.readings.length
    expect([yield* one.name, yield* other.name]).toEqual(["renamed", "renamed"])
    expect(shelf.readings).toHaveLength(readings)
  }),

  check("does not keep what was read before a change and arrives after it", function* () {
    const shelf = new Shelf()
    const one = yield* opened(shelf)
    const before = shelf.products[0]!.name
    const gate = yield* Deferred.make<void>()
    shelf.gate = gate
    const late = yield* Effect.forkScoped(one.name, { startImmediately: true })
    yield* read(shelf, 1)
    shelf.gate = null
    shelf.edit("renamed")
    yield* one.changed
    // It does not wait with those who came before.
    expect(yield* one.name).toBe("renamed")
    yield* Deferred.succeed(gate, undefined)
    expect(yield* Fiber.join(late)).toBe(before)
    for (let again = 0; again < 5; again++) expect(yield* one.name).toBe("renamed")
    expect(shelf.readings).toHaveLength(2)
  }),

  check("shows an outdated page while the source is away, and says how old it is", function* () {
    const shelf = new Shelf()
    const one = yield* opened(shelf)
    const before = yield* one.name
    shelf.isAway = true
    shelf.edit("renamed")
    yield* one.changed
    const shown = yield* one.page()
    expect(shown.page.rows[0]!.name).toBe(before)
    expect(shown.ageMs).toBeGreaterThanOrEqual(0)
    shelf.isAway = false
    expect(yield* one.name).toBe("renamed")
  }),

  check("shows who brings a position nothing from the cache", function* () {
    const shelf = new Shelf()
    const one = yield* opened(shelf)
    yield* one.page()
    const shown = yield* Effect.provideService(one.page(), Position.AtLeast, 7n)
    expect(shown.ageMs).toBeNull()
    expect(shelf.readings).toEqual([null, 7n])
  }),
]

export const cachedListsContract = (name: string, processes: Layer.Layer<Processes, unknown>): void =>
  runAll(`lists over a cache (${name})`, checks, processes)
