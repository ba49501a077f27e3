/** What every keeper of views promises, in memory and in the database. */
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import * as MemoryViewCounts from "../../src/adapters/memory/view-counts.ts"
import * as PostgresViewCounts from "../../src/adapters/postgres/view-counts.ts"
import { ViewCounts } from "../../src/ports/view-counts.ts"
import { freshClient } from "../support/postgres.ts"
import * as Scribe from "../support/scribe.ts"

const ADAPTERS: ReadonlyArray<readonly [string, Layer.Layer<never, unknown>]> = [
  ["memory", MemoryViewCounts.layer],
  ["postgres", PostgresViewCounts.layer.pipe(Layer.provide(freshClient))],
]

describe.each(ADAPTERS)("a keeper of views (%s)", (_, adapter) => {
  it("adds up what it is given, also by many at once, and has none of what was never seen", () => {
    const [one, two, three] = [Scribe.product().id, Scribe.product().id, Scribe.product().id]
    const body = Effect.gen(function* () {
      const kept = yield* ViewCounts
      const both = [
        { productId: two, views: 1 },
        { productId: one, views: 3 },
      ]
      const many = Array.from({ length: 20 }, (_, time) => kept.add(time % 2 === 0 ? both : both.toReversed()))
      yield* Effect.all(many, { concurrency: "unbounded", discard: true })
      const large = 3_000_000_000
      yield* kept.add([{ productId: one, views: large }])
      expect(yield* Effect.all([kept.of(one), kept.of(two), kept.of(three)])).toEqual([large + 60, 20, 0])
    })
    return Effect.runPromise(body.pipe(Effect.provide(adapter)))
  })
})
