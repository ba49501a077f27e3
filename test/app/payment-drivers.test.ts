/** Many pending orders at a provider that says nothing: bounded in drivers and in calls, and each of them has its turn. */
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import * as Health from "../../src/app/health.ts"
import type { Mode } from "../../src/app/resilience/dependencies.ts"
import { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { CHARGED, type ChargeOutcome, Payment, UNKNOWN } from "../../src/ports/payment.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { paymentCalls } from "../support/guard.ts"
import * as RecordingProbe from "../support/recording-probe.ts"
import { freshId } from "../support/scribe.ts"

const ORDERS = 100
const DRIVERS = 32
const MINUTES = 5

const EUR = { amount: 250, currency: "EUR" }

const pending = (): Order.Order =>
  Order.place(
    { id: OrderId.make(freshId()), customerId: "kim", lines: [], total: EUR, createdAt: 0, expiresAt: 3_600_000 },
    { token: "tok", startedAt: 0, action: null },
  )

const shop = Effect.fnUntraced(function* ({
  count = ORDERS,
  drivers = DRIVERS as number | null,
  latencyMs = 500,
  mode = "off" as Mode,
} = {}) {
  const orders = new Map(Array.from({ length: count }, pending).map((order) => [order.id, order] as const))
  const asked = new Set<string>()
  let calls = 0
  let atOnce = 0
  let most = 0
  let outcome: ChargeOutcome = UNKNOWN
  const read = (ref: string) =>
    Effect.gen(function* () {
      asked.add(ref)
      calls++
      most = Math.max(most, ++atOnce)
      yield* Effect.sleep(latencyMs)
      atOnce--
      return outcome
    })
  const never = () => Effect.never
  const payment = Payment.of({
    ...{ name: null, defaultToken: null, prepare: null, read },
    ...{ confirm: never, capture: never, void: never, refund: never, list: never },
  })
  const inventory = Inventory.of({
    submit: (command) =>
      Effect.sync(() => {
        if (command._tag !== "RecordPayment") throw new Error(command._tag)
        const order = { ...orders.get(command.orderId)!, status: "paid" } as Order.Order
        orders.delete(command.orderId)
        return { reply: { _tag: "Order", order, elsewhere: [], ending: null }, replayed: false }
      }),
  })
  const rows = () => [...orders.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const unsettled = UnsettledOrders.of({
    list: ({ after, limit }) =>
      Effect.sync(() => {
        const left = rows().filter(({ id }) => after === null || id > after)
        const page = left.slice(0, limit).map((order) => ({ order, elsewhere: [], ending: null }))
        return { rows: page, next: left.length > limit ? page.at(-1)!.order.id : null }
      }),
  })
  const context = yield* Layer.build(
    CheckoutRunner.layer({ graceMs: 60_000, ...(drivers === null ? {} : { driversMax: drivers }) }).pipe(
      Layer.provide(paymentCalls(2_000, mode)),
      Layer.provide(Layer.mergeAll(Layer.succeed(Payment, payment), Layer.succeed(Inventory, inventory))),
      Layer.provide(Layer.mergeAll(Layer.succeed(UnsettledOrders, unsettled), RecordingProbe.silent)),
      Layer.provideMerge(Health.Readiness.layer),
    ),
  )
  const readiness = Context.get(context, Health.Readiness)
  return { orders, asked, readiness, calls: () => calls, most: () => most, recover: () => (outcome = CHARGED) }
})

it("never more drivers than there may be, every order asked for, and all settled once the provider speaks again", async () => {
  await Effect.gen(function* () {
    const { asked, calls, most, orders, readiness, recover } = yield* shop()
    yield* TestClock.adjust("1 minute")
    yield* Health.become(readiness, "ready")
    for (let second = 0; second < MINUTES * 60; second++) yield* TestClock.adjust("1 second")
    expect(most()).toBe(DRIVERS)
    expect(asked.size).toBe(ORDERS)
    // Without the bound each order would be asked for every 5.5 s, eleven times a minute.
    expect(calls()).toBeLessThan(ORDERS * MINUTES * 6)
    recover()
    for (let second = 0; second < 120 && orders.size > 0; second++) yield* TestClock.adjust("1 second")
    expect(orders.size).toBe(0)
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
})

it("orders that wait for a dead provider are all asked for as soon as its circuit closes, not when each would have woken", async () => {
  const count = 3_000
  await Effect.gen(function* () {
    const { calls, orders, readiness, recover } = yield* shop({ count, drivers: null, latencyMs: 10, mode: "on" })
    yield* Health.become(readiness, "ready")
    for (let second = 0; second < 60; second++) yield* TestClock.adjust("1 second")
    // Those on their way when the circuit opened, and three probes each time it was looked at.
    expect(calls()).toBeLessThan(150)
    recover()
    for (let second = 0; second < 60 && orders.size > count - 3; second++) yield* TestClock.adjust("1 second")
    // At a call each 10 ms it would take half a minute.
    for (let second = 0; second < 3; second++) yield* TestClock.adjust("1 second")
    expect(orders.size).toBe(0)
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
})

it("there are no more drivers than calls that may be under way or wait: it does not start", async () => {
  const exit = await Effect.runPromiseExit(
    shop({ drivers: 10_065 }).pipe(Effect.scoped, Effect.provide(TestClock.layer())),
  )
  expect(String(exit)).toContain("10065 drivers make more calls than the 10064 that may wait")
})
