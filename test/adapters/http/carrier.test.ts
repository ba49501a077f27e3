/** What the carrier calls back with: heard when its signature is true and fresh, refused in clear words when it is not. */
import { createHmac } from "node:crypto"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { OrderId } from "../../../src/domain/ids.ts"
import type { Callback } from "../../../src/ports/carrier.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Refused } from "../../../src/ports/inventory.ts"
import * as HttpServer from "../../support/http-server.ts"

const ORDER = "019aa000-0000-7000-8000-000000000000"
const PATH = "/v1/carrier/callbacks"

const received: Array<Callback> = []
let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start({
    hearCarrier: (callback) => {
      if (callback.trackingId === "nowhere")
        return Effect.fail(new Refused({ _tag: "ShipmentNotFound", orderId: callback.key }))
      if (callback.trackingId === "another's")
        return Effect.fail(new Refused({ _tag: "CallbackMismatch", orderId: callback.key }))
      if (callback.trackingId === "later") return Effect.fail(unavailable("standby"))
      const heard = received.some(({ id }) => id === callback.id) ? "known" : "news"
      received.push(callback)
      return Effect.succeed(heard)
    },
  })
})
afterAll(() => shop.stop())

const now = () => Math.floor(Date.now() / 1_000)

const signed = (text: string, time = now(), secret = HttpServer.CARRIER_SECRET) => ({
  "content-type": "application/json",
  "carrier-signature": `t=${time},v1=${createHmac("sha256", secret).update(`${time}.${text}`).digest("hex")}`,
})

const callback = (more: object = {}) => ({
  id: "C-1",
  type: "collected",
  orderId: ORDER,
  trackingId: "T1",
  at: "2026-06-01T12:00:00.000Z",
  ...more,
})

const call = (body: object, headers = signed(JSON.stringify(body))) => shop.post(PATH, JSON.stringify(body), headers)

const expectProblem = (answer: HttpServer.Answer, status: number, code: string) => {
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
}

describe("a callback", () => {
  it("is heard, and known when it comes again", async () => {
    expect((await call(callback())).body).toEqual({ heard: "news" })
    expect((await call(callback())).body).toEqual({ heard: "known" })
    const at = Date.parse("2026-06-01T12:00:00.000Z")
    expect(received[0]).toEqual({ id: "C-1", what: "collected", key: ORDER as OrderId, trackingId: "T1", at })
  })

  it("is signed as it is written, byte for byte, whatever its spaces", async () => {
    const text = `{ "id": "C-2",\n "type": "delivered", "orderId": "${ORDER}", "trackingId": "T1", "at": "2026-06-01T12:00:00Z" }`
    expect((await shop.post(PATH, text, signed(text))).body).toEqual({ heard: "news" })
    expectProblem(await shop.post(PATH, text, signed(text.replaceAll(" ", ""))), 401, "invalid-signature")
  })

  it("is refused without a signature, or with another's", async () => {
    const text = JSON.stringify(callback({ id: "C-3" }))
    const type = { "content-type": "application/json" }
    const bare = await shop.post(PATH, text, type)
    expectProblem(bare, 401, "invalid-signature")
    expect(bare.headers.get("www-authenticate")).toBe("Carrier-Signature")
    for (const signature of ["", "t=1", `t=${now()},v1=00`, `t=x,v1=${"0".repeat(64)}`])
      expectProblem(await shop.post(PATH, text, { ...type, "carrier-signature": signature }), 401, "invalid-signature")
    expectProblem(await shop.post(PATH, text, signed(text, now(), "another secret")), 401, "invalid-signature")
    expect(received.some(({ id }) => id === "C-3")).toBe(false)
  })

  // Ahead with a minute to spare: time goes on until it is read.
  it.each([-301, 360])("is refused when it was signed %i seconds from now", async (seconds) => {
    const text = JSON.stringify(callback())
    const answer = await shop.post(PATH, text, signed(text, now() + seconds))
    expectProblem(answer, 401, "invalid-signature")
    expect(answer.body.detail).toContain("sign it anew")
  })

  it.each([
    ["a word that is not known", { type: "lost" }, "#/type"],
    ["a time that is none", { at: "yesterday" }, "#/at"],
    ["a day that its month does not have", { at: "2026-02-30T12:00:00Z" }, "#/at"],
    ["a time before 1970", { at: "1969-12-31T23:59:59Z" }, "#/at"],
    ["the year 1", { at: "0001-01-01T00:00:00Z" }, "#/at"],
    ["the year 10000", { at: "+010000-01-01T00:00:00Z" }, "#/at"],
    ["a tracking id with a NUL", { trackingId: "A\0B" }, "#/trackingId"],
    ["half a surrogate pair in its id", { id: "\ud83d" }, "#/id"],
    ["an order that is none", { orderId: "x" }, "#/orderId"],
    ["more than we know", { colour: "red" }, "#/colour"],
  ])("is not valid with %s", async (_, more, pointer) => {
    const answer = await call(callback(more))
    expectProblem(answer, 400, "invalid-request")
    expect(answer.body.errors[0].pointer).toBe(pointer)
  })

  it("may write its time in every form of RFC 3339", async () => {
    const forms = ["2026-06-01t12:00:00z", "2026-06-01T14:00:00.000000+02:00", "2026-06-01T12:00:00-00:00"]
    for (const [index, at] of forms.entries())
      expect((await call(callback({ id: `C-form-${index}`, at }))).body).toEqual({ heard: "news" })
    expect(received.slice(-3).map(({ at }) => at)).toEqual(forms.map(() => Date.UTC(2026, 5, 1, 12)))
  })

  it("is refused for good when it belongs to another order", async () => {
    const answer = await call(callback({ trackingId: "another's" }))
    expectProblem(answer, 409, "callback-mismatch")
    expect(answer.body.orderId).toBe(ORDER)
  })

  it("is refused for good when nothing was to be shipped, and put off when it cannot be kept now", async () => {
    expectProblem(await call(callback({ trackingId: "nowhere" })), 404, "shipment-not-found")
    const later = await call(callback({ trackingId: "later" }))
    expectProblem(later, 503, "standby")
    expect(later.headers.get("retry-after")).toBe("1")
  })

  it("is not heard by a service that knows no secret", async () => {
    const deaf = await HttpServer.start({}, null)
    const text = JSON.stringify(callback())
    const answer = await deaf.post(PATH, text, signed(text))
    expectProblem(answer, 404, "callbacks-not-configured")
    expect(answer.body.detail).toContain("CARRIER_WEBHOOK_SECRET")
    await deaf.stop()
  })
})

describe("the timeline of an order", () => {
  it("shows what happened, oldest first", async () => {
    const { body } = await shop.post("/v1/products", {
      sku: "s",
      name: "n",
      price: { amount: 1, currency: "EUR" },
      onHand: 5,
    })
    const order = { customerId: "ann", lines: [{ productId: body.id, quantity: 1 }] }
    const placed = await shop.post("/v1/orders", order, { "idempotency-key": "one" })
    const timeline = await shop.get(`/v1/orders/${placed.body.id}/timeline`)
    expect(timeline.status).toBe(200)
    expect(timeline.body.data.map((entry: { type: string }) => entry.type)).toEqual([
      "jaego.order.placed.v1",
      "jaego.order.paid.v1",
      "jaego.shipment.registered",
    ])
    const [first, , last] = timeline.body.data
    expect(first).toEqual({ id: placed.body.id, type: first.type, version: 1, at: placed.body.createdAt })
    expect(last).toEqual({
      id: expect.any(String),
      type: last.type,
      at: expect.any(String),
      detail: { trackingId: "T1" },
    })
  })

  it("is that of an order", async () => {
    expectProblem(await shop.get(`/v1/orders/${ORDER}/timeline`), 404, "order-not-found")
    expectProblem(await shop.get("/v1/orders/x/timeline"), 400, "invalid-request")
    expectProblem(await shop.post(`/v1/orders/${ORDER}/timeline`), 405, "method-not-allowed")
  })
})
