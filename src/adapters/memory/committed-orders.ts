/** Committed orders in memory. */
import { Effect, Layer } from "effect"
import { CommittedOrders } from "../../ports/committed-orders.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

export const make = (store: Store.Shape): CommittedOrders["Service"] => ({
  list: (request) => Effect.sync(() => page(store.orders.values(), (order) => order.id, "oldest-first", request)),
  of: (ids) => Effect.sync(() => ids.flatMap((id) => store.orders.get(id) ?? [])),
})

export const layer: Layer.Layer<CommittedOrders, never, Store.Store> = Layer.effect(
  CommittedOrders,
  Effect.map(Store.Store, make),
)
