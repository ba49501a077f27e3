/** Everything that goes wrong, as it is answered: always a problem, always with a code and a request id. */
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { api } from "../../../src/adapters/http/api.ts"
import type { OrderId, ProductId } from "../../../src/domain/ids.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Refused, type Rejection } from "../../../src/ports/inventory.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

const UNKNOWN = "019aa000-0000-7000-8000-000000000000"
const key = { "idempotency-key": "a-key" }
const line = { productId: UNKNOWN, quantity: 1 }
const newProduct = { sku: "s", name: "n", price: { amount: 1, currency: "EUR" }, onHand: 1 }

const expectProblem = (answer: HttpServer.Answer, status: number, code: string) => {
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  expect(answer.body).toMatchObject({ status, code, type: `/problems/${code}`, title: expect.any(String) })
  expect(answer.status).toBe(status)
  expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"))
  expect(answer.body.requestId).not.toBe("")
}

describe("a request that is not valid", () => {
  const order = (more: object) => ({ customerId: "ann", lines: [line], ...more })
  it.each<[string, string, unknown, string]>([
    ["an unknown field", "/v1/products", { ...newProduct, colour: "red" }, "#/colour"],
    ["an unknown field deep inside", "/v1/orders", order({ lines: [{ ...line, price: 1 }] }), "#/lines/0/price"],
    ["a missing field", "/v1/products", { ...newProduct, onHand: undefined }, "#/onHand"],
    ["a fraction of a unit", "/v1/orders", order({ lines: [{ ...line, quantity: 1.5 }] }), "#/lines/0/quantity"],
    ["a quantity of nothing", "/v1/orders", order({ lines: [{ ...line, quantity: 0 }] }), "#/lines/0/quantity"],
    ["a quantity too large", "/v1/orders", order({ lines: [{ ...line, quantity: 1_000_001 }] }), "#/lines/0/quantity"],
    ["a quantity as text", "/v1/orders", order({ lines: [{ ...line, quantity: "1" }] }), "#/lines/0/quantity"],
    ["a malformed product id", "/v1/orders", order({ lines: [{ ...line, productId: "x" }] }), "#/lines/0/productId"],
    ["no lines", "/v1/orders", order({ lines: [] }), "#/lines"],
    ["101 lines", "/v1/orders", order({ lines: Array(101).fill(line) }), "#/lines"],
    ["an empty customer", "/v1/orders", order({ customerId: "" }), "#/customerId"],
    ["a customer too long", "/v1/orders", order({ customerId: "😀".repeat(129) }), "#/customerId"],
    ["a customer with a newline", "/v1/orders", order({ customerId: "a\nb" }), "#/customerId"],
    ["a NUL in a name", "/v1/products", { ...newProduct, name: "a\u0000" }, "#/name"],
    ["a delete character in a sku", "/v1/products", { ...newProduct, sku: "a\u007f" }, "#/sku"],
    ["half a surrogate pair", "/v1/products", { ...newProduct, name: "\ud83d" }, "#/name"],
    ["a customer with a space behind", "/v1/orders", order({ customerId: "ann " }), "#/customerId"],
    ["a customer who is decomposed", "/v1/orders", order({ customerId: "jose\u0301" }), "#/customerId"],
    ["a sku with something unseen", "/v1/products", { ...newProduct, sku: "a\u200b" }, "#/sku"],
    ["an empty sku", "/v1/products", { ...newProduct, sku: "" }, "#/sku"],
    ["a negative onHand", "/v1/products", { ...newProduct, onHand: -1 }, "#/onHand"],
    ["an onHand too large", "/v1/products", { ...newProduct, onHand: 1e12 + 1 }, "#/onHand"],
    ["a negative price", "/v1/products", { ...newProduct, price: { amount: -1, currency: "EUR" } }, "#/price/amount"],
    ["no currency", "/v1/products", { ...newProduct, price: { amount: 1, currency: "ZZZ" } }, "#/price/currency"],
    ["a price too high", "/v1/products", { ...newProduct, price: { amount: 1e13, currency: "EUR" } }, "#/price/amount"],
    ["a small currency", "/v1/products", { ...newProduct, price: { amount: 1, currency: "eur" } }, "#/price/currency"],
    ["a purchase limit of nothing", "/v1/products", { ...newProduct, purchaseLimit: 0 }, "#/purchaseLimit"],
    ["an adjustment by nothing", `/v1/products/${UNKNOWN}/stock/adjustments`, { delta: 0, reason: "r" }, "#/delta"],
    ["an adjustment without a reason", `/v1/products/${UNKNOWN}/stock/adjustments`, { delta: 1 }, "#/reason"],
    ["an empty token", "/v1/orders", order({ payment: { token: "" } }), "#/payment/token"],
    ["a token with a space", `/v1/orders/${UNKNOWN}/pay`, { token: "a b" }, "#/token"],
    ["an unknown way to pay", "/v1/orders", order({ payment: "never" }), "#/payment"],
    ["a body that is a list", "/v1/products", [], "#"],
    ["a body that is null", "/v1/products", "null", "#"],
    ["no body", "/v1/products", "", "#"],
  ])("refuses %s", async (_, path, body, pointer) => {
    const answer = await shop.post(path, body, key)
    expectProblem(answer, 400, "invalid-request")
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer)
  })

  it("accepts the bounds themselves, and characters beyond the first plane", async () => {
    const name = "😀".repeat(128)
    const given = {
      ...newProduct,
      sku: name,
      name: name + name,
      price: { amount: 1e12, currency: "EUR" },
      onHand: 1e12,
    }
    const created = await shop.post("/v1/products", { ...given, purchaseLimit: 1e12 })
    expect([created.status, created.body.sku]).toEqual([201, name])
    const lines = Array(100).fill({ productId: created.body.id.toUpperCase(), quantity: 1 })
    const customerId = "😀".repeat(128)
    const placed = await shop.post("/v1/orders", { customerId, lines }, key)
    expect([placed.status, placed.body.lines.length, placed.body.lines[0].quantity]).toEqual([201, 1, 100])
    expect((await shop.get(`/v1/orders?customerId=${encodeURIComponent(customerId)}`)).body.data).toHaveLength(1)
  })

  it.each([
    ["/v1/products?limit=0", "query/limit"],
    ["/v1/products?limit=101", "query/limit"],
    ["/v1/products?limit=1e1", "query/limit"],
    ["/v1/products?limit=1&limit=2", "query/limit"],
    ["/v1/orders?status=lost", "query/status"],
    ["/v1/orders?colour=red", "query/colour"],
    ["/v1/orders?from=yesterday", "query/from"],
    ["/v1/orders?from=2026-02-30T00:00:00Z", "query/from"],
    ["/v1/orders?from=1764000000", "query/from"],
    ["/v1/orders?to=2026-01-01", "query/to"],
    ["/v1/orders?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "query/to"],
    ["/v1/orders?customerId=", "query/customerId"],
    ["/v1/products?q=", "query/q"],
    ["/v1/products?q=a%20b", "query/q"],
    ["/v1/products?q=a%00b", "query/q"],
    [`/v1/products/${UNKNOWN}?colour=red`, "query/colour"],
    ["/v1/products/not-an-id", "path/id"],
    ["/v1/orders/%00", "path/id"],
    [`/v1/products/${UNKNOWN}0/stock`, "path/id"],
  ])("refuses GET %s", async (path, pointer) => {
    const answer = await shop.get(path)
    expectProblem(answer, 400, "invalid-request")
    expect(answer.body.errors[0].pointer).toBe(pointer)
  })

  it("refuses unknown query parameters of a POST too", async () => {
    expectProblem(await shop.post("/v1/products?dry=1", newProduct), 400, "invalid-request")
  })

  it("names every fault at once", async () => {
    const { body } = await shop.post("/v1/products", { ...newProduct, sku: "", onHand: -1 })
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual(["#/sku", "#/onHand"])
  })

  it.each(["", "x".repeat(256), "schlüssel", "one,two"])("refuses the key %j", async (name) => {
    const answer = await shop.post("/v1/products", newProduct, { "idempotency-key": name })
    expectProblem(answer, 400, "invalid-request")
  })

  it.each<[string, object]>([
    ["/v1/orders", { customerId: "a", lines: [line] }],
    [`/v1/products/${UNKNOWN}/stock/receipts`, { quantity: 1 }],
    [`/v1/products/${UNKNOWN}/stock/adjustments`, { delta: 1, reason: "counted" }],
  ])("requires a key where a repetition would count twice: %s", async (path, body) => {
    expectProblem(await shop.post(path, body), 400, "idempotency-key-required")
  })

  it("requires none where a repetition changes nothing more", async () => {
    const product = { ...newProduct, sku: "twice" }
    const { body } = await shop.post("/v1/products", product)
    expectProblem(await shop.post("/v1/products", product), 409, "sku-taken")
    const order = { customerId: "a", lines: [{ productId: body.id, quantity: 1 }], payment: "later" }
    const placed = await shop.post("/v1/orders", order, { "idempotency-key": "later" })
    for (const route of ["pay", "pay", "cancel", "cancel"]) {
      const { status } = await shop.post(`/v1/orders/${placed.body.id}/${route}`, {})
      expect(status, route).toBe(200)
    }
    expect((await shop.get(`/v1/products/${body.id}/stock`)).body).toMatchObject({ onHand: 1, available: 1 })
  })

  it.each(["{", "", "nonsense", '{"a":1}}', "NaN"])("refuses a body that is not JSON: %j", async (body) => {
    expectProblem(await shop.post("/v1/orders", body, key), 400, body === "" ? "invalid-request" : "malformed-json")
  })

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x"])(
    "refuses a body of %s",
    async (type) => {
      const answer = await shop.post("/v1/orders", "{}", { ...key, "content-type": type })
      expectProblem(answer, 415, "unsupported-media-type")
    },
  )

  it("takes JSON with a charset", async () => {
    const answer = await shop.post(`/v1/orders/${UNKNOWN}/pay`, "{}", {
      "content-type": "Application/JSON; charset=utf-8",
    })
    expectProblem(answer, 404, "order-not-found")
  })
})

describe("what is not there", () => {
  it.each(["/", "/v1", "/v1/order", "/v1/orders/", "//v1/orders", `/v1/orders/${UNKNOWN}/refund`, "/V1/orders"])(
    "answers 404 to %s",
    async (path) => expectProblem(await shop.get(path), 404, "route-not-found"),
  )

  it.each<[string, string, string]>([
    ["DELETE", "/v1/orders", "POST, GET, HEAD"],
    ["PUT", `/v1/products/${UNKNOWN}`, "GET, HEAD, PATCH"],
    ["GET", `/v1/orders/${UNKNOWN}/pay`, "POST"],
    ["OPTIONS", "/v1/products", "POST, GET, HEAD"],
    ["POST", "/readyz", "GET, HEAD"],
    ["PATCH", "/openapi.json", "GET, HEAD"],
  ])("answers 405 to %s %s, and says what is allowed", async (method, path, allow) => {
    const answer = await shop.send(path, { method })
    expectProblem(answer, 405, "method-not-allowed")
    expect(answer.headers.get("allow")).toBe(allow)
  })

  it("answers HEAD like GET, without the body", async () => {
    const got = await shop.get("/v1/products")
    const head = await shop.send("/v1/products", { method: "HEAD" })
    expect([head.status, head.text]).toEqual([200, ""])
    expect(head.headers.get("content-length")).toBe(got.headers.get("content-length"))
  })
})

describe("a refusal of the business", () => {
  const productId = UNKNOWN as ProductId
  const orderId = UNKNOWN as OrderId
  const status = "shipped"
  let refused: Rejection = { _tag: "MixedCurrencies" }
  let refusing: HttpServer.Running
  beforeAll(async () => {
    refusing = await HttpServer.start({ placeOrder: () => Effect.fail(new Refused(refused)) })
  })
  afterAll(() => refusing.stop())

  it.each<[Rejection, number, string, object]>([
    [{ _tag: "InsufficientStock", productId, available: 3 }, 409, "insufficient-stock", { productId, available: 3 }],
    [
      { _tag: "InsufficientStock", productId, available: 0, held: 12, nextReleaseAt: Date.UTC(2026, 0, 2, 14, 3, 20) },
      409,
      "insufficient-stock",
      {
        ...{ productId, available: 0, held: 12, nextReleaseAt: "2026-01-02T14:03:20.000Z" },
        detail: "Sold out, 12 units may come back at 14:03:20 UTC.",
      },
    ],
    [{ _tag: "StockOverflow", productId, maximum: 9 }, 409, "stock-overflow", { productId, maximum: 9 }],
    [
      { _tag: "PurchaseLimitExceeded", productId, limit: 2, remaining: 1 },
      409,
      "purchase-limit-exceeded",
      { productId, limit: 2, remaining: 1 },
    ],
    [{ _tag: "TooManyUnpaidHolds", productId, limit: 2 }, 409, "holds-per-customer", { productId, limit: 2 }],
    [{ _tag: "NotCancellable", orderId, status }, 409, "not-cancellable", { orderId, orderStatus: status }],
    [{ _tag: "NotPayable", orderId, status }, 409, "not-payable", { orderId, orderStatus: status }],
    [{ _tag: "PaymentInProgress", orderId }, 409, "payment-in-progress", { orderId }],
    [{ _tag: "ProductNotFound", productId }, 404, "product-not-found", { productId }],
    [{ _tag: "OrderNotFound", orderId }, 404, "order-not-found", { orderId }],
    [{ _tag: "SkuTaken", sku: "s" }, 409, "sku-taken", { sku: "s" }],
    [{ _tag: "MixedCurrencies" }, 409, "mixed-currencies", {}],
    [{ _tag: "TotalTooLarge" }, 409, "total-too-large", {}],
    [{ _tag: "TokenRequired" }, 400, "payment-token-required", {}],
    [{ _tag: "KeyReused", key: "k" }, 422, "idempotency-key-reused", {}],
    [{ _tag: "KeyInProgress", key: "k" }, 409, "idempotency-in-progress", {}],
  ])("answers $_tag", async (rejection, code, name, extras) => {
    refused = rejection
    const answer = await refusing.post("/v1/orders", { customerId: "a", lines: [line] }, key)
    expectProblem(answer, code, name)
    expect(answer.body).toMatchObject(extras)
  })

  it.each([
    [0, "Only 0 units are available."],
    [1, "Only 1 unit is available."],
    [2, "Only 2 units are available."],
  ])("counts %i as people do", async (available, detail) => {
    refused = { _tag: "InsufficientStock", productId, available }
    const answer = await refusing.post("/v1/orders", { customerId: "a", lines: [line] }, key)
    expect(answer.body.detail).toBe(detail)
  })
})

describe("not now", () => {
  it("answers 503 with the reason and when to come back", async () => {
    const full = await HttpServer.start({ getOrder: () => Effect.fail(unavailable("mailbox-full", "undecided", 7)) })
    const answer = await full.get(`/v1/orders/${UNKNOWN}`)
    expectProblem(answer, 503, "mailbox-full")
    expect(answer.headers.get("retry-after")).toBe("7")
    await full.stop()
  })

  it.each([
    ["undecided", "Nothing was decided. Send the request again, with the same Idempotency-Key if it has one."],
    [
      "unknown",
      "The outcome is not known yet. Repeat the request, with its Idempotency-Key if it has one, to learn it.",
    ],
  ] as const)("says in its detail that the fate is %s", async (fate, sentence) => {
    const silent = await HttpServer.start({ getOrder: () => Effect.fail(unavailable("database", fate)) })
    const answer = await silent.get(`/v1/orders/${UNKNOWN}`)
    expect(answer.body["detail"]).toContain(sentence)
    await silent.stop()
  })

  it.each(["starting", "standby", "draining", "database", "worker-lost"] as const)(
    "is alive but not ready while %s",
    async (state) => {
      await shop.become(state)
      expect((await shop.get("/livez")).body).toEqual({ status: "alive" })
      const answer = await shop.get("/readyz")
      expectProblem(answer, 503, state)
      expect(answer.headers.get("retry-after")).toBe("1")
      await shop.become("ready")
      expect((await shop.get("/readyz")).body).toEqual({ status: "ready" })
    },
  )

  it("says how its parts are when it is asked to, ready or not", async () => {
    expect((await shop.get("/readyz?verbose")).body).toEqual({ status: "ready", parts: [] })
    await shop.become("standby")
    const answer = await shop.get("/readyz?verbose=1")
    expectProblem(answer, 503, "standby")
    expect(answer.body.parts).toEqual([])
    await shop.become("ready")
  })
})

it("answers a defect with 500 and says nothing of the inside", async () => {
  const broken = await HttpServer.start({ getOrder: () => Effect.die(new Error("password=hunter2")) })
  const answer = await broken.get(`/v1/orders/${UNKNOWN}`)
  expectProblem(answer, 500, "internal-error")
  expect(answer.text).not.toContain("hunter2")
  await broken.stop()
})

it("answered nothing above that its route does not document", () => {
  const { paths } = OpenApi.fromApi(api)
  const answered = shop.heard.flatMap((happening) => (happening._tag === "RequestAnswered" ? [happening] : []))
  const undocumented = answered.filter(({ route, method, status }) => {
    const operation = paths[route]?.[method.toLowerCase() as "get" | "post"]
    return operation !== undefined && !(status in operation.responses)
  })
  expect(answered.length).toBeGreaterThan(50)
  expect(undocumented).toEqual([])
})
