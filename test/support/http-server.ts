/** The API over real HTTP on a free port, in front of a fake shop; with everything the probe heard. */

import { connect } from "node:net"
import { Context, Effect, Exit, Layer, Scope, SubscriptionRef } from "effect"
import { MetricsPage } from "../../src/adapters/http/metrics-page.ts"
import * as HttpServer from "../../src/adapters/http/server.ts"
import * as Signatures from "../../src/adapters/http/signatures.ts"
import * as Logs from "../../src/adapters/system/log-level.ts"
import * as Profiler from "../../src/adapters/threads/profiler.ts"
import { Readiness, type State } from "../../src/app/health.ts"
import { PauseBoard, Pausing } from "../../src/app/pausing.ts"
import * as Dependencies from "../../src/app/resilience/dependencies.ts"
import type { Shop } from "../../src/app/shop.ts"
import { Feed, StockFeed } from "../../src/app/stock-feed.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import * as FakeShop from "./fake-shop.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // A test reads whatever it expects.
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer is checked by the test itself
  readonly body: any
}

export interface Running {
  readonly url: string
  readonly port: number
  readonly heard: ReadonlyArray<Happening>
  /** What is committed, as far as streams know; its lanes are owned. */
  readonly feed: Feed
  /** What is paused, as far as streams know. */
  readonly pauses: PauseBoard
  readonly dependencies: Dependencies.Dependencies["Service"]
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  /** A string is sent as it is, anything else as JSON; undefined is no body. */
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly send: (path: string, init: RequestInit) => Promise<Answer>
  /** Everything the server writes on one connection until it closes it. */
  readonly raw: (text: string) => Promise<string>
  readonly become: (state: State) => Promise<void>
  readonly stop: () => Promise<void>
}

const send = async (url: string, init: RequestInit): Promise<Answer> => {
  const response = await fetch(url, init)
  const text = await response.text()
  const json = /[/+]json/.test(response.headers.get("content-type") ?? "") && text !== ""
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined }
}

const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.setEncoding("utf8")
    socket.on("data", (chunk) => {
      heard += chunk
    })
    socket.on("close", () => resolve(heard))
    socket.on("error", (error) => (heard === "" ? reject(error) : resolve(heard)))
  })

const NOTHING_PAUSED = Context.get(Context.empty(), Pausing)

/** What the carrier signs with here. */
export const CARRIER_SECRET = "a secret that both know"
/** What payment providers sign with here, one of them with two. */
export const PAYMENT_SECRETS = { http: ["a secret of http alone"], stripe: ["whsec_that_is_new", "whsec_that_is_old"] }

export const start = async (
  script: Partial<Shop["Service"]> = {},
  secret: string | null = CARRIER_SECRET,
  options: Partial<HttpServer.Options> = {},
  more: Layer.Layer<never> = Layer.empty,
): Promise<Running> => {
  const heard: Array<Happening> = []
  const secrets = secret === null ? Signatures.NONE : { carrier: [secret], ...PAYMENT_SECRETS }
  const feed = new Feed()
  feed.begin(() => undefined)
  const pauses = new PauseBoard()
  const scope = await Effect.runPromise(Scope.make())
  const dependencies = await Effect.runPromise(Layer.buildWithScope(Dependencies.layer, scope))
  const ready = Layer.effect(Readiness, SubscriptionRef.make<State>("ready"))
  const server = HttpServer.layer({ host: "127.0.0.1", port: 0 }, { ...HttpServer.DEFAULTS, ...options }).pipe(
    Layer.provide(FakeShop.layer(script)),
    Layer.provide(more),
    Layer.provide(Layer.succeed(StockFeed, feed)),
    Layer.provide(Layer.succeed(Pausing, { ...NOTHING_PAUSED, watch: pauses.watch })),
    Layer.provide(Layer.succeedContext(dependencies)),
    Layer.provide(Layer.succeed(Signatures.WebhookSecrets, secrets)),
    Layer.provideMerge(ready),
    Layer.provide(Logs.layer("test")),
    Layer.provide(Profiler.layer),
    Layer.provide(Layer.succeed(Probe, { emit: (happening) => heard.push(happening) })),
    Layer.provide(
      Layer.succeed(MetricsPage, {
        render: () => Effect.succeed({ contentType: "text/plain; version=0.0.4; charset=utf-8", body: "jaego_up 1\n" }),
      }),
    ),
  )
  const context = await Effect.runPromise(Layer.buildWithScope(server, scope))
  const run = Effect.runPromiseWith(context)
  const { url, port } = await run(HttpServer.HttpServer.use(Effect.succeed))
  return {
    url,
    port,
    heard,
    feed,
    pauses,
    dependencies: Context.get(dependencies, Dependencies.Dependencies),
    get: (path, headers = {}) => send(url + path, { headers }),
    post: (path, body, headers = {}) =>
      send(url + path, {
        method: "POST",
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : (JSON.stringify(body) ?? null),
      }),
    send: (path, init) => send(url + path, init),
    raw: (text) => raw(port, text),
    become: (state) => run(Readiness.use((ref) => SubscriptionRef.set(ref, state))),
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}
