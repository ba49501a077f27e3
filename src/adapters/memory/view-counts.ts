/** Views in memory. */
import { Effect, Layer } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import { ViewCounts, type ViewCountsService } from "../../ports/view-counts.ts"

export const make = (): ViewCountsService => {
  const kept = new Map<ProductId, number>()
  return {
    add: (counts) =>
      Effect.sync(() => {
        for (const { productId, views } of counts) kept.set(productId, (kept.get(productId) ?? 0) + views)
      }),
    of: (productId) => Effect.sync(() => kept.get(productId) ?? 0),
  }
}

export const layer = Layer.sync(ViewCounts, make)
