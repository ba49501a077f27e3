/**
 * An HTTP thread: reads requests and writes answers. A fourth small hexagon with its own root; its shop is the main
 * thread's, and so are its probe and its metrics page.
 */
// First, before any schema is used: schemas are compiled to plain functions.
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Context, Effect, Layer } from "effect"
import { MetricsPage } from "./adapters/http/metrics-page.ts"
import { HttpServer, layer } from "./adapters/http/server.ts"
import { WebhookSecrets } from "./adapters/http/signatures.ts"
import * as RedisRateLimits from "./adapters/redis/rate-limit-store.ts"
import * as Logs from "./adapters/system/log-level.ts"
import * as ThreadMeter from "./adapters/system/thread-meter.ts"
import * as HttpServe from "./adapters/threads/http/serve.ts"
import { Congestion } from "./app/overload/congestion.ts"
import { Parts } from "./app/parts.ts"
import { Reached } from "./ports/position.ts"
import type { Address } from "./std/listen.ts"

const { congestion, http, options, positions, redis, webhookSecrets } = HttpServe.birth()

const logs = Logs.layer()

const server = (address: Address) =>
  layer(address, options, http).pipe(
    Layer.provide(Layer.succeed(MetricsPage, { render: HttpServe.metrics })),
    Layer.provide(Layer.succeed(Parts, { report: HttpServe.parts })),
    Layer.provide(Layer.succeed(WebhookSecrets, webhookSecrets)),
    Layer.provide(Layer.succeed(Congestion, congestion)),
    Layer.provide(Layer.succeed(Reached, positions)),
    Layer.provide(RedisRateLimits.layer(redis)),
    Layer.provideMerge(ThreadMeter.layer()),
    Layer.provide(logs),
    Layer.provide(
      Layer.mergeAll(
        HttpServe.shop,
        HttpServe.stockFeed,
        HttpServe.probe,
        HttpServe.dependencies,
        HttpServe.profiler,
        HttpServe.consoleFeed,
      ),
    ),
    Layer.provide(
      Layer.mergeAll(HttpServe.pausing, HttpServe.reconciling, HttpServe.importDesk, HttpServe.deadLetters),
    ),
  )

NodeRuntime.runMain(
  HttpServe.serve((address) =>
    Effect.map(Layer.build(server(address)), (built) => Context.get(built, HttpServer)),
  ).pipe(Effect.provide(logs)),
)
