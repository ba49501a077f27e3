/** Overload over real HTTP: what is refused while commands stand in a mailbox, and what never is. */
import { Deferred, Effect, Layer } from "effect"
import { afterEach, expect, it } from "vitest"
import { Congestion } from "../../../src/app/overload/congestion.ts"
import { CROWD } from "../../../src/app/overload/shedding.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import * as HttpServer from "../../support/http-server.ts"
import { until } from "../../support/service.ts"

const PRODUCT = "018f0000-0000-7000-8000-000000000001"
const BODY = { customerId: "kim", lines: [{ productId: PRODUCT, quantity: 1 }] }

let shop: HttpServer.Running
let ended: Deferred.Deferred<void>
const congestion: Congestion = {
  until: new Float64Array(1),
  beyond: new Float64Array(1),
  commitMs: new Float64Array(1),
}
afterEach(async () => {
  Deferred.doneUnsafe(ended, Effect.void)
  await shop.stop()
})

/** As many orders as are always allowed are under way, and commands stand. */
const crowded = async (mode: "on" | "observe") => {
  ended = Deferred.makeUnsafe()
  congestion.until[0] = Number.POSITIVE_INFINITY
  let begun = 0
  const placeOrder = () => {
    begun++
    return Effect.andThen(Deferred.await(ended), Effect.fail(unavailable("database")))
  }
  const options = { overload: { mode, targetMs: 50 } }
  shop = await HttpServer.start({ placeOrder }, null, options, Layer.succeed(Congestion, congestion))
  await until("it is overloaded", () => shop.heard.some((each) => each._tag === "OverloadChanged"))
  for (let order = 0; order < CROWD; order++)
    void shop.post("/v1/orders", BODY, { "idempotency-key": `k${order}` }).catch(() => undefined)
  await until("all are under way", () => begun === CROWD)
}

it("refuses orders, reads and lists, and answers payments, operators and probes", async () => {
  await crowded("on")
  const order = await shop.post("/v1/orders", BODY, { "idempotency-key": "late" })
  expect([order.status, order.body.code, order.headers.get("retry-after")]).toEqual([503, "overloaded", "1"])
  expect(order.headers.get("connection")).toBe("keep-alive")
  for (const path of [
    "/v1/products",
    "/v1/orders",
    `/v1/products/${PRODUCT}/stock/movements`,
    `/v1/products/${PRODUCT}/stock`,
    `/v1/orders/${PRODUCT}`,
  ])
    expect((await shop.get(path)).body.code, path).toBe("overloaded")
  expect((await shop.post(`/v1/orders/${PRODUCT}/pay`, {})).body.code).toBe("order-not-found")
  expect((await shop.post(`/v1/orders/${PRODUCT}/cancel`)).body.code).toBe("order-not-found")
  for (const path of ["/v1/admin/dependencies", "/livez", "/readyz", "/metrics"])
    expect((await shop.get(path)).status, path).toBe(200)
  expect(shop.heard).toContainEqual({ _tag: "RequestShed", class: "place", observed: false })
  expect(shop.heard.filter((each) => each._tag === "RequestShed" && each.class === "list")).toHaveLength(3)
  congestion.until[0] = 0
  await until("more is let in", async () => (await shop.get("/v1/products")).status === 200)
  await until("it is calm", () => shop.heard.some((each) => each._tag === "OverloadChanged" && each.to === "calm"))
})

it("that is only observed is counted, and nothing is refused", async () => {
  await crowded("observe")
  expect((await shop.get("/v1/products")).status).toBe(200)
  expect(shop.heard).toContainEqual({ _tag: "RequestShed", class: "list", observed: true })
})
