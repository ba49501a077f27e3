/** Real HTTP threads before a scripted shop: cancellation crosses to the main thread, and keys under way are known there. */
import { Effect, Exit, Layer, Scope, SubscriptionRef } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { DEFAULTS } from "../../../src/adapters/http/server.ts"
import * as HttpThreads from "../../../src/adapters/threads/http/threads.ts"
import * as Profiler from "../../../src/adapters/threads/profiler.ts"
import { Readiness, type State } from "../../../src/app/health.ts"
import * as Dependencies from "../../../src/app/resilience/dependencies.ts"
import type { Shop } from "../../../src/app/shop.ts"
import { Feed, StockFeed } from "../../../src/app/stock-feed.ts"
import type { ProductId } from "../../../src/domain/ids.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Probe } from "../../../src/ports/probe.ts"
import * as FakeShop from "../../support/fake-shop.ts"
import { peer } from "../../support/peer.ts"
import { soon } from "../../support/soon.ts"

const UNKNOWN = "019aa000-0000-7000-8000-000000000000"
const BODY = JSON.stringify({ customerId: "kim", lines: [{ productId: UNKNOWN, quantity: 1 }] })
const READ = `GET /v1/orders/${UNKNOWN} HTTP/1.1\r\nhost: localhost\r\n\r\n`
const ORDER = `POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: k\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`
const LIVE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"

/** So many that both threads are asked, but for one chance in two thousand. */
const MANY = 12

const stock = (version: number) => ({ onHand: 9, reserved: 0, version })

let begun: Array<string>
let ended: Array<string>
let release: () => void
let port: number
let feed: Feed
let scope: Scope.Closeable
beforeEach(async () => {
  begun = []
  feed = new Feed()
  feed.begin(() => undefined)
  ended = []
  const gate = Promise.withResolvers<void>()
  release = gate.resolve
  const answer = (what: string) =>
    Effect.promise(() => {
      begun.push(what)
      return gate.promise
    }).pipe(
      Effect.onExit((exit) => Effect.sync(() => ended.push(`${what} ${exit._tag}`))),
      Effect.andThen(Effect.fail(unavailable("database"))),
    )
  const readStock = (productId: ProductId) => Effect.succeed({ productId, stock: stock(1) })
  const script = { placeOrder: () => answer("order"), getOrder: () => answer("read"), readStock } as unknown
  scope = await Effect.runPromise(Scope.make())
  const started = HttpThreads.start({
    entry: new URL("../../../src/http-thread.ts", import.meta.url),
    threads: 2,
    address: { host: "127.0.0.1", port: 0 },
    webhookSecrets: { carrier: [], http: [], stripe: [] },
    redis: null,
    server: DEFAULTS,
    metrics: () => Effect.succeed({ contentType: "text/plain", body: "" }),
  }).pipe(
    Effect.provide(FakeShop.layer(script as Partial<Shop["Service"]>)),
    Effect.provideService(StockFeed, feed),
    Effect.provide(Dependencies.layer),
    Effect.provide(Profiler.layer),
    Effect.provide(Layer.succeed(Probe, { emit: () => undefined })),
    Effect.provide(Layer.effect(Readiness, SubscriptionRef.make<State>("ready"))),
    Scope.provide(scope),
  )
  port = (await Effect.runPromise(started)).port
})
afterEach(async () => {
  release()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const dialMany = (text: string) => Promise.all(Array.from({ length: MANY }, () => peer(port, text)))

it("what a caller waits for without a key ends when it hangs up", async () => {
  const readers = await dialMany(READ)
  await soon(() => begun.length === MANY)
  for (const { socket } of readers) socket.destroy()
  await soon(() => ended.length === MANY)
  expect(new Set(ended)).toEqual(new Set(["read Failure"]))
})

it("streams of stock are sent what is committed in the main thread, which knows when none is left", async () => {
  const id = UNKNOWN as ProductId
  const heard = (streams: ReadonlyArray<{ readonly heard: () => string }>, words: string) =>
    soon(() => streams.every((each) => each.heard().includes(words)))
  const streams = await dialMany(`GET /v1/products/${id}/stock/stream HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await heard(streams, "id: 1\n")
  feed.changed([{ productId: id, stock: stock(2) }])
  await heard(streams, "id: 2\n")
  for (const { socket } of streams) socket.destroy()
  await soon(() => feed.watched.length === 0)
  const more = await dialMany(`GET /v1/products/${id}/stock/stream HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await heard(more, "id: 1\n")
  feed.end()
  await soon(() => more.every(({ socket }) => socket.closed))
})

it("what has a key goes on when its caller hangs up, and keeps its key on every thread until it has ended", async () => {
  const buyer = await peer(port, ORDER)
  await soon(() => begun.length === 1)
  buyer.socket.destroy()
  const early = await dialMany(ORDER)
  await Promise.all(early.map(({ until }) => until("idempotency-in-progress")))
  // The threads have had time to hear of the hang-up: what they were asked later is answered.
  const later = await dialMany(LIVE)
  await Promise.all(later.map(({ until }) => until("alive")))
  expect([begun, ended]).toEqual([["order"], []])
  release()
  await soon(() => ended.length === 1)
  expect(ended).toEqual(["order Success"])
  for (const { socket } of [...early, ...later]) socket.destroy()
})
