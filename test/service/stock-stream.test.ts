/** Streams of stock of a real service: over worker threads, HTTP threads, and without owners; a worker dies, the service ends. */
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

interface Event {
  readonly event: string
  readonly onHand: number
  readonly available: number
  readonly version: number
}

const follow = (service: Service, productId: string, headers: Record<string, string> = {}) => {
  const events: Array<Event> = []
  let text = ""
  let hasEnded = false
  const read = async () => {
    // A service that is not sure of its lanes says 503, and every client comes again.
    const response = await until("the stream is open", async () => {
      const answer = await fetch(`${service.url}/v1/products/${productId}/stock/stream`, { headers })
      return answer.status !== 503 && answer
    })
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split("\n\n")
      text = blocks.pop()!
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(": ")))
        if (fields.data !== undefined) events.push({ event: fields.event, ...JSON.parse(fields.data) })
      }
    }
    hasEnded = true
  }
  void read().catch(() => {
    hasEnded = true
  })
  return { events, hasEnded: () => hasEnded, last: () => events.at(-1) }
}

const buy = (service: Service, product: string) =>
  Trade.order(service, { lines: [{ productId: product, quantity: 1 }], payment: "later" }, Trade.newKey())

it.each([
  ["one worker", { WORKERS: "1" }],
  ["three workers and two HTTP threads", { WORKERS: "3", HTTP_THREADS: "2" }],
  ["one transaction a command", { INVENTORY: "single:atomic" }],
])("are sent what is committed, and end with the service: %s", async (_, env) => {
  const service = await start({ DATABASE_URL: await freshDatabase(), ...env })
  const product = await Trade.create(service, 3)
  const streams = Array.from({ length: 6 }, () => follow(service, product))
  await until("all have begun", () => streams.every(({ last }) => last()?.version === 1))
  for (let units = 0; units < 3; units++) expect((await buy(service, product)).status).toBe(202)
  expect((await buy(service, product)).status).toBe(409)
  await until("all see it sold out", () => streams.every(({ last }) => last()?.available === 0))
  for (const { events } of streams) {
    expect(events.at(-1)).toMatchObject({ event: "sold-out", onHand: 3, version: 4 })
    expect(events.every(({ available, version }) => available === 4 - version)).toBe(true)
  }
  await service.post("/v1/admin/pause", { scope: "product", productId: product, reason: "recall" })
  await until("all see it paused", () => streams.every(({ last }) => last()?.event === "paused"))
  await service.post("/v1/admin/resume", { scope: "product", productId: product })
  await until("all see it resumed", () => streams.every(({ last }) => last()?.event === "resumed"))
  const back = follow(service, product, { "last-event-id": "4" })
  const key = { "idempotency-key": Trade.newKey() }
  const received = await service.post(`/v1/products/${product}/stock/receipts`, { quantity: 2 }, key)
  expect(received.body).toMatchObject({ available: 2, version: 5 })
  await until("all see it again", () => [...streams, back].every(({ last }) => last()?.available === 2))
  expect(back.events).toMatchObject([{ version: 5 }])
  expect(await service.stop()).toEqual({ code: 0, signal: null })
  await until("all have ended", () => streams.every(({ hasEnded }) => hasEnded()))
})

it("are served on by the worker that takes the place of one that died", async () => {
  const database = await freshDatabase()
  const reaper = ["--import", join(ROOT, "test/support/thread-reaper.ts")]
  const service = await start({ DATABASE_URL: database, WORKERS: "1" }, reaper)
  const product = await Trade.create(service, 10)
  const stream = follow(service, product)
  await until("it has begun", () => stream.last()?.version === 1)
  service.process.signalAlone("SIGUSR2")
  await until("the worker has died", async () => (await service.metric("jaego_worker_deaths_total")) === 1)
  await until("another sells", async () => (await buy(service, product)).status === 202)
  await until("it is sent", () => stream.last()?.available === 9)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})
