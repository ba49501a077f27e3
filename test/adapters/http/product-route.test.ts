/** The plain reading of a product and the pipeline: one takes what is plainly in order, the other the rest, and a caller cannot tell them apart. */
import { request as ask, createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Layer } from "effect"
import { HttpServerResponse } from "effect/http"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as ProductRoute from "../../../src/adapters/http/product-route.ts"
import { OFF, RateLimits } from "../../../src/adapters/http/rate-limits.ts"
import { ProductReads } from "../../../src/app/reads/product-reads.ts"
import type { Shop } from "../../../src/app/shop.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Refused } from "../../../src/ports/inventory.ts"
import * as HttpServer from "../../support/http-server.ts"
import * as Scribe from "../../support/scribe.ts"

const PRODUCT = "018f0000-0000-7000-8000-00000000abcd"
const NEAR = "018f0000-0000-7000-8000-00000000beef"
const PATH = `/v1/products/${PRODUCT}`
/** A position that every read has reached: the plain route knows none. */
const UNUSUAL = { "jaego-position": "0/0" }

describe("what the plain route takes", () => {
  let server: Server
  let port: number
  beforeEach(async () => {
    const listener = ProductRoute.listener({
      near: ({ params: { id } }) => (id === NEAR ? HttpServerResponse.jsonUnsafe({ by: "nearness", id }) : null),
      read: ({ params }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ by: "plain route", id: params.id })),
      run: (effect) => Effect.runFork(effect),
      limits: new RateLimits(OFF, { emit: () => undefined }),
      pipeline: (request, response) => response.end(JSON.stringify({ by: "pipeline", method: request.method })),
    })
    server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  const send = (method: string, path: string, headers: Record<string, string> = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asked = ask({ port, host: "127.0.0.1", method, path, headers, agent: false }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part
        })
        response.on("end", () => resolve(text === "" ? null : JSON.parse(text)))
      })
      asked.on("error", reject).end()
    })

  it("is a product by its id", async () => {
    expect(await send("GET", PATH)).toEqual({ by: "plain route", id: PRODUCT })
    expect(await send("GET", PATH.replace(PRODUCT, NEAR))).toEqual({ by: "nearness", id: NEAR })
  })

  it.each([
    ["another method", "DELETE", PATH, {}],
    ["a query", "GET", `${PATH}?a=1`, {}],
    ["an id in capitals", "GET", PATH.toUpperCase().replace("/V1/PRODUCTS", "/v1/products"), {}],
    ["an id in other words", "GET", PATH.replace("0", "%30"), {}],
    ["no id, as long as one", "GET", `/v1/products/${"x".repeat(36)}`, {}],
    ["another list", "GET", "/v1/products", {}],
    ["what lies below a product", "GET", `${PATH}/stock`, {}],
    ["a body", "GET", PATH, { "content-length": "0" }],
    ["a position", "GET", PATH, UNUSUAL],
  ])("is not %s", async (_, method, path, headers) => {
    expect(await send(method, path, headers)).toEqual({ by: "pipeline", method })
  })
})

describe("the two give the same answers", () => {
  const scripts: ReadonlyArray<readonly [string, number, Partial<Shop["Service"]>]> = [
    ["a product", 200, {}],
    ["not found", 404, { getProduct: (id) => Effect.fail(new Refused({ _tag: "ProductNotFound", productId: id })) }],
    ["not now", 503, { getProduct: () => Effect.fail(unavailable("database", "unknown", 3)) }],
    ["a defect", 500, { getProduct: () => Effect.die(new Error("secret")) }],
  ]
  const origin = "https://shop.example"

  it("what is near, also a second time, and to who has it already; a defect there is answered as one of the shop's", async () => {
    const product = Scribe.product()
    let isBroken = false
    let ageMs = 12_345
    const near = () => {
      if (isBroken) throw new Error("what is cached cannot be read")
      return { product, ageMs }
    }
    const getProduct = () => (isBroken ? Effect.die(new Error("secret")) : Effect.succeed({ product, ageMs }))
    const reads = { near, read: () => Effect.die("not asked"), renewed: () => Effect.void }
    const server = await HttpServer.start({ getProduct }, null, {}, Layer.succeed(ProductReads, reads))
    const both = async (headers: Record<string, string> = {}) => {
      const get = (more: Record<string, string>) =>
        server.get(`/v1/products/${product.id}`, { "x-request-id": "same", ...headers, ...more })
      const plain = essence(await get({}), product.id)
      expect(plain).toEqual(essence(await get(UNUSUAL), product.id))
      return plain
    }
    for (const age of [12, 12, 13]) {
      ageMs = age * 1_000 + 345
      const { headers, status } = await both()
      expect([status, headers.find(([name]) => name === "age")]).toEqual([200, ["age", String(age)]])
    }
    expect(await both({ "if-none-match": `"${product.version}"` })).toMatchObject({ status: 304 })
    isBroken = true
    expect(await both()).toMatchObject({ status: 500 })
    await server.stop()
  })
  const limits = {
    ...{ trustedProxies: ["127.0.0.1"], shared: null, customer: null },
    client: { perSecond: 0.001, burst: 3 },
  }

  /** All that is not of this one request: its number, its moment. */
  const essence = ({ headers, status, text }: HttpServer.Answer, id: string) => ({
    status,
    headers: [...headers].filter(([name]) => name !== "date"),
    text: text.replaceAll(id, "ID"),
  })

  it.each(scripts)("%s", async (_, status, script) => {
    const server = await HttpServer.start(script, null, { origins: [origin], limits })
    const price = { amount: 5, currency: "EUR" }
    const made = await server.post(
      "/v1/products",
      { sku: "moon-jar", name: "Moon jar 달항아리", price, onHand: 1 },
      { "x-forwarded-for": "192.0.2.1" },
    )
    // Each way from an address of its own, so that both have as much left.
    const both = async (headers: Record<string, string> = {}) => {
      const get = (more: Record<string, string>) =>
        server.get(`/v1/products/${made.body.id}`, { "x-request-id": "same", ...headers, ...more })
      const plain = essence(await get({ "x-forwarded-for": "192.0.2.2" }), made.body.id)
      expect(plain).toEqual(essence(await get({ "x-forwarded-for": "192.0.2.3", ...UNUSUAL }), made.body.id))
      return plain
    }
    expect(await both()).toMatchObject({ status })
    expect(await both({ origin })).toMatchObject({ status })
    // The caller has it already.
    expect(await both({ "if-none-match": `"1"` })).toMatchObject({ status: status === 200 ? 304 : status })
    // The limit is reached.
    expect(await both()).toMatchObject({ status: 429 })
    const answered = server.heard
      .filter(({ _tag }) => _tag === "RequestAnswered")
      .map((each) => ({ ...each, seconds: 0 }))
    expect(answered).toHaveLength(9)
    for (const [plain, other] of [1, 3, 5, 7].map((at) => answered.slice(at, at + 2))) expect(plain).toEqual(other)
    await server.stop()
  })
})
