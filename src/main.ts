/**
 * The service: HTTP, checkout, shipping, workers. A bill of materials: which adapter stands behind which port, and the
 * order in which they begin (from the bottom up). They end in reverse: HTTP answers what it has begun, the workers commit
 * what waits, the lease is given up, and only then does the database stop.
 */
// First, before any schema is used: schemas are compiled to plain functions, which decode an order in half the time.
import "effect/schema/SchemaJITCompiler/enable"
import { Effect, Layer } from "effect"
import * as Welcome from "./adapters/cli/welcome.ts"
import { HttpServer } from "./adapters/http/server.ts"
import * as Heap from "./adapters/system/heap.ts"
import * as SystemIds from "./adapters/system/ids.ts"
import * as Logs from "./adapters/system/log-level.ts"
import * as ThreadMeter from "./adapters/system/thread-meter.ts"
import * as CarrierCalls from "./app/carrier-calls.ts"
import * as DeadLetters from "./app/dead-letters.ts"
import * as FactPipeline from "./app/fact-pipeline.ts"
import * as Health from "./app/health.ts"
import * as Importing from "./app/imports/importing.ts"
import * as Ownership from "./app/inventory/ownership.ts"
import * as Pausing from "./app/pausing.ts"
import * as CachedCatalog from "./app/reads/cached-catalog.ts"
import * as Refusals from "./app/refusals.ts"
import * as Dependencies from "./app/resilience/dependencies.ts"
import * as ShippingRunner from "./app/shipping-runner.ts"
import * as ShippingSweep from "./app/shipping-sweep.ts"
import * as Shopkeeper from "./app/shopkeeper.ts"
import * as Webhooks from "./app/webhooks.ts"
import * as Cache from "./composition/cache.ts"
import * as Http from "./composition/http.ts"
import * as Outside from "./composition/outside.ts"
import * as Paying from "./composition/paying.ts"
import * as Store from "./composition/store.ts"
import * as Watching from "./composition/watching.ts"
import { type Config, threadsOf } from "./config/config.ts"

const service = (config: Config) =>
  Http.layer(config).pipe(
    Layer.provideMerge(Shopkeeper.layer(config.payment.placing)),
    Layer.provideMerge(Importing.layer(config.imports)),
    Layer.provideMerge(Pausing.layer),
    Layer.provideMerge(DeadLetters.layer(FactPipeline.consumers(config.shipping.consumers))),
    Layer.provide(Webhooks.layer),
    Layer.provide(ShippingRunner.layer(config.shipping.runner)),
    Layer.provide(CarrierCalls.layer(config.resilience.carrier)),
    Layer.provide(ShippingSweep.layer(config.shipping.sweep)),
    Layer.provide(Paying.layer(config)),
    Layer.provideMerge(Ownership.layer(config.inventory.workers)),
    Layer.provide(Refusals.layer),
    Layer.provide(CachedCatalog.layer),
    Layer.provide(Cache.layer(config)),
    Layer.provide(Store.layer(config)),
    Layer.provide(Outside.payment(config)),
    Layer.provide(Outside.carrier(config)),
    Layer.provide(ThreadMeter.layer()),
    Layer.provideMerge(
      Layer.mergeAll(Watching.layer(config), Dependencies.layer, Health.Readiness.layer, SystemIds.layer),
    ),
  )

const open = (config: Config) =>
  Effect.gen(function* () {
    const { url } = yield* HttpServer
    const readiness = yield* Health.Readiness
    // The first to end, so that a balancer sends no more while the rest goes on.
    yield* Effect.addFinalizer(() => Health.end(readiness, config.http.lameDuckMs))
    yield* Ownership.Ownership.use(({ begin }) => begin)
    yield* Welcome.greet(url, config.database.store, config.logs.format)
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(service(config)))

/** Serves until interrupted; then drains. The heap is tuned, and the log shared, before the first thread starts. */
export const serve = (config: Config) =>
  Effect.andThen(
    Effect.sync(() => {
      Heap.tune(threadsOf(config))
      Logs.share(config.logs)
    }),
    Effect.provide(open(config), Logs.layer()),
  )
