/** The cached catalogue: a product is read once, an unknown one is asked for again soon, and everything is counted. */
import { Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import * as CachedCatalog from "../../../src/app/reads/cached-catalog.ts"
import { ProductReads } from "../../../src/app/reads/product-reads.ts"
import type { Product } from "../../../src/domain/product.ts"
import { Cache } from "../../../src/ports/cache.ts"
import { Catalog } from "../../../src/ports/catalog.ts"
import { type Happening, Probe } from "../../../src/ports/probe.ts"
import * as Scribe from "../../support/scribe.ts"

/** Products come from `get`, and nothing else is asked for. */
const over = (get: Catalog["Service"]["get"], emit: (happening: Happening) => void) => {
  const source = Layer.succeed(Catalog, {
    get,
    list: () => Effect.die("not cached"),
    stock: () => Effect.die("not cached"),
    movements: () => Effect.die("not cached"),
  })
  return CachedCatalog.layer.pipe(
    Layer.provide(source),
    Layer.provide(Layer.effect(Cache, MemoryCache.make(10))),
    Layer.provide(Layer.succeed(Probe, { emit })),
  )
}

const shownBy = <A>(get: Catalog["Service"]["get"], program: Effect.Effect<A, unknown, Catalog>) => {
  const layer = over(get, () => undefined)
  return Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(TestClock.layer())) as Effect.Effect<A>)
}

it("shows an edit at once, says how old what it shows is, and takes nothing older from a source that is behind", () => {
  const first = Scribe.product()
  const second = { ...first, name: "Stale bread", version: 2 }
  return shownBy(
    () => Effect.succeed(first),
    Effect.gen(function* () {
      const { read, renewed } = (yield* ProductReads)!
      expect(yield* read(first.id)).toEqual({ product: first, ageMs: 0 })
      yield* TestClock.adjust("7 seconds")
      expect(yield* read(first.id)).toEqual({ product: first, ageMs: 7_000 })
      yield* renewed(second)
      expect(yield* read(first.id)).toEqual({ product: second, ageMs: 0 })
      // In the last fifth of its time it is read again, from a source that has not heard of the edit.
      yield* TestClock.adjust("26 seconds")
      expect((yield* read(first.id)).product).toEqual(second)
      yield* Effect.yieldNow
      expect((yield* read(first.id)).product).toEqual(second)
      // An edit that is heard late, after a newer one, changes nothing.
      yield* renewed(first)
      expect((yield* read(first.id)).product).toEqual(second)
    }),
  )
})

it("does not show what was read before an edit and came after it", () => {
  const first = Scribe.product()
  const second = { ...first, name: "Stale bread", version: 2 }
  return Effect.runPromise(Deferred.make<Product>()).then((slow) =>
    shownBy(
      () => Deferred.await(slow),
      Effect.gen(function* () {
        const { read, renewed } = (yield* ProductReads)!
        const reading = yield* Effect.forkChild(read(first.id), { startImmediately: true })
        yield* renewed(second)
        yield* Deferred.succeed(slow, first)
        yield* Fiber.join(reading)
        expect((yield* read(first.id)).product).toEqual(second)
      }),
    ),
  )
})

it("reads a product once, and one that does not exist again after a second", () => {
  const known = Scribe.product()
  const unknown = Scribe.product()
  const asked: Array<string> = []
  const heard: Array<Happening> = []
  const get = (id: string) =>
    Effect.sync((): Product | null => {
      asked.push(id)
      return id === known.id ? known : null
    })
  const layer = over(get, (happening) => void heard.push(happening))
  const program = Effect.gen(function* () {
    const catalog = yield* Catalog
    for (let read = 0; read < 3; read++) expect(yield* catalog.get(known.id)).toEqual(known)
    for (let read = 0; read < 2; read++) expect(yield* catalog.get(unknown.id)).toBeNull()
    expect(asked).toEqual([known.id, unknown.id])
    yield* TestClock.adjust("2 seconds")
    yield* catalog.get(known.id)
    yield* catalog.get(unknown.id)
    expect(asked).toEqual([known.id, unknown.id, unknown.id])
    const levels = heard.flatMap((each) => (each._tag === "CacheRead" ? [each.from] : []))
    expect(levels).toEqual(["source", "local", "local", "source", "local", "local", "source"])
  })
  return Effect.runPromise(
    program.pipe(Effect.provide(layer), Effect.provide(TestClock.layer())) as Effect.Effect<void>,
  )
})
