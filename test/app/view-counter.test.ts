/** Views are written behind their answers: one row a product and second, none twice, and what may be lost is bounded. */
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as ViewCounter from "../../src/app/view-counter.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Probe } from "../../src/ports/probe.ts"
import { ViewCounts, type Views } from "../../src/ports/view-counts.ts"

const [bread, salt] = [
  "019aa000-0000-7000-8000-00000000000a",
  "019aa000-0000-7000-8000-00000000000b",
] as Array<ProductId>

/** A place that keeps views, or fails. */
const place = () => {
  const writings: Array<ReadonlyArray<Views>> = []
  const kept = new Map<ProductId, number>()
  const heard: Array<string> = []
  let fate: "undecided" | "unknown" | null = null
  const service = {
    add: (counts: ReadonlyArray<Views>) =>
      Effect.suspend(() => {
        if (fate !== null) return Effect.fail(unavailable("database", fate))
        writings.push(counts)
        for (const { productId, views } of counts) kept.set(productId, (kept.get(productId) ?? 0) + views)
        return Effect.void
      }),
    of: (id: ProductId) => Effect.sync(() => kept.get(id) ?? 0),
  }
  const layer = Layer.mergeAll(
    Layer.succeed(ViewCounts, service),
    Layer.succeed(Probe, {
      emit: (happening) => {
        if ("views" in happening) heard.push(`${happening._tag} ${happening.views}`)
      },
    }),
    TestClock.layer(),
  )
  const run = <A, E>(body: (counter: Effect.Success<typeof ViewCounter.make>) => Effect.Effect<A, E>) =>
    Effect.runPromise(Effect.scoped(Effect.flatMap(ViewCounter.make, body)).pipe(Effect.provide(layer)))
  const fail = (how: typeof fate) =>
    Effect.sync(() => {
      fate = how
    })
  return { writings, kept, heard, fail, run }
}

const times = (count: number, effect: Effect.Effect<void>) => Effect.repeat(effect, { times: count - 1 })

it("writes once a second what was counted, one row a product, and shows what waits", () => {
  const { heard, run, writings } = place()
  return run((counter) =>
    Effect.gen(function* () {
      yield* times(500, counter.count(bread!))
      yield* times(3, counter.count(salt!))
      expect(yield* counter.of(bread!)).toBe(500)
      expect(writings).toEqual([])
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      expect(writings).toEqual([
        [
          { productId: bread, views: 500 },
          { productId: salt, views: 3 },
        ],
      ])
      expect(yield* counter.of(bread!)).toBe(500)
      expect(heard).toEqual(["ViewsWritten 503"])
    }),
  )
})

it("writes what waits when it ends, so that nothing is lost at a proper end", async () => {
  const { run, writings } = place()
  await run((counter) => times(7, counter.count(bread!)))
  expect(writings).toEqual([[{ productId: bread, views: 7 }]])
})

it("keeps what was not written, and gives up what may have been: none is counted twice", () => {
  const { fail, heard, kept, run } = place()
  return run((counter) =>
    Effect.gen(function* () {
      yield* fail("undecided")
      yield* times(4, counter.count(bread!))
      yield* TestClock.adjust("3 seconds")
      yield* fail("unknown")
      yield* counter.count(salt!)
      yield* TestClock.adjust("1 second")
      yield* fail(null)
      yield* times(2, counter.count(bread!))
      yield* TestClock.adjust("1 second")
      expect([kept.get(bread!), kept.get(salt!)]).toEqual([2, undefined])
      expect(heard).toEqual(["ViewsLost 5", "ViewsWritten 2"])
    }),
  )
})

it("holds so many products while nothing can be written, and says what it loses", () => {
  const { fail, heard, run } = place()
  return run((counter) =>
    Effect.gen(function* () {
      yield* fail("undecided")
      for (let product = 0; product < ViewCounter.PRODUCTS_MAX; product++)
        yield* counter.count(`${product}` as ProductId)
      yield* counter.count(bread!)
      yield* counter.count("7" as ProductId)
      yield* TestClock.adjust("1 second")
      expect(heard).toEqual(["ViewsLost 1"])
      expect(yield* counter.of("7" as ProductId)).toBe(2)
    }),
  )
})
