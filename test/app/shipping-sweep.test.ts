/** The sweep of paid orders without a shipment, in memory and under virtual time. */
import { Effect, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryShipments from "../../src/adapters/memory/shipments.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import { Readiness, type State } from "../../src/app/health.ts"
import * as ShippingSweep from "../../src/app/shipping-sweep.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import type { Delivery } from "../../src/ports/event-stream.ts"
import { ORDERS } from "../../src/ports/events.ts"
import { lowest } from "../../src/ports/ids.ts"
import type { Taken } from "../../src/ports/inbox.ts"
import { Shipments } from "../../src/ports/shipments.ts"
import * as MemoryProbe from "../support/recording-probe.ts"
import * as Scribe from "../support/scribe.ts"

const AFTER_MS = 3_000

/** A shop whose consumers hear nothing. */
const sweeping = (state: State, test: (store: Store.Shape) => Effect.Effect<void, unknown, MemoryProbe.Recording>) => {
  const store = Store.make()
  const sweep = ShippingSweep.layer({ afterMs: AFTER_MS }).pipe(
    Layer.provide(Layer.succeed(Shipments, MemoryShipments.make(store))),
    Layer.provide(Layer.effect(Readiness, SubscriptionRef.make(state))),
    Layer.provideMerge(MemoryProbe.recording),
  )
  return test(store).pipe(Effect.provide(sweep), Effect.provide(TestClock.layer()), Effect.runPromise)
}

const place = (store: Store.Shape): Order.Order => {
  const order = Scribe.order([Scribe.product()])
  store.orders.set(order.id, order)
  return order
}

const pay = (store: Store.Shape): Order.Order => {
  const paid = Order.evolve(place(store), { _tag: "Paid" })
  store.orders.set(paid.id, paid)
  return paid
}

it("opens the shipment of a paid order that has none after two rounds, as if it were paid now", () =>
  sweeping("ready", (store) =>
    Effect.gen(function* () {
      const recording = yield* MemoryProbe.Recording
      yield* TestClock.adjust("1 second")
      const [paid, unpaid] = [pay(store), place(store)]
      yield* TestClock.adjust("15 seconds")
      expect(store.shipments.size).toBe(0)
      yield* TestClock.adjust("15 seconds")
      expect(store.shipments.get(paid.id)).toMatchObject({ state: "open", nextAttemptAt: 30_000 + AFTER_MS })
      expect(store.shipments.has(unpaid.id)).toBe(false)
      expect(recording.all().filter(MemoryProbe.is("ShipmentsSwept"))).toEqual([
        { _tag: "ShipmentsSwept", shipments: 1 },
      ])
    }),
  ))

it("opens the shipment of a paid order whose letter was discarded: the buyer has paid", () =>
  sweeping("ready", (store) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const { id } = pay(store)
      const inbox = MemoryInbox.make(store)
      const delivery: Delivery = { topic: ORDERS, offset: 1, key: id, value: "{}", headers: {} }
      const taken: Taken = { _tag: "Poison", delivery, eventId: null, error: "no JSON", attempts: 1 }
      yield* inbox.commit([{ consumer: "shipping", source: "one", taken: [taken], next: 2 }])
      const [letter] = yield* inbox.parked({ consumer: "shipping", after: 0, limit: 1 })
      yield* inbox.discard(letter!.id)
      yield* TestClock.adjust("30 seconds")
      expect(store.shipments.get(id)).toMatchObject({ state: "open" })
    }),
  ))

it("finds an order that was paid long after it was placed with the next look from the beginning", () =>
  sweeping("ready", (store) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const placed = { ...Scribe.order([Scribe.product()]), id: lowest(1_000)!.replace(/0$/, "1") as OrderId }
      yield* TestClock.adjust("2 minutes")
      store.orders.set(placed.id, Order.evolve(placed, { _tag: "Paid" }))
      yield* TestClock.adjust("1 minute")
      expect(store.shipments.size).toBe(0)
      yield* TestClock.adjust(ShippingSweep.REWIND_MS)
      expect(store.shipments.get(placed.id)).toMatchObject({ state: "open" })
    }),
  ))

it("leaves what a consumer opens meanwhile to it", () =>
  sweeping("ready", (store) =>
    Effect.gen(function* () {
      const recording = yield* MemoryProbe.Recording
      yield* TestClock.adjust("1 second")
      const { id } = pay(store)
      yield* TestClock.adjust("15 seconds")
      MemoryShipments.openShipment(store, id, 7)
      yield* TestClock.adjust("60 seconds")
      expect(store.shipments.get(id)).toMatchObject({ nextAttemptAt: 7, version: 1 })
      expect(recording.count(MemoryProbe.is("ShipmentsSwept"))).toBe(0)
    }),
  ))

it("does nothing in a process that does not decide", () =>
  sweeping("standby", (store) =>
    Effect.gen(function* () {
      pay(store)
      yield* TestClock.adjust("5 minutes")
      expect(store.shipments.size).toBe(0)
    }),
  ))
