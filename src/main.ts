/**
 * The service: HTTP, checkout, workers. A bill of materials: which adapter stands behind which port, and the order in
 * which things begin. They end in reverse: HTTP answers what it has begun, the workers commit what waits, the lease is
 * given up, and only then does the database stop.
 */
import "effect/schema/SchemaJITCompiler/enable"
import { Effect, Layer, SubscriptionRef } from "effect"
import * as HttpCarrier from "./adapters/carrier-http/carrier.ts"
import * as SimulatedCarrier from "./adapters/carrier-simulator/carrier.ts"
import * as Welcome from "./adapters/cli/welcome.ts"
import * as EmbeddedPostgres from "./adapters/embedded-postgres/server.ts"
import { CarrierSecret } from "./adapters/http/carrier-handlers.ts"
import { MetricsPage } from "./adapters/http/metrics-page.ts"
import { HttpServer, layer as httpLayer, vacant } from "./adapters/http/server.ts"
import * as MemoryBooks from "./adapters/memory/books.ts"
import * as MemoryEventStream from "./adapters/memory/event-stream.ts"
import * as SimulatedPayment from "./adapters/payment-simulator/payment.ts"
import * as AtomicInventory from "./adapters/postgres/atomic/inventory.ts"
import * as AtomicWorkers from "./adapters/postgres/atomic/workers.ts"
import * as PostgresBooks from "./adapters/postgres/books.ts"
import * as PostgresClient from "./adapters/postgres/client.ts"
import * as Metrics from "./adapters/prometheus/metrics.ts"
import * as Heap from "./adapters/system/heap.ts"
import * as SystemIds from "./adapters/system/ids.ts"
import * as FactsThread from "./adapters/threads/facts/link.ts"
import * as HttpThreads from "./adapters/threads/http/threads.ts"
import * as Threads from "./adapters/threads/inventory/workers.ts"
import * as CarrierCallbacks from "./app/carrier-webhook.ts"
import * as CheckoutRunner from "./app/checkout-runner.ts"
import * as Facts from "./app/facts.ts"
import { Readiness } from "./app/health.ts"
import * as LocalWorkers from "./app/inventory/local-workers.ts"
import * as Ownership from "./app/inventory/ownership.ts"
import * as Relay from "./app/outbox-relay.ts"
import * as ShippingRunner from "./app/shipping-runner.ts"
import * as Shopkeeper from "./app/shopkeeper.ts"
import type * as Config from "./config.ts"

/** The books, the workers that write them, and what becomes of the facts that are written. */
const store = (config: Config.Config) =>
  config.store === "memory"
    ? LocalWorkers.layer.pipe(Layer.provide(localFacts(config)), Layer.provideMerge(MemoryBooks.layer))
    : Layer.unwrap(
        Effect.map(databaseUrl(config), (url) =>
          deciders(config, url).pipe(Layer.provide(facts(config, url)), Layer.provideMerge(PostgresBooks.layer(url))),
        ),
      )

/** Owners on threads, or one transaction a command. */
const deciders = (config: Config.Config, url: string) =>
  config.inventory === "atomic"
    ? AtomicWorkers.layer.pipe(Layer.provide(AtomicInventory.layer), Layer.provide(PostgresClient.layer(url)))
    : Threads.layer(new URL("./inventory-thread.ts", import.meta.url), url, config.workers)

/** On a thread of their own, so that they hold up no request. */
const facts = (config: Config.Config, databaseUrl: string) =>
  config.facts === "off"
    ? Layer.empty
    : FactsThread.layer(new URL("./facts-thread.ts", import.meta.url), {
        databaseUrl,
        outboxRetentionHours: config.outboxRetentionHours,
        kafka:
          config.kafkaBrokers.length === 0
            ? null
            : {
                brokers: config.kafkaBrokers,
                partitions: config.kafkaPartitions,
                replication: config.kafkaReplication,
              },
        shippingAfterMs: config.shippingAfterSeconds * 1_000,
      })

const localFacts = (config: Config.Config) => {
  const consumers = Facts.consumers({ shippingAfterMs: config.shippingAfterSeconds * 1_000 })
  return Facts.layer(consumers, Facts.unwanted(consumers)).pipe(
    Layer.provide(MemoryEventStream.layer(consumers.map(({ name }) => name))),
  )
}

const databaseUrl = (config: Config.Config) =>
  config.databaseUrl === null
    ? Effect.map(EmbeddedPostgres.start(config.home), ({ url }) => url)
    : Effect.succeed(config.databaseUrl)

const shipping = (config: Config.Config) =>
  Layer.mergeAll(
    CarrierCallbacks.layer,
    ShippingRunner.layer({
      callTimeoutMs: config.carrierTimeoutMs,
      giveUpMs: config.shippingGiveUpSeconds * 1_000,
    }),
  )

/** In this thread, or on threads of their own. */
const http = (config: Config.Config) =>
  config.httpThreads === 0
    ? httpLayer({ host: config.host, port: config.port }).pipe(
        Layer.provide(Layer.effect(MetricsPage, Metrics.Metrics)),
        Layer.provide(Layer.succeed(CarrierSecret, config.carrierWebhookSecret)),
      )
    : Layer.effect(HttpServer, httpThreads(config))

const httpThreads = Effect.fnUntraced(function* ({ carrierWebhookSecret, host, httpThreads, port }: Config.Config) {
  const { render } = yield* Metrics.Metrics
  if (port !== 0) yield* vacant({ host, port })
  return yield* HttpThreads.start({
    entry: new URL("./http-thread.ts", import.meta.url),
    threads: httpThreads,
    address: { host, port },
    carrierSecret: carrierWebhookSecret,
    metrics: render,
  })
})

const service = (config: Config.Config) => {
  const deadlineMs = config.paymentDeadlineMs
  return http(config).pipe(
    Layer.provideMerge(Shopkeeper.layer({ deadlineMs, holdMs: config.holdSeconds * 1_000 })),
    Layer.provide(shipping(config)),
    Layer.provide(CheckoutRunner.layer({ callTimeoutMs: deadlineMs, graceMs: config.paymentGraceSeconds * 1_000 })),
    Layer.provideMerge(Ownership.layer(config.inventory === "atomic" ? 1 : config.workers)),
    Layer.provide(store(config)),
    Layer.provide(SimulatedPayment.layer),
    Layer.provide(config.carrierUrl === null ? SimulatedCarrier.layer : HttpCarrier.layer(config.carrierUrl)),
    Layer.provideMerge(
      Layer.mergeAll(Relay.waking.pipe(Layer.provideMerge(Metrics.layer)), Readiness.layer, SystemIds.layer),
    ),
  )
}

/** Serves until interrupted; then drains. */
export const serve = (config: Config.Config) =>
  Effect.gen(function* () {
    const { url } = yield* HttpServer
    const readiness = yield* Readiness
    // Told first, so that whoever balances load sends no more.
    yield* Effect.addFinalizer(() => SubscriptionRef.set(readiness, "draining"))
    yield* Ownership.Ownership.use(({ begin }) => begin)
    yield* Welcome.greet(url, config.store)
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(service(config)), (served) => Effect.andThen(Effect.sync(Heap.tune), served))
