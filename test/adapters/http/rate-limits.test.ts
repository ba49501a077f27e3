/** Rate limits over real HTTP: who is counted, what is said of it, and what is never refused. */
import { Effect } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import { OFF, type Options } from "../../../src/adapters/http/rate-limits.ts"
import * as FakeShop from "../../support/fake-shop.ts"
import * as HttpServer from "../../support/http-server.ts"

const BREAD = {
  sku: "bread",
  name: "Bread",
  price: { amount: 250, currency: "EUR" },
  onHand: 100,
  purchaseLimit: null,
  claim: null,
}
/** So slow that nothing comes back while a test runs. */
const SLOW = { perSecond: 0.001, burst: 2 }

let shop: HttpServer.Running
let product: string
afterEach(() => shop.stop())

const start = async (limits: Partial<Options>) => {
  const script = FakeShop.make()
  product = (await Effect.runPromise(script.createProduct(BREAD))).value.id
  shop = await HttpServer.start(script, null, { limits: { ...OFF, ...limits } })
}

let keys = 0
const orderOf = (customerId: string, headers: Record<string, string> = {}) =>
  shop.post(
    "/v1/orders",
    { customerId, lines: [{ productId: product, quantity: 1 }] },
    { "idempotency-key": `key-${++keys}`, ...headers },
  )

/** The pipeline's, which the hot route does not know. */
const UNUSUAL = { "content-type": "Application/JSON; charset=UTF-8" }

describe("a client", () => {
  it("is answered what is left, and then when to come back", async () => {
    await start({ client: { perSecond: 0.01, burst: 2 } })
    const first = await shop.get("/v1/products")
    expect([first.status, first.headers.get("ratelimit-policy")]).toEqual([200, '"client";q=2;w=200'])
    expect(first.headers.get("ratelimit")).toBe('"client";r=1;t=100')
    // Less by the seconds that have gone by.
    const noneLeft = /^"client";r=0;t=(200|1\d\d)$/
    expect((await shop.get("/v1/products")).headers.get("ratelimit")).toMatch(noneLeft)
    const refused = await shop.get("/v1/products")
    expect(refused.body).toMatchObject({ status: 429, code: "rate-limited", limitedBy: "client" })
    const seconds = Number(refused.headers.get("retry-after"))
    expect([seconds > 1, seconds <= 100]).toEqual([true, true])
    expect(refused.headers.get("ratelimit")).toMatch(noneLeft)
    expect(refused.headers.get("ratelimit-policy")).toBe('"client";q=2;w=200')
    expect(shop.heard).toContainEqual({ _tag: "RateLimited", by: "client" })
  })

  it("is counted over every route of the API, and not over probes and pages", async () => {
    await start({ client: SLOW })
    await orderOf("kim")
    await shop.get(`/v1/products/${product}/stock`)
    expect((await orderOf("lee")).status).toBe(429)
    for (const path of ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json"])
      expect((await shop.get(path)).status, path).toBe(200)
  })

  it("behind a trusted proxy is the address that it names", async () => {
    await start({ client: SLOW, trustedProxies: ["127.0.0.1"] })
    const from = async (address: string) =>
      (await shop.get("/v1/products", { "x-forwarded-for": `1.1.1.1, ${address}` })).status
    expect([await from("203.0.113.1"), await from("203.0.113.1"), await from("203.0.113.1")]).toEqual([200, 200, 429])
    expect(await from("203.0.113.2")).toBe(200)
  })

  it("cannot change its address, or what is said of it, by a header of its own", async () => {
    await start({ client: SLOW })
    const ask = (address: string) => shop.get("/v1/products", { "x-forwarded-for": address, ratelimit: "mine" })
    expect((await ask("203.0.113.1")).headers.get("ratelimit")).toMatch(/^"client";r=1;t=\d+$/)
    await ask("203.0.113.2")
    expect((await ask("203.0.113.3")).status).toBe(429)
  })
})

describe("a customer", () => {
  it.each([
    ["hot route", {}],
    ["pipeline", UNUSUAL],
  ])("is counted when ordering, on the %s", async (_, headers: Record<string, string>) => {
    await start({ customer: SLOW, client: { perSecond: 1, burst: 100 } })
    const first = await orderOf("kim", headers)
    expect(first.status).toBe(201)
    expect(first.headers.get("ratelimit")).toMatch(/^"client";r=99;t=1, "customer";r=1;t=\d+$/)
    expect(first.headers.get("ratelimit-policy")).toBe('"client";q=100;w=100, "customer";q=2;w=2000')
    await orderOf("kim", headers)
    const refused = await orderOf("kim", headers)
    expect(refused.body).toMatchObject({ status: 429, code: "rate-limited", limitedBy: "customer" })
    expect(refused.headers.get("ratelimit")).toMatch(/"customer";r=0;t=2000$/)
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(900)
    expect((await orderOf("lee", headers)).status).toBe(201)
    expect((await shop.get("/v1/orders?customerId=kim")).status).toBe(200)
  })
})

it("without limits nothing is said of them, also not what a caller says", async () => {
  await start({})
  for (const answer of [
    await orderOf("kim", { ratelimit: "mine" }),
    await shop.get("/v1/products", { ratelimit: "mine" }),
  ])
    expect([answer.headers.has("ratelimit"), answer.headers.has("ratelimit-policy")]).toEqual([false, false])
})
