/**
 * The laws of shipping, as checks of the books against those of the carrier. To be asked once nothing is under way; the
 * carrier itself checks what it is asked to take (`carrier.ts`).
 */
import type { Tables } from "../../src/adapters/memory/store.ts"
import type { Order } from "../../src/domain/order.ts"
import { isLive, type ParcelState, type SimulatedCarrier } from "./carrier.ts"

type Parcels = ReadonlyMap<string, ParcelState>

interface ShippingLaw {
  readonly name: string
  readonly broken: (store: Tables, parcels: Parcels) => ReadonlyArray<string>
}

/** Who has goods coming has one parcel, under the order's own key; no other buyer has any. */
const oneShipment = (store: Tables, parcels: Parcels): ReadonlyArray<string> => {
  const nobodys = [...parcels].filter(([key, state]) => isLive(state) && !store.orders.has(key as never))
  return [
    ...nobodys.map(([key, state]) => `the carrier has ${key}, ${state}, and it is no order`),
    ...[...store.orders.values()].flatMap((order) => {
      const state = parcels.get(order.id)
      const isShipped = order.status === "shipped" || order.status === "delivered"
      if (isLive(state) === isShipped || isStray(store, order)) return []
      return [`order ${order.id} is ${order.status}, its parcel is ${state ?? "absent"}`]
    }),
  ]
}

/** Its buyer called it off when it had left already: it was to be brought back. */
const isStray = (store: Tables, order: Order): boolean =>
  order.status === "cancelled" && order.reason === null && store.shipments.get(order.id)?.state === "stray"

/** What the carrier will never take is cancelled, with the reason, and its money has gone back. */
const madeGood = (store: Tables, parcels: Parcels): ReadonlyArray<string> =>
  [...parcels].flatMap(([key, state]) => {
    const order = store.orders.get(key as never)
    if (isLive(state) || order === undefined) return []
    const isGood = order.status === "cancelled" && order.refund === "done"
    return isGood ? [] : [`the parcel of order ${key} is ${state}, and the order is ${JSON.stringify(order)}`]
  })

/** No paid order waits for ever, and a shipment says what its order says. */
const allEnds = (store: Tables): ReadonlyArray<string> => [
  ...[...store.orders.values()].flatMap(({ id, status }) => (status === "paid" ? [`order ${id} is still paid`] : [])),
  ...[...store.shipments.values()].flatMap(({ nextAttemptAt, orderId, state }) => {
    const status = store.orders.get(orderId)?.status
    const fits = state === status || (state === "stray" && status === "cancelled")
    return fits && nextAttemptAt === null ? [] : [`the shipment of order ${orderId} is ${state}, the order ${status}`]
  }),
]

export const SHIPPING: ReadonlyArray<ShippingLaw> = [
  { name: "one shipment per paid order", broken: oneShipment },
  { name: "what is not shipped is made good", broken: madeGood },
  { name: "shipping comes to an end", broken: allEnds },
]

export const brokenShipping = (store: Tables, { parcels }: SimulatedCarrier): ReadonlyArray<string> =>
  SHIPPING.flatMap(({ broken, name }) => broken(store, parcels).map((where) => `${name}: ${where}`))

/** In the instant in which an order is cancelled for the carrier's sake: the carrier has said that it never will. */
export const CERTAIN = "cancelled only when it is certain"

export const rashly = (orders: ReadonlyArray<Order>, carrier: SimulatedCarrier): ReadonlyArray<string> =>
  orders.flatMap((order) => {
    if (order.status !== "cancelled" || order.reason === null || order.refund !== "due") return []
    const state = carrier.parcels.get(order.id) ?? "absent"
    return carrier.isCertain(order.id) ? [] : [`${CERTAIN}: order ${order.id} is cancelled, its parcel is ${state}`]
  })
