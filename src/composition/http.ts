/** HTTP, in this thread or on threads of its own; the metrics page is this thread's either way. */
import { Effect, Layer } from "effect"
import * as Listening from "../adapters/http/listening.ts"
import { MetricsPage } from "../adapters/http/metrics-page.ts"
import * as RateLimits from "../adapters/http/rate-limits.ts"
import { HttpServer, layer as serverLayer } from "../adapters/http/server.ts"
import * as Signatures from "../adapters/http/signatures.ts"
import { Metrics } from "../adapters/prometheus/metrics.ts"
import * as RedisRateLimits from "../adapters/redis/rate-limit-store.ts"
import * as HttpThreads from "../adapters/threads/http/threads.ts"
import type { Config } from "../config/config.ts"

export const layer = (config: Config) =>
  config.http.threads === 0
    ? serverLayer(config.http.address, config.http.server).pipe(
        Layer.provide(Layer.effect(MetricsPage, Metrics)),
        Layer.provide(Layer.succeed(Signatures.WebhookSecrets, secretsOf(config))),
        Layer.provide(RedisRateLimits.layer(redisOf(config))),
      )
    : Layer.effect(HttpServer, threads(config))

/** A payment provider that is not the one in use has no news. */
const secretsOf = ({
  payment: { provider, webhookSecrets },
  shipping: { webhookSecret },
}: Config): Signatures.Secrets => ({
  ...Signatures.NONE,
  carrier: webhookSecret === null ? [] : [webhookSecret],
  ...(provider.kind === "simulated" ? {} : { [provider.kind]: webhookSecrets[provider.kind] }),
})

/** Without limits Redis is not asked about them. */
const redisOf = ({ cache: { redis }, http }: Config) => {
  const { client, customer } = http.server.limits
  return client === null && customer === null ? null : redis
}

const threads = Effect.fnUntraced(function* (config: Config) {
  const { http } = config
  const { render } = yield* Metrics
  if (http.address.port !== 0) yield* Listening.vacant(http.address)
  return yield* HttpThreads.start({
    entry: new URL("../http-thread.ts", import.meta.url),
    threads: http.threads,
    address: http.address,
    server: { ...http.server, limits: { ...http.server.limits, shared: RateLimits.share(http.server.limits) } },
    webhookSecrets: secretsOf(config),
    metrics: render,
    redis: redisOf(config),
  })
})
