/** The order book in memory. */
import { Effect, Layer } from "effect"
import * as Order from "../../domain/order.ts"
import { claimName } from "../../ports/inventory.ts"
import { OrderBook } from "../../ports/order-book.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

export const make = (store: Store.Shape): OrderBook["Service"] => ({
  get: (id) => Effect.sync(() => store.orders.get(id) ?? null),
  ofKey: (key) =>
    Effect.sync(() => {
      const row = store.keys.get(claimName({ route: "orders", key }))
      return row?.answer._tag === "Order" ? row.answer.orderId : null
    }),
  list: (request) =>
    Effect.sync(() => {
      const { customerId, from, now, status, to } = request
      const orders = [...store.orders.values()].filter(
        (order) =>
          (customerId === null || order.customerId === customerId) &&
          (status === null || Order.statusAt(order, now) === status) &&
          order.createdAt >= (from ?? 0) &&
          order.createdAt < (to ?? Number.POSITIVE_INFINITY),
      )
      return page(orders, (order) => order.id, "newest-first", request)
    }),
  outlook: (productId) =>
    Effect.sync(() => {
      const isHeld = ({ id }: Order.Order) =>
        Store.holdsOf(store, id).some((hold) => hold.productId === productId && hold.state === "held")
      const ends = [...store.orders.values()].flatMap((order) =>
        order.status === "reserved" && order.attempt === null && isHeld(order) ? [order.expiresAt] : [],
      )
      const held = store.stocks.get(productId)?.reserved ?? 0
      return { held, nextReleaseAt: ends.length === 0 ? null : ends.reduce((a, b) => Math.min(a, b)) }
    }),
})

export const layer: Layer.Layer<OrderBook, never, Store.Store> = Layer.effect(OrderBook, Effect.map(Store.Store, make))
