/** One order whose charge is begun, and a driver that drives it over a provider and an inventory that the test plays. */
import { Context, Effect, Layer } from "effect"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import * as Health from "../../src/app/health.ts"
import { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { Payment } from "../../src/ports/payment.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { paymentCalls } from "./guard.ts"
import * as RecordingProbe from "./recording-probe.ts"
import { freshId } from "./scribe.ts"

/** Placed at 0 and held until `expiresAt` (ms), with an attempt under way. */
export const pending = (expiresAt: number): Order.Order =>
  Order.place(
    {
      ...{ id: OrderId.make(freshId()), customerId: "kim", lines: [], createdAt: 0, expiresAt },
      total: { amount: 250, currency: "EUR" },
    },
    { token: "tok", startedAt: 0, action: null },
  )

const unsettled = UnsettledOrders.of({ list: () => Effect.succeed({ rows: [], next: null }) })

/** Begins to drive it, without grace, until the scope closes. */
export const begin = (order: Order.Order, payment: Payment["Service"], inventory: Inventory["Service"]) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      CheckoutRunner.layer({ graceMs: 0 }).pipe(
        Layer.provide(paymentCalls(2_000, "off")),
        Layer.provide(Layer.mergeAll(Layer.succeed(Payment, payment), Layer.succeed(Inventory, inventory))),
        Layer.provide(Layer.mergeAll(Layer.succeed(UnsettledOrders, unsettled), RecordingProbe.silent)),
        Layer.provideMerge(Health.Readiness.layer),
      ),
    )
    yield* Context.get(context, CheckoutRunner.CheckoutRunner).begin(order, null)
  })
