/** The API over real HTTP: what each route answers when all is well, and how replays look. */
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { UNTRIED } from "../../../src/domain/order.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

let made = 0
const fresh = (word: string) => `${word}-${++made}`
const key = () => ({ "idempotency-key": fresh("key") })

const product = async (more: object = {}) => {
  const given = { sku: fresh("sku"), name: "A ticket", price: { amount: 1_500, currency: "EUR" }, onHand: 10, ...more }
  const { status, body } = await shop.post("/v1/products", given)
  expect(status).toBe(201)
  return body
}

const order = (productId: string, more: object = {}, headers: Record<string, string> = key()) =>
  shop.post("/v1/orders", { customerId: "ann", lines: [{ productId, quantity: 2 }], ...more }, headers)

const stock = async (id: string) => (await shop.get(`/v1/products/${id}/stock`)).body

describe("products", () => {
  it("creates a product and reads it back", async () => {
    const given = {
      sku: fresh("sku"),
      name: "재고",
      price: { amount: 0, currency: "KRW" },
      onHand: 3,
      purchaseLimit: 2,
    }
    const { status, headers, body } = await shop.post("/v1/products", given)
    expect(status).toBe(201)
    expect(headers.get("content-type")).toBe("application/json")
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sku: given.sku,
      name: "재고",
      price: { amount: 0, currency: "KRW" },
      purchaseLimit: 2,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      version: 1,
      archived: false,
    })
    expect((await shop.get(`/v1/products/${body.id}`)).body).toEqual(body)
    expect((await shop.get(`/v1/products/${body.id.toUpperCase()}`)).body).toEqual(body)
    expect((await shop.get(`/v1/products?sku=${given.sku}`)).body).toEqual({
      data: [body],
      hasMore: false,
      nextCursor: null,
    })
  })

  it("takes a purchase limit of null or none as no limit", async () => {
    expect((await product()).purchaseLimit).toBeNull()
    expect((await product({ purchaseLimit: null })).purchaseLimit).toBeNull()
  })

  it("shows stock, receipts and adjustments, and the ledger newest first", async () => {
    const { id } = await product()
    const fact = { productId: id, reserved: 0 }
    const received = await shop.post(`/v1/products/${id}/stock/receipts`, { quantity: 5 }, key())
    expect([received.status, received.body]).toEqual([200, { ...fact, onHand: 15, available: 15, version: 2 }])
    const adjusted = await shop.post(`/v1/products/${id}/stock/adjustments`, { delta: -3, reason: "broken" }, key())
    expect([adjusted.status, adjusted.body]).toEqual([200, { ...fact, onHand: 12, available: 12, version: 3 }])
    expect(await stock(id)).toEqual({ ...adjusted.body, held: 0, nextReleaseAt: null })
    const { body } = await shop.get(`/v1/products/${id}/stock/movements`)
    expect(body.data.map((row: { type: string }) => row.type)).toEqual(["adjusted", "received", "created"])
    expect(body.data[0]).toEqual({
      productId: id,
      version: 3,
      type: "adjusted",
      onHandDelta: -3,
      reservedDelta: 0,
      onHand: 12,
      reserved: 0,
      orderId: null,
      reason: "broken",
      at: expect.any(String),
    })
  })
})

describe("orders", () => {
  it("answers 201 paid, and the units have left", async () => {
    const { id, price } = await product()
    const { status, body } = await order(id)
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.any(String),
      status: "paid",
      customerId: "ann",
      lines: [{ productId: id, quantity: 2, unitPrice: price }],
      total: { amount: 3_000, currency: "EUR" },
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    })
    expect((await shop.get(`/v1/orders/${body.id}`)).body).toEqual({
      ...body,
      payment: { status: "charged", attempts: 1, lastError: null },
      refund: { due: 0, done: 0 },
    })
    expect(await stock(id)).toMatchObject({ onHand: 8, reserved: 0, available: 8 })
  })

  it("answers 202 reserved to pay later, which is then paid with 200", async () => {
    const { id } = await product()
    const placed = await order(id, { payment: "later" })
    expect([placed.status, placed.body.status]).toEqual([202, "reserved"])
    const held = { held: 2, nextReleaseAt: placed.body.expiresAt }
    expect(await stock(id)).toMatchObject({ onHand: 10, reserved: 2, available: 8, ...held })
    const paid = await shop.post(`/v1/orders/${placed.body.id}/pay`, {})
    expect([paid.status, paid.body]).toEqual([200, { ...placed.body, status: "paid" }])
  })

  it("answers 402 to a decline, with the order's id, and the units are free again", async () => {
    const { id } = await product()
    const { status, headers, body } = await order(id, { payment: { token: "tok_decline" } })
    expect(status).toBe(402)
    expect(headers.get("content-type")).toBe("application/problem+json")
    expect(body).toMatchObject({ code: "payment-declined", status: 402, orderId: expect.any(String) })
    expect((await shop.get(`/v1/orders/${body.orderId}`)).body.status).toBe("payment_failed")
    expect(await stock(id)).toMatchObject({ reserved: 0, available: 10, held: 0, nextReleaseAt: null })
  })

  it.each(["respond-async", "wait=5, Respond-Async", "respond-async;x=1, handling=lenient"])(
    "answers 202 at once for Prefer: %s",
    async (prefer) => {
      const { id } = await product()
      const placed = await order(id, {}, { ...key(), prefer })
      expect([placed.status, placed.body.status]).toEqual([202, "reserved"])
      const later = await order(id, { payment: "later" })
      expect((await shop.post(`/v1/orders/${later.body.id}/pay`, {}, { prefer })).status).toBe(202)
    },
  )

  it("waits for the outcome when the preference is another", async () => {
    const { id } = await product()
    expect((await order(id, {}, { ...key(), prefer: "respond-asynchronously" })).status).toBe(201)
  })

  it("cancels without a body, with an empty one and with a reason", async () => {
    const { id } = await product()
    for (const body of [undefined, {}, { reason: "changed my mind" }]) {
      const placed = await order(id)
      const cancelled = await shop.post(`/v1/orders/${placed.body.id}/cancel`, body)
      expect([cancelled.status, cancelled.body]).toEqual([200, { ...placed.body, status: "cancelled" }])
      const read = await shop.get(`/v1/orders/${placed.body.id}`)
      expect(read.body).toMatchObject({ status: "cancelled", cancelReason: body?.reason ?? null })
    }
    expect(await stock(id)).toMatchObject({ onHand: 10, reserved: 0 })
  })

  it("shows a lapsed hold as expired when read, even before its owner has said so", async () => {
    const { id } = await product()
    const placed = await order(id, { payment: "later" })
    const lapsed = await HttpServer.start({
      getOrder: (orderId) =>
        Effect.succeed({
          id: orderId,
          customerId: "ann",
          lines: [],
          total: { amount: 1, currency: "EUR" },
          createdAt: 1,
          expiresAt: 2,
          version: 1,
          status: "reserved",
          attempt: null,
          payment: UNTRIED,
        }),
    })
    expect((await lapsed.get(`/v1/orders/${placed.body.id}`)).body).toMatchObject({
      status: "expired",
      expiresAt: "1970-01-01T00:00:00.002Z",
    })
    await lapsed.stop()
  })
})

describe("lists", () => {
  it("walks a list page by page without missing or repeating a row", async () => {
    const { id } = await product({ onHand: 100 })
    const customerId = fresh("walker")
    const placed = []
    for (let n = 0; n < 7; n++) placed.unshift((await order(id, { customerId })).body.id)
    const seen: Array<string> = []
    let cursor = ""
    const sizes = []
    do {
      const { body } = await shop.get(`/v1/orders?customerId=${customerId}&limit=3${cursor}`)
      seen.push(...body.data.map((row: { id: string }) => row.id))
      sizes.push(body.data.length)
      expect(body.hasMore).toBe(body.nextCursor !== null)
      cursor = body.nextCursor === null ? "" : `&cursor=${body.nextCursor}`
    } while (cursor !== "")
    expect(seen).toEqual(placed)
    expect(sizes).toEqual([3, 3, 1])
  })

  it("lists the orders of a span of time: from its beginning, before its end", async () => {
    const { id } = await product({ onHand: 100 })
    const customerId = fresh("keeper")
    const { body } = await order(id, { customerId })
    const at = Date.parse(body.createdAt)
    const listed = async (from: number, to: number) => {
      const span = [from, to].map((ms) => encodeURIComponent(new Date(ms).toISOString().replace("Z", "+00:00")))
      const { body } = await shop.get(`/v1/orders?customerId=${customerId}&from=${span[0]}&to=${span[1]}`)
      return body.data.map((row: { id: string }) => row.id)
    }
    expect(await listed(at, at + 1)).toEqual([body.id])
    expect(await listed(at - 10, at)).toEqual([])
    expect(await listed(at + 1, at + 10)).toEqual([])
  })

  it("finds products by words of their names and SKUs", async () => {
    const name = fresh("달 항아리 Moon")
    const { id } = await product({ name })
    const { body } = await shop.get(`/v1/products?q=${encodeURIComponent(`${name.slice(-9)} 항아 moon`)}`)
    expect(body.data.map((row: { id: string }) => row.id)).toEqual([id])
    expect((await shop.get("/v1/products?q=nothing-like-it")).body).toMatchObject({ data: [], nextCursor: null })
  })

  it("pages through products and movements", async () => {
    const { id } = await product()
    await product()
    const first = (await shop.get("/v1/products?limit=1")).body
    const second = (await shop.get(`/v1/products?limit=1&cursor=${first.nextCursor}`)).body
    expect(second.data[0].id).toBe(id)
    await shop.post(`/v1/products/${id}/stock/receipts`, { quantity: 1 }, key())
    const newest = (await shop.get(`/v1/products/${id}/stock/movements?limit=1`)).body
    expect(newest.data[0].version).toBe(2)
    const oldest = (await shop.get(`/v1/products/${id}/stock/movements?limit=1&cursor=${newest.nextCursor}`)).body
    expect(oldest).toMatchObject({ data: [{ version: 1, type: "created" }], hasMore: false, nextCursor: null })
  })

  it("refuses a cursor of another list, and what is no cursor at all", async () => {
    const one = await product()
    const two = await product()
    await shop.post(`/v1/products/${one.id}/stock/receipts`, { quantity: 1 }, key())
    const { nextCursor } = (await shop.get("/v1/products?limit=1")).body
    const ledger = (await shop.get(`/v1/products/${one.id}/stock/movements?limit=1`)).body.nextCursor
    for (const path of [
      `/v1/orders?cursor=${nextCursor}`,
      `/v1/products?cursor=${ledger}`,
      `/v1/products/${two.id}/stock/movements?cursor=${ledger}`,
      `/v1/products?cursor=AAAA`,
      `/v1/products?cursor=${nextCursor.slice(0, -2)}`,
    ])
      expect((await shop.get(path)).body, path).toMatchObject({ code: "invalid-cursor", status: 400 })
  })
})

describe("idempotency", () => {
  it("replays the same request byte for byte, and says so", async () => {
    const { id } = await product()
    const headers = key()
    const first = await order(id, {}, headers)
    expect(first.headers.has("idempotent-replayed")).toBe(false)
    await shop.post(`/v1/orders/${first.body.id}/cancel`)
    const again = await order(id, {}, { ...headers, "x-request-id": "another" })
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers.get("idempotent-replayed")).toBe("true")
    expect(await stock(id)).toMatchObject({ onHand: 10 })
  })

  it("replays a decline as a decline", async () => {
    const { id } = await product()
    const headers = key()
    const first = await order(id, { payment: { token: "tok_decline" } }, headers)
    const again = await order(id, { payment: { token: "tok_decline" } }, headers)
    expect([again.status, again.body.orderId]).toEqual([402, first.body.orderId])
    expect(again.headers.get("idempotent-replayed")).toBe("true")
  })

  it("knows a body by what it says, not by the order it says it in", async () => {
    const { id } = await product()
    const headers = key()
    const text = (parts: Array<string>) => `{${parts.join(" , ")}}`
    const parts = [`"customerId": "ann"`, `"lines": [{"quantity": 1, "productId": "${id}"}]`]
    const first = await shop.post("/v1/orders", text(parts), headers)
    const again = await shop.post("/v1/orders", text(parts.reverse()), headers)
    expect([first.status, again.text]).toEqual([201, first.text])
  })

  it("refuses a key that was used with another body or another path", async () => {
    const { id } = await product()
    const other = await product()
    const headers = key()
    expect((await order(id, {}, headers)).status).toBe(201)
    expect((await order(other.id, {}, headers)).body).toMatchObject({ code: "idempotency-key-reused", status: 422 })
    const receipts = key()
    expect((await shop.post(`/v1/products/${id}/stock/receipts`, { quantity: 1 }, receipts)).status).toBe(200)
    expect((await shop.post(`/v1/products/${other.id}/stock/receipts`, { quantity: 1 }, receipts)).status).toBe(422)
  })

  it("binds no key by a refusal: the same request may be tried again", async () => {
    const { id } = await product({ onHand: 1 })
    const headers = key()
    expect((await order(id, {}, headers)).status).toBe(409)
    await shop.post(`/v1/products/${id}/stock/receipts`, { quantity: 1 }, key())
    expect((await order(id, {}, headers)).status).toBe(201)
  })

  it("answers 409 to a second request while the first with its key is in flight, and forgets it afterwards", async () => {
    const arrived = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const slow = await HttpServer.start({
      receiveStock: ({ productId }) =>
        Effect.promise(async () => {
          arrived.resolve()
          await release.promise
          return { value: { productId, stock: { onHand: 1, reserved: 0, version: 2 } }, replayed: false }
        }),
    })
    const path = `/v1/products/${crypto.randomUUID()}/stock/receipts`
    const headers = key()
    const first = slow.post(path, { quantity: 1 }, headers)
    await arrived.promise
    const second = await slow.post(path, { quantity: 1 }, headers)
    expect(second.body).toMatchObject({ code: "idempotency-in-progress", status: 409 })
    expect(second.headers.get("retry-after")).toBe("1")
    release.resolve()
    expect((await first).status).toBe(200)
    expect((await slow.post(path, { quantity: 1 }, headers)).status).toBe(200)
    await slow.stop()
  })
})
