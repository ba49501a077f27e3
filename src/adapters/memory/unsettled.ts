/**
 * Unsettled orders in memory.
 *
 * Law: as in every database, holds on other workers are looked for only where the commit that ended their order said so.
 */
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId } from "../../domain/ids.ts"
import { type Unsettled, UnsettledOrders } from "../../ports/unsettled.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

const unsettled = (store: Store.Shape, id: OrderId): ReadonlyArray<Unsettled> => {
  const order = store.orders.get(id)!
  const left = store.elsewhere.has(id) ? Hold.leftOver(order.status, Store.holdsOf(store, id)) : null
  if (left === null) store.elsewhere.delete(id)
  const pending = order.status === "reserved" && order.attempt !== null
  const owed = "refund" in order && order.refund === "due"
  if (left === null && !pending && !owed) return []
  return [{ order, elsewhere: left?.elsewhere ?? [], ending: left?.ending ?? null }]
}

export const make = (store: Store.Shape): UnsettledOrders["Service"] => ({
  list: (request) =>
    Effect.sync(() => {
      const rows = [...store.open].flatMap((id) => unsettled(store, id))
      return page(rows, ({ order }) => order.id, "oldest-first", request)
    }),
})

export const layer: Layer.Layer<UnsettledOrders, never, Store.Store> = Layer.effect(
  UnsettledOrders,
  Effect.map(Store.Store, make),
)
