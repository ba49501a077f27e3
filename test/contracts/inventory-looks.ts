/** What the checks of an inventory look at, and how. */
import { Effect } from "effect"
import type { ProductId } from "../../src/domain/ids.ts"
import { Catalog } from "../../src/ports/catalog.ts"
import type { OrderBook } from "../../src/ports/order-book.ts"
import type { counter } from "./inventory-counter.ts"

export type Needs = Effect.Services<typeof counter> | Catalog | OrderBook

export const outcomes = (answers: ReadonlyArray<unknown>) => {
  const counts: Record<string, number> = {}
  for (const each of answers) {
    const { refused, status } = each as { readonly refused?: { readonly _tag: string }; readonly status?: string }
    const kind = refused?._tag ?? status ?? "other"
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

export const all = <A, E, R>(effects: ReadonlyArray<Effect.Effect<A, E, R>>) =>
  Effect.all(effects, { concurrency: "unbounded" })

/** The ledger of a product, oldest first, in short: type, changes, what stood after it. */
export const ledgerOf = Effect.fnUntraced(function* (id: ProductId) {
  const { rows } = yield* (yield* Catalog).movements(id, { limit: 100, after: null })
  return rows
    .toReversed()
    .map((row) => [row.version, row.type, row.onHandDelta, row.reservedDelta, row.onHand, row.reserved])
})
