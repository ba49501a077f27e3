/** The order book in memory. */
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId } from "../../domain/ids.ts"
import * as Order from "../../domain/order.ts"
import { OrderBook, type Unsettled } from "../../ports/order-book.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

const unsettled = (store: Store.Shape, id: OrderId): ReadonlyArray<Unsettled> => {
  const order = store.orders.get(id)!
  const left = Hold.leftOver(order.status, Store.holdsOf(store, id))
  const pending = order.status === "reserved" && order.attempt !== null
  const owed = "refund" in order && order.refund === "due"
  if (left === null && !pending && !owed) return []
  return [{ order, elsewhere: left?.elsewhere ?? [], ending: left?.ending ?? null }]
}

export const make = (store: Store.Shape): OrderBook["Service"] => ({
  get: (id) => Effect.sync(() => store.orders.get(id) ?? null),
  list: (request) =>
    Effect.sync(() => {
      const { customerId, now, status } = request
      const orders = [...store.orders.values()].filter(
        (order) =>
          (customerId === null || order.customerId === customerId) &&
          (status === null || Order.statusAt(order, now) === status),
      )
      return page(orders, (order) => order.id, "newest-first", request)
    }),
  unsettled: (request) =>
    Effect.sync(() => {
      const rows = [...store.open].flatMap((id) => unsettled(store, id))
      return page(rows, ({ order }) => order.id, "oldest-first", request)
    }),
})

export const layer: Layer.Layer<OrderBook, never, Store.Store> = Layer.effect(OrderBook, Effect.map(Store.Store, make))
