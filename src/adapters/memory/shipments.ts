/** Shipments in memory, and the timeline as it is read. */
import { Effect, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import * as Shipping from "../../domain/shipping.ts"
import { type Due, type ShipmentChange, Shipments } from "../../ports/shipments.ts"
import { Timeline, type TimelineEntry } from "../../ports/timeline.ts"
import * as Store from "./store.ts"

/** What the consumer of paid orders writes; an order that has its shipment keeps it. `at` in milliseconds since 1970. */
export const openShipment = (store: Store.Tables, orderId: OrderId, at: number, trace?: string): void => {
  if (store.shipments.has(orderId)) return
  store.shipments.set(orderId, Shipping.open(orderId, at))
  if (trace !== undefined) store.shipmentTraces.set(orderId, trace)
}

const dueOf = (store: Store.Tables, now: number, except: ReadonlySet<OrderId>): ReadonlyArray<Due> =>
  [...store.shipments.values()]
    .flatMap((shipment) => {
      const order = store.orders.get(shipment.orderId)
      const isDue = shipment.nextAttemptAt !== null && shipment.nextAttemptAt <= now && !except.has(shipment.orderId)
      return isDue && order !== undefined
        ? [{ shipment, order, trace: store.shipmentTraces.get(order.id) ?? null }]
        : []
    })
    .toSorted((a, b) => a.shipment.nextAttemptAt! - b.shipment.nextAttemptAt!)

const isFirst = ({ shipment }: Due): boolean => shipment.attempts === 0

const claimParcel = ({ parcels }: Store.Tables, orderId: OrderId, trackingId: string): boolean => {
  if (!parcels.has(trackingId)) parcels.set(trackingId, orderId)
  return parcels.get(trackingId) === orderId
}

const callbackName = (orderId: OrderId, callback: string): string => `${orderId} ${callback}`

/** What Postgres would refuse is a defect here as well. */
const assertStorable = ({ entries, shipment }: ShipmentChange): void => {
  for (const row of [shipment, ...entries]) for (const value of Object.values(row)) Store.assertStorable(value)
}

const save = (store: Store.Tables, change: ShipmentChange): boolean => {
  const { callback, entries, shipment } = change
  assertStorable(change)
  const { orderId, version } = shipment
  if (store.shipments.get(orderId)?.version !== version) return false
  if (callback !== null && store.callbacks.has(callbackName(orderId, callback.id))) return false
  if (callback !== null) store.callbacks.set(callbackName(orderId, callback.id), callback.what)
  store.shipments.set(orderId, { ...shipment, version: version + 1 })
  const timeline = store.timeline.get(orderId) ?? new Map<string, TimelineEntry>()
  for (const entry of entries) if (!timeline.has(entry.id)) timeline.set(entry.id, entry)
  store.timeline.set(orderId, timeline)
  return true
}

export const make = (store: Store.Tables): Shipments["Service"] => ({
  due: ({ except, limit, now, retries, since }) =>
    Effect.sync(() => {
      const due = dueOf(store, now, new Set(except)).filter(
        (each) => each.shipment.nextAttemptAt! >= (isFirst(each) ? since.firsts : since.retries),
      )
      const firsts = due.filter(isFirst).slice(0, limit)
      const others = due.filter((each) => !isFirst(each))
      return [...firsts, ...others.slice(0, Math.min(retries, limit - firsts.length))]
    }),
  find: (id, callback) =>
    Effect.sync(() => {
      const shipment = store.shipments.get(id)
      const known = store.callbacks.get(callbackName(id, callback)) ?? null
      return shipment === undefined ? null : { shipment, known }
    }),
  claimParcel: (id, trackingId) => Effect.sync(() => claimParcel(store, id, trackingId)),
  missing: ({ after, limit }) =>
    Effect.sync(() =>
      [...store.orders.values()]
        .flatMap(({ id, status }) => (status === "paid" && !store.shipments.has(id) ? [id] : []))
        .filter((id) => after === null || id > after)
        .toSorted()
        .slice(0, limit),
    ),
  open: (ids, at) =>
    Effect.sync(() => {
      const missing = ids.filter((id) => store.orders.get(id)?.status === "paid" && !store.shipments.has(id))
      for (const id of missing) openShipment(store, id, at)
      return missing.length
    }),
  save: (changes) =>
    Effect.sync(() => new Set(changes.flatMap((change) => (save(store, change) ? [change.shipment.orderId] : [])))),
})

const byAge = (a: { readonly at: number; readonly id: string }, b: { readonly at: number; readonly id: string }) =>
  a.at - b.at || (a.id < b.id ? -1 : 1)

const timeline = (store: Store.Tables): Timeline["Service"] => ({
  entries: (id) => Effect.sync(() => [...(store.timeline.get(id)?.values() ?? [])].toSorted(byAge)),
})

export const layer: Layer.Layer<Shipments | Timeline, never, Store.Store> = Layer.mergeAll(
  Layer.effect(Shipments, Effect.map(Store.Store, make)),
  Layer.effect(Timeline, Effect.map(Store.Store, timeline)),
)
