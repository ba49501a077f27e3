/** A little shop with a bit of everything in it, sold by the real application on a real Postgres, to be corrupted by tests. */
import { Effect, Layer, Schedule, Stream, SubscriptionRef } from "effect"
import * as SimulatedCarrier from "../../src/adapters/carrier-simulator/carrier.ts"
import * as SimulatedPayment from "../../src/adapters/payment-simulator/payment.ts"
import * as PostgresCatalog from "../../src/adapters/postgres/catalog.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as PostgresExplanations from "../../src/adapters/postgres/explanations.ts"
import * as PostgresInbox from "../../src/adapters/postgres/inbox.ts"
import * as PostgresLease from "../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../src/adapters/postgres/order-book.ts"
import * as PostgresShipments from "../../src/adapters/postgres/shipments.ts"
import * as PostgresTimeline from "../../src/adapters/postgres/timeline.ts"
import * as PostgresUnsettled from "../../src/adapters/postgres/unsettled.ts"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import { Readiness } from "../../src/app/health.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import { type Paying, Shop } from "../../src/app/shop.ts"
import * as Shopkeeper from "../../src/app/shopkeeper.ts"
import * as Webhooks from "../../src/app/webhooks.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import { paymentCalls } from "../support/guard.ts"
import * as MemoryProbe from "../support/recording-probe.ts"
import * as Scribe from "../support/scribe.ts"

const shop = (url: string, workers: number) =>
  Layer.effectDiscard(Ownership.Ownership.use(({ begin }) => begin)).pipe(
    Layer.provideMerge(Shopkeeper.layer({ deadlineMs: 10_000, holdMs: 600_000, attemptsMax: 3 })),
    Layer.provideMerge(Webhooks.layer),
    Layer.provideMerge(CheckoutRunner.layer({ graceMs: 60_000 }).pipe(Layer.provide(paymentCalls(10_000)))),
    Layer.provideMerge(Ownership.layer(workers)),
    Layer.provideMerge(LocalWorkers.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        PostgresLedger.layer,
        PostgresCatalog.layer,
        PostgresOrderBook.layer,
        PostgresExplanations.layer,
        PostgresUnsettled.layer,
        PostgresShipments.layer,
        PostgresInbox.layer,
        PostgresTimeline.layer,
        PostgresLease.layer,
      ),
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        PostgresClient.layer(url),
        Readiness.layer,
        SystemIds.layer,
        MemoryProbe.silent,
        SimulatedPayment.layer,
        SimulatedCarrier.layer,
      ),
    ),
  )

const NOW: Paying = { _tag: "Token", token: "tok_ok", answer: "wait" }
const DECLINED: Paying = { _tag: "Token", token: "tok_decline", answer: "wait" }
const LATER: Paying = { _tag: "Later" }

const ready = Readiness.use((state) =>
  SubscriptionRef.changes(state).pipe(
    Stream.filter((each) => each === "ready"),
    Stream.runHead,
  ),
)

const business = Effect.gen(function* () {
  yield* ready
  const { adjustStock, cancelOrder, createProduct, editProduct, getOrder, placeOrder, receiveStock } = yield* Shop
  const create = (name: string, onHand: number, purchaseLimit: number | null = null) =>
    createProduct({
      sku: name,
      name,
      price: { amount: 250, currency: "EUR" },
      onHand,
      purchaseLimit,
      claim: Scribe.claim("products"),
    }).pipe(Effect.map(({ value }) => value.id))
  const place = (customerId: string, paying: Paying, ...ids: ReadonlyArray<ProductId>) =>
    placeOrder({
      customerId,
      lines: ids.map((productId) => ({ productId, quantity: 1 })),
      paying,
      claim: Scribe.claim("orders"),
    }).pipe(Effect.map(({ value }) => value.order.id))

  const bread = yield* create("bread", 10)
  const milk = yield* create("milk", 10)
  const idle = yield* create("idle", 10)
  const ticket = yield* create("ticket", 10, 4)
  yield* receiveStock({ productId: bread, quantity: 5, claim: Scribe.claim("receipts") })
  yield* adjustStock({ productId: bread, delta: -1, reason: "stale", claim: Scribe.claim("adjustments") })
  const paid = yield* place("ada", NOW, bread)
  const open = yield* place("ben", LATER, bread)
  const basket = yield* place("cid", NOW, bread, ticket)
  const given = yield* place("cid", NOW, ticket, milk)
  yield* editProduct({ productId: milk, edit: { price: { amount: 300, currency: "EUR" } }, versions: [1] })
  const declined = yield* place("dan", DECLINED, bread, ticket)
  const released = yield* place("eve", LATER, bread)
  yield* cancelOrder({ orderId: released, reason: null, claim: Scribe.claim("cancel") })
  const returned = yield* place("fay", NOW, bread)
  yield* cancelOrder({ orderId: returned, reason: "regret", claim: Scribe.claim("cancel") })
  // What is owed back has been given back.
  const isOwed = (order: Order) => "refund" in order && order.refund === "due"
  yield* Effect.repeat(getOrder(returned), { until: (order) => !isOwed(order), schedule: Schedule.spaced("20 millis") })
  return { bread, milk, idle, ticket, paid, open, basket, given, declined, released, returned }
})

export type SmallShop = Effect.Success<typeof business>

/** Sells, and closes the shop again: what stands in the database is all that is left. */
export const sell = (url: string, workers: number): Promise<SmallShop> =>
  Effect.runPromise(Effect.provide(business, shop(url, workers)))
