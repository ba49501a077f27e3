/** Pauses in memory and on Postgres: kept, replaced and ended by scope. */
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import * as MemoryPauses from "../../../src/adapters/memory/pauses.ts"
import * as PostgresPauses from "../../../src/adapters/postgres/pauses.ts"
import type { ProductId } from "../../../src/domain/ids.ts"
import { Pauses } from "../../../src/ports/pauses.ts"
import { freshClient } from "../../support/postgres.ts"

const PRODUCT = "018f0000-0000-7000-8000-000000000001" as ProductId
const OTHER = "018f0000-0000-7000-8000-000000000002" as ProductId

describe.each([
  ["memory", MemoryPauses.layer],
  ["postgres", PostgresPauses.layer.pipe(Layer.provide(freshClient), Layer.orDie)],
] as ReadonlyArray<[string, Layer.Layer<Pauses>]>)("pauses in %s", (_, layer) => {
  it("stand in the list until they are ended, one a scope, and the later order counts", () =>
    Effect.gen(function* () {
      const pauses = yield* Pauses
      const all = { productId: null, reason: "stocktaking", since: 1, until: null }
      const one = { productId: PRODUCT, reason: "recall", since: 2, until: 3_000_000_000_000 }
      yield* pauses.put(all)
      yield* pauses.put({ ...one, reason: "a first guess", until: null })
      yield* pauses.put(one)
      expect(new Set(yield* pauses.list)).toEqual(new Set([all, one]))
      yield* pauses.end(OTHER)
      yield* pauses.end(null)
      expect(yield* pauses.list).toEqual([one])
      yield* pauses.end(PRODUCT)
      yield* pauses.end(PRODUCT)
      expect(yield* pauses.list).toEqual([])
    }).pipe(Effect.provide(layer), Effect.runPromise))
})
