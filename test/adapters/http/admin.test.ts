/** The routes for operators: how dependencies are, orders to their breakers, and who may ask. */
import type { IncomingMessage } from "node:http"
import { Effect, Layer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Gate from "../../../src/adapters/http/gate.ts"
import { DeadLetters } from "../../../src/app/dead-letters.ts"
import type { Override, Status } from "../../../src/app/resilience/dependencies.ts"
import * as HttpServer from "../../support/http-server.ts"

const AUTO: Override = { mode: "auto", until: null, reason: "" }
const LIST = "/v1/admin/dependencies"
const BREAKER = `${LIST}/payment/breaker`

let server: HttpServer.Running
let order = AUTO

const status = (): Status => ({
  dependency: "payment",
  state: "open",
  mode: "on",
  override: order,
  rates: { calls: 20, failures: 0.5, slow: 0.25 },
  openings: 3,
  openForMs: 4_999.2,
  load: { running: 2, queued: 7, oldestSince: Date.UTC(2026, 10, 28, 12) },
})

const SINCE = Date.UTC(2026, 10, 28, 12)
const group = { consumer: "shipping", kind: "order # is refused", error: "order 7 is refused", letter: 3 }
const replayed: Array<unknown> = []
const deadLetters = Layer.succeed(DeadLetters, {
  groups: Effect.succeed([{ ...group, since: SINCE, poison: 2, queued: 5 }]),
  replayGroup: (request) =>
    Effect.sync(() => {
      replayed.push(request)
      return { handled: 6, stays: 1, why: "order 8 is refused", hasMore: false }
    }),
})

beforeAll(async () => {
  server = await HttpServer.start({}, HttpServer.CARRIER_SECRET, {}, deadLetters)
  server.dependencies.add("payment", {
    status,
    override: (given) => {
      order = given
    },
  })
})
afterAll(() => server.stop())

const put = (body: unknown, path = BREAKER) =>
  server.send(path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })

describe("an operator", () => {
  it("sees circuit, rates, calls in flight and the queue of each dependency", async () => {
    expect((await server.get(LIST)).body).toEqual({
      data: [
        {
          name: "payment",
          breaker: {
            ...{ mode: "on", state: "open", openForMs: 5_000, openings: 3 },
            order: { mode: "auto", until: null, reason: "" },
            ...{ recentCalls: 20, failureRate: 0.5, slowRate: 0.25 },
          },
          ...{ inFlight: 2, queued: 7, oldestQueuedSince: "2026-11-28T12:00:00.000Z" },
        },
      ],
    })
  })

  it("orders a breaker open or closed until a time, and lets it be again", async () => {
    const wish = { mode: "open", until: "2026-11-28T13:00:00.000Z", reason: "their maintenance" }
    const answer = await put(wish)
    expect([answer.status, answer.body.breaker.order]).toEqual([200, wish])
    expect(order).toEqual({ ...wish, until: Date.UTC(2026, 10, 28, 13) })
    expect((await put({ mode: "auto" })).body.breaker.order).toEqual(AUTO)
    expect(order).toEqual(AUTO)
  })

  it.each([
    ["another mode", { mode: "half-open" }, BREAKER, 400, "invalid-request"],
    ["a time that is none", { mode: "open", until: "soon" }, BREAKER, 400, "invalid-request"],
    ["an unknown field", { mode: "open", untill: null }, BREAKER, 400, "invalid-request"],
    ["another dependency", { mode: "open" }, `${LIST}/carrier/breaker`, 404, "dependency-not-found"],
    ["a name that is none", { mode: "open" }, `${LIST}/Pay%00/breaker`, 400, "invalid-request"],
  ])("is refused %s", async (_, body, path, expected, code) => {
    const answer = await put(body, path)
    expect([answer.status, answer.body.code]).toEqual([expected, code])
    expect(order).toEqual(AUTO)
  })

  it.each(["x-forwarded-for: 127.0.0.1", "forwarded: for=127.0.0.1", "x-real-ip: ::1", "via: 1.1 nginx"])(
    "is not believed through a proxy on this machine: %s",
    async (header) => {
      const [name = "", value = ""] = header.split(": ")
      const answer = await server.get(LIST, { [name]: value })
      expect([answer.status, answer.body.code]).toEqual([403, "loopback-only"])
    },
  )
})

describe("a peer", () => {
  const isLocal = (remoteAddress: string | undefined, headers = {}) =>
    Gate.isLocal({ headers, socket: { remoteAddress } } as IncomingMessage)

  it.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])("is local: %s", (address) => {
    expect(isLocal(address)).toBe(true)
  })

  it.each(["10.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1", "fe80::1%eth0", "", undefined])(
    "is not local: %s",
    (address) => {
      expect(isLocal(address)).toBe(false)
    },
  )

  it("is not local for what its headers say", () => {
    expect(isLocal("10.0.0.1", { "x-forwarded-for": "127.0.0.1", host: "localhost" })).toBe(false)
  })
})

describe("the level of the log", () => {
  const LEVEL = "/v1/admin/log-level"

  it("is what an operator ordered, until then or the next order", async () => {
    const until = "2099-11-28T13:00:00.000Z"
    expect((await put({ level: "debug", until }, LEVEL)).body).toEqual({ level: "debug", until, configured: "info" })
    expect((await put({ level: "info" }, LEVEL)).body).toEqual({ level: "info", until: null, configured: "info" })
  })

  it("is one of six words", async () => {
    expect((await put({ level: "loud" }, LEVEL)).status).toBe(400)
  })
})

describe("dead letters", () => {
  const DEAD = "/v1/admin/dead-letters"

  it("are shown by consumer and kind of error", async () => {
    const shown = { ...group, since: "2026-11-28T12:00:00.000Z", poison: 2, queued: 5 }
    expect((await server.get(DEAD)).body).toEqual({ data: [shown] })
  })

  it("are handled once more, those of one kind", async () => {
    const asked = { consumer: "shipping", kind: "order # is refused" }
    const answer = await server.post(`${DEAD}/replay`, asked)
    expect([answer.status, answer.body]).toEqual([
      200,
      { handled: 6, stays: 1, why: "order 8 is refused", hasMore: false },
    ])
    expect(replayed).toEqual([asked])
  })

  it.each([{}, { consumer: "shipping" }, { consumer: "", kind: "x" }, { consumer: "shipping", kind: "x", letter: 3 }])(
    "are not handled for %j",
    async (body) => {
      const answer = await server.post(`${DEAD}/replay`, body)
      expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"])
      expect(replayed).toHaveLength(1)
    },
  )
})

describe("an order", () => {
  const find = (key: string) => server.get(`/v1/admin/orders?idempotencyKey=${encodeURIComponent(key)}`)

  it("is found by the key that it was placed under", async () => {
    const price = { amount: 100, currency: "EUR" }
    const product = (await server.post("/v1/products", { sku: "jar", name: "Jar", price, onHand: 5 })).body.id
    const order = { customerId: "ann", lines: [{ productId: product, quantity: 1 }], payment: "later" }
    const { body } = await server.post("/v1/orders", order, { "idempotency-key": "cart 7" })
    expect((await find("cart 7")).body).toEqual({ data: [{ id: body.id }] })
    expect((await find("cart 8")).body).toEqual({ data: [] })
  })

  it.each(["", "a,b", "é", "x".repeat(256)])("is not looked for under what is no key: %s", async (key) => {
    expect((await find(key)).status).toBe(400)
  })
})
