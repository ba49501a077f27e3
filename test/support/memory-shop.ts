/** A whole shop in memory, in this thread: the real application on the executable specification of its ports. */
import { Effect, Layer, Stream, SubscriptionRef } from "effect"
import * as SimulatedCarrier from "../../src/adapters/carrier-simulator/carrier.ts"
import * as SimulatedPayment from "../../src/adapters/payment-simulator/payment.ts"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import { Readiness } from "../../src/app/health.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import * as Shopkeeper from "../../src/app/shopkeeper.ts"
import * as Webhooks from "../../src/app/webhooks.ts"
import type { Catalog } from "../../src/ports/catalog.ts"
import type { Ids } from "../../src/ports/ids.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Ledger } from "../../src/ports/ledger.ts"
import type { OrderBook } from "../../src/ports/order-book.ts"
import type { Capture } from "../../src/ports/payment.ts"
import type { Probe } from "../../src/ports/probe.ts"
import type { Shipments } from "../../src/ports/shipments.ts"
import type { Timeline } from "../../src/ports/timeline.ts"
import type { UnsettledOrders } from "../../src/ports/unsettled.ts"
import type { Workers } from "../../src/ports/workers.ts"
import * as Books from "./books.ts"
import { paymentCalls } from "./guard.ts"
import * as MemoryProbe from "./recording-probe.ts"

/** Open: it owns its lanes. */
export const opened = Effect.gen(function* () {
  yield* SubscriptionRef.changes(yield* Readiness).pipe(
    Stream.filter((state) => state === "ready"),
    Stream.runHead,
  )
})

export interface Options {
  readonly workers: number
  readonly deadlineMs?: number
  readonly holdMs?: number
  readonly graceMs?: number
  readonly capture?: Capture
  /** Unpaid holds of a product that a customer may have; 0: any number. */
  readonly holdsPerCustomer?: number
}

/** The same shop on other books, in this thread all the same; `deciders` are the owners unless given others. */
export const over = <R, E>(
  books: Layer.Layer<R | Ledger | Catalog | OrderBook | UnsettledOrders | Lease | Shipments | Timeline, E>,
  { workers, deadlineMs = 2_000, holdMs = 600_000, graceMs = 60_000, capture = "auto", holdsPerCustomer = 0 }: Options,
  deciders: Layer.Layer<Workers, E, Ledger | Probe | Ids> = LocalWorkers.layer,
) =>
  Layer.effectDiscard(Ownership.Ownership.use(({ begin }) => begin)).pipe(
    Layer.provideMerge(Shopkeeper.layer({ deadlineMs, holdMs, attemptsMax: 3 })),
    Layer.provideMerge(Webhooks.layer),
    Layer.provideMerge(CheckoutRunner.layer({ graceMs, capture }).pipe(Layer.provide(paymentCalls(deadlineMs)))),
    Layer.provideMerge(Ownership.layer(workers)),
    Layer.provideMerge(Layer.provide(deciders, Layer.succeed(LocalWorkers.HoldsPerCustomer, holdsPerCustomer))),
    Layer.provideMerge(
      Layer.mergeAll(
        books,
        Readiness.layer,
        SystemIds.layer,
        MemoryProbe.recording,
        SimulatedPayment.layer,
        SimulatedCarrier.layer,
      ),
    ),
  )

export const layer = (options: Options) => over(Books.memory, options)
