/** The hot route and the pipeline: one takes what is plainly in order, the other the rest, and a caller cannot tell them apart. */
import { createServer, type Server } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { text } from "node:stream/consumers"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as HotRoute from "../../../src/adapters/http/hot-route.ts"
import { OFF, RateLimits } from "../../../src/adapters/http/rate-limits.ts"
import type { Shop } from "../../../src/app/shop.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Refused } from "../../../src/ports/inventory.ts"
import * as HttpServer from "../../support/http-server.ts"

const PRODUCT = "018f0000-0000-7000-8000-000000000001"
const order = { customerId: "kim", lines: [{ productId: PRODUCT, quantity: 1 }] }
const json = "application/json"
/** As good a content type as the other; the hot route does not know it. */
const UNUSUAL = "Application/JSON; charset=UTF-8"

describe("what the hot route takes", () => {
  let server: Server
  let port: number
  const orders = "/v1/orders"
  beforeEach(async () => {
    const listener = HotRoute.listener({
      place: ({ payload }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ by: "hot route", payload })),
      run: (effect) => Effect.runFork(effect),
      limits: new RateLimits(OFF, { emit: () => undefined }),
      positions: null,
      pipeline: async (request, response) => {
        const body = await text(request)
        response.end(JSON.stringify({ by: "pipeline", body }))
      },
    })
    server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  const send = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const plain = { "content-type": json, "idempotency-key": "k", connection: "close" }
    const init = { method: "POST", headers: { ...plain, ...headers }, body }
    return (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()
  }

  it("is an order that is plainly in order", async () => {
    expect(await send(orders, JSON.stringify(order))).toEqual({ by: "hot route", payload: order })
  })

  it.each([
    ["another path", "/v1/products", JSON.stringify(order), {}],
    ["a query", `${orders}?a=1`, JSON.stringify(order), {}],
    ["another content type", orders, JSON.stringify(order), { "content-type": UNUSUAL }],
    ["a bad key", orders, JSON.stringify(order), { "idempotency-key": "caf\u00e9" }],
    ["no JSON", orders, "{", {}],
    ["no order", orders, JSON.stringify({ ...order, lines: [] }), {}],
    ["an unknown field", orders, JSON.stringify({ ...order, more: 1 }), {}],
    ["nothing at all", orders, "", {}],
    ["a large body", orders, JSON.stringify({ ...order, customerId: "k".repeat(70_000) }), {}],
  ])("is not %s, which reaches the pipeline whole", async (_, path, body, headers) => {
    expect(await send(path, body, headers)).toEqual({ by: "pipeline", body })
  })

  it("is not a body that comes after its head, nor one in pieces: the pipeline hears all of it", async () => {
    const body = JSON.stringify(order)
    const half = body.length >> 1
    const socket = connect(port, "127.0.0.1")
    const head = `POST ${orders} HTTP/1.1\r\nhost: x\r\ncontent-type: ${json}\r\nidempotency-key: k\r\nconnection: close\r\n`
    const heard = text(socket)
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body.slice(0, half)}`)
    await new Promise((resolve) => server.once("request", () => setImmediate(resolve)))
    socket.write(body.slice(half))
    expect(JSON.parse((await heard).split("\r\n").find((line) => line.startsWith("{"))!)).toEqual({
      by: "pipeline",
      body,
    })
  })
})

describe("the two give the same answers", () => {
  const scripts: ReadonlyArray<readonly [string, Partial<Shop["Service"]>]> = [
    ["an acceptance", {}],
    [
      "a refusal",
      {
        placeOrder: () =>
          Effect.fail(
            new Refused({
              _tag: "InsufficientStock",
              productId: PRODUCT as never,
              requested: 1,
              available: 0,
            } as never),
          ),
      },
    ],
    ["not now", { placeOrder: () => Effect.fail(unavailable("database", "unknown", 3)) }],
    ["a defect", { placeOrder: () => Effect.die(new Error("secret")) }],
  ]
  const member = fc.oneof(
    fc.constant("later"),
    fc.constant({ token: "tok_ok" }),
    fc.constant({ token: "tok decline" }),
    fc.jsonValue(),
  )
  const bodies = fc.oneof(
    fc.record(
      { customerId: fc.string(), lines: fc.constant(order.lines), payment: member },
      { requiredKeys: ["lines"] },
    ),
    fc.record({
      customerId: fc.constant("kim"),
      lines: fc.array(fc.record({ productId: fc.constantFrom(PRODUCT, "x"), quantity: fc.integer() })),
    }),
    fc.jsonValue(),
  )

  /** All that is not of this one request: its number, its moment. */
  const essence = ({ body, headers, status }: HttpServer.Answer) => {
    const rest = [...headers].filter(([name]) => !["date", "x-request-id"].includes(name))
    const { requestId, id, orderId, createdAt, expiresAt, ...content } = body ?? {}
    return {
      status,
      headers: rest,
      content,
      kinds: [requestId, id, orderId, createdAt, expiresAt].map((value) => typeof value),
    }
  }

  it.each(scripts)("to %s, and to whatever is asked", async (_, script) => {
    const server = await HttpServer.start(script)
    const price = { amount: 5, currency: "EUR" }
    const made = await server.post("/v1/products", { sku: "moon-jar", name: "Moon jar", price, onHand: 1_000_000 })
    const lines = [{ productId: made.body.id, quantity: 2 }]
    let key = 0
    const ask = (type: string, body: unknown, headers: Record<string, string>) =>
      server.post("/v1/orders", body, { "idempotency-key": `k${key++}`, ...headers, "content-type": type })
    const both = async (body: unknown, headers: Record<string, string> = {}) => {
      const hot = essence(await ask(json, body, headers))
      expect(hot).toEqual(essence(await ask(UNUSUAL, body, headers)))
      return hot
    }
    const accepted = await both({ customerId: "kim", lines })
    if (Object.keys(script).length === 0) expect(accepted).toMatchObject({ status: 201, content: { status: "paid" } })
    await both({ customerId: "kim", lines, payment: "later" }, { prefer: "respond-async" })
    await both({ customerId: "kim", lines, payment: { token: "tok_decline" } })
    const again = { "idempotency-key": "the same" }
    await ask(json, { customerId: "kim", lines }, again)
    await both({ customerId: "kim", lines }, again)
    await both({ customerId: "lee", lines }, again)
    await fc.assert(
      fc.asyncProperty(bodies, (body) => both(body).then(() => undefined)),
      { numRuns: 60 },
    )
    await server.stop()
  })
})
