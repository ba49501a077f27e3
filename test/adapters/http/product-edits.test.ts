/** Editing products over HTTP: preconditions, what a body may hold, and reads that are spared what they have. */
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as FakeShop from "../../support/fake-shop.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
/** Of what is shown of products, ms. */
let ageMs = 0
beforeAll(async () => {
  const fake = FakeShop.make()
  const getProduct: typeof fake.getProduct = (id) => Effect.map(fake.getProduct(id), (shown) => ({ ...shown, ageMs }))
  shop = await HttpServer.start({ ...fake, getProduct })
})
afterAll(() => shop.stop())

let made = 0
const product = async (more: object = {}) => {
  const given = {
    sku: `sku-${++made}`,
    name: "A ticket",
    price: { amount: 1_500, currency: "EUR" },
    onHand: 10,
    ...more,
  }
  return (await shop.post("/v1/products", given)).body
}

const patch = (id: string, body: unknown, headers: Record<string, string> = { "if-match": "*" }) =>
  shop.send(`/v1/products/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })

const problem = ({ body, headers, status }: HttpServer.Answer) => {
  expect(headers.get("content-type")).toBe("application/problem+json")
  return [status, body.code]
}

describe("PATCH /v1/products/{id}", () => {
  it("sets what is named, and answers with the product and its tag", async () => {
    const before = await product()
    const edit = { name: "달항아리 😀", price: { amount: 9, currency: "EUR" }, archived: true, purchaseLimit: 4 }
    const { body, headers, status } = await patch(before.id, edit, { "if-match": '"1"' })
    expect([status, body]).toEqual([200, { ...before, ...edit, version: 2 }])
    expect(headers.get("etag")).toBe('"2"')
    expect(headers.get("cache-control")).toBe("no-store")
    const read = await shop.get(`/v1/products/${before.id}`)
    expect([read.body, read.headers.get("etag")]).toEqual([body, '"2"'])
  })

  it("asks for If-Match before anything is edited", async () => {
    const { id } = await product()
    expect(problem(await patch(id, { name: "x" }, {}))).toEqual([428, "precondition-required"])
    expect((await shop.get(`/v1/products/${id}`)).body.version).toBe(1)
  })

  it.each([["1"], ['"1'], ['"1" "2"'], ["W/1"], [""], ['"1", "2"'], ['"1",'], ["*, *"]])(
    "refuses If-Match: %s",
    async (header) => {
      const { id } = await product()
      const answer = await patch(id, { name: "x" }, { "if-match": header })
      expect(problem(answer)).toEqual([400, "invalid-request"])
      expect(answer.body.errors[0].pointer).toBe("header/if-match")
    },
  )

  it("is 412 for a version that has passed, is to come, is weak or never was, and says which there is", async () => {
    const { id } = await product()
    await patch(id, { name: "Two" }, { "if-match": '"1"' })
    for (const header of ['"1"', '"3"', 'W/"2"', '"02"', '"two"', '"99999999999999999999"', '""']) {
      const answer = await patch(id, { name: "Three" }, { "if-match": header })
      expect([header, ...problem(answer), answer.body.version]).toEqual([header, 412, "product-changed", 2])
    }
    expect((await patch(id, { name: "Three" }, { "if-match": '"2"' })).body.version).toBe(3)
    // Sent again: it was done, and is not done twice.
    expect(problem(await patch(id, { name: "Three" }, { "if-match": '"2"' }))).toEqual([412, "product-changed"])
    expect((await patch(id, { name: "Four" }, { "if-match": " * " })).body.version).toBe(4)
  })

  it.each([
    ["nothing", {}, "#"],
    ["a member that is not known", { name: "x", colour: "red" }, "#/colour"],
    ["what cannot be edited", { sku: "x" }, "#/sku"],
    ["a version", { name: "x", version: 3 }, "#/version"],
    ["an empty name", { name: "" }, "#/name"],
    ["a name that is too long", { name: "x".repeat(257) }, "#/name"],
    ["a name with a control character", { name: "a\u0000b" }, "#/name"],
    ["a name of null", { name: null }, "#/name"],
    ["a price that is a number", { price: 5 }, "#/price"],
    ["a price without a currency", { price: { amount: 5 } }, "#/price/currency"],
    ["a negative price", { price: { amount: -1, currency: "EUR" } }, "#/price/amount"],
    ["half a cent", { price: { amount: 0.5, currency: "EUR" } }, "#/price/amount"],
    ["a price of another currency", { price: { amount: 5, currency: "KRW" } }, "#/price/currency"],
    ["a limit of none at all", { purchaseLimit: 0 }, "#/purchaseLimit"],
    ["a limit in words", { purchaseLimit: "two" }, "#/purchaseLimit"],
    ["archived in words", { archived: "yes" }, "#/archived"],
    ["archived as a number", { archived: 1 }, "#/archived"],
    ["a list", [], "#"],
    ["null", "null", "#"],
    ["no body", "", "#"],
  ])("refuses %s", async (_, body, pointer) => {
    const { id } = await product()
    const answer = await patch(id, body)
    expect(problem(answer)).toEqual([400, "invalid-request"])
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer)
    expect((await shop.get(`/v1/products/${id}`)).body.version).toBe(1)
  })

  it("refuses what is no JSON, another type, and a body that is too large", async () => {
    const { id } = await product()
    expect(problem(await patch(id, "{"))).toEqual([400, "malformed-json"])
    const plain = await patch(id, "name=x", { "if-match": "*", "content-type": "text/plain" })
    expect(problem(plain)).toEqual([415, "unsupported-media-type"])
    expect(problem(await patch(id, { name: "x".repeat(70_000) }))).toEqual([413, "body-too-large"])
  })

  it("is 404 for a product that there is not, and 405 for the list", async () => {
    expect(problem(await patch("018f0000-0000-7000-8000-000000000000", { name: "x" }))).toEqual([
      404,
      "product-not-found",
    ])
    const list = await shop.send("/v1/products", { method: "PATCH", body: "{}" })
    expect(problem(list)).toEqual([405, "method-not-allowed"])
    const other = await shop.send("/v1/products/018f0000-0000-7000-8000-000000000000", { method: "PUT", body: "{}" })
    expect(other.headers.get("allow")).toBe("GET, HEAD, PATCH")
  })

  it("gives and takes no purchase limit once the product was ordered", async () => {
    const { id } = await product()
    const order = { customerId: "ann", lines: [{ productId: id, quantity: 1 }] }
    await shop.post("/v1/orders", order, { "idempotency-key": `limit-${id}` })
    const answer = await patch(id, { purchaseLimit: 3 })
    expect([...problem(answer), answer.body.purchaseLimit]).toEqual([409, "purchase-limit-fixed", null])
  })

  it("sells nothing of an archived product", async () => {
    const { id } = await product()
    await patch(id, { archived: true })
    const order = { customerId: "ann", lines: [{ productId: id, quantity: 1 }] }
    const key = { "idempotency-key": `archived-${id}` }
    const answer = await shop.post("/v1/orders", order, key)
    expect([...problem(answer), answer.body.productId]).toEqual([410, "product-archived", id])
    await patch(id, { archived: false })
    expect((await shop.post("/v1/orders", order, key)).status).toBe(201)
  })
})

describe("GET /v1/products/{id}", () => {
  it("says its version, how old it is and how old it may become", async () => {
    const { id } = await product()
    ageMs = 12_999
    const { headers } = await shop.get(`/v1/products/${id}`)
    ageMs = 0
    expect(headers.get("etag")).toBe('"1"')
    expect(headers.get("age")).toBe("12")
    expect(headers.get("cache-control")).toBe("public, max-age=30, stale-if-error=60")
  })

  it.each(['"1"', 'W/"1"', '"7", "1"', "*", ' "1" '])("is 304 for If-None-Match: %s", async (header) => {
    const { id } = await product()
    const { headers, status, text } = await shop.get(`/v1/products/${id}`, { "if-none-match": header })
    expect([status, text]).toEqual([304, ""])
    expect(headers.get("etag")).toBe('"1"')
    expect(headers.get("cache-control")).toBe("public, max-age=30, stale-if-error=60")
    expect(headers.get("x-request-id")).not.toBeNull()
  })

  it.each(['"2"', '"01"', "1", '"1', ""])("is whole for If-None-Match: %s", async (header) => {
    const made = await product()
    const { body, status } = await shop.get(`/v1/products/${made.id}`, { "if-none-match": header })
    expect([status, body]).toEqual([200, made])
  })

  it("is 404, and not kept, for one that there is not, whatever the caller has", async () => {
    const answer = await shop.get("/v1/products/018f0000-0000-7000-8000-000000000000", { "if-none-match": "*" })
    expect(problem(answer)).toEqual([404, "product-not-found"])
    expect(answer.headers.get("cache-control")).toBe("no-store")
  })

  it("reads a list of a thousand tags in no time, and one that never closes as none", async () => {
    const { id } = await product()
    const many = Array.from({ length: 1_000 }, (_, n) => `"${n + 2}"`).join(", ")
    expect((await shop.get(`/v1/products/${id}`, { "if-none-match": many })).status).toBe(200)
    expect((await shop.get(`/v1/products/${id}`, { "if-none-match": `${many}, "1"` })).status).toBe(304)
    expect((await shop.get(`/v1/products/${id}`, { "if-none-match": `"${" ,".repeat(4_000)}` })).status).toBe(200)
  })
})
