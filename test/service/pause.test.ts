/** A sale that an operator pauses: in every process and HTTP thread, across a restart, and nothing but placing stops. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

let database: string
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(killAll)

const order = (service: Service, productId: string) =>
  service.post(
    "/v1/orders",
    { customerId: "kim", lines: [{ productId, quantity: 1 }], payment: "later" },
    { "idempotency-key": Trade.newKey() },
  )

it("refuses orders and nothing else, until it is resumed, also after a restart", async () => {
  const env = { DATABASE_URL: database, WORKERS: "1" }
  const first = await start({ ...env, HTTP_THREADS: "2" })
  const [bread, salt] = await Trade.times(2, () => Trade.create(first, 10))
  const placed = await order(first, bread!)
  const paused = await first.post("/v1/admin/pause", { scope: "product", productId: bread, reason: "recall" })
  expect([paused.status, paused.body.data]).toMatchObject([200, [{ scope: "product", productId: bread, until: null }]])
  const refused = await order(first, bread!)
  expect([refused.status, refused.body.code]).toEqual([503, "paused"])
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
  expect((await order(first, salt!)).status).toBe(202)
  expect((await first.get(`/v1/orders/${placed.body.id}`)).status).toBe(200)
  expect((await first.post(`/v1/orders/${placed.body.id}/cancel`, {}, { "idempotency-key": "c" })).status).toBe(200)
  await first.post("/v1/admin/pause", { scope: "all", reason: "stocktaking", until: "2099-01-01T00:00:00Z" })
  expect((await order(first, salt!)).headers.get("retry-after")).toBe("300")
  expect(await first.stop()).toMatchObject({ code: 0 })

  const second = await start(env)
  expect((await order(second, salt!)).body.code).toBe("paused")
  const resumed = await second.post("/v1/admin/resume", { scope: "all" })
  expect(resumed.body.data).toMatchObject([{ productId: bread }])
  expect((await order(second, salt!)).status).toBe(202)
  expect((await order(second, bread!)).body.code).toBe("paused")
  await second.post("/v1/admin/resume", { scope: "product", productId: bread })
  expect((await order(second, bread!)).status).toBe(202)
})

it("ends by itself when its time comes, and says what it does not understand", async () => {
  const service = await start({ STORE: "memory" })
  const product = await Trade.create(service, 10)
  // Long enough that it is met before it ends: on a busy machine the first moments may be too short.
  for (let moment = 300; ; moment *= 2) {
    const soon = new Date(Date.now() + moment).toISOString()
    await service.post("/v1/admin/pause", { scope: "all", reason: "a moment", until: soon })
    if ((await order(service, product)).body.code === "paused") break
    expect(moment).toBeLessThan(20_000)
  }
  await until("it has ended", async () => (await order(service, product)).status === 202)
  for (const wrong of [
    { scope: "product", reason: "x" },
    { scope: "all", productId: product, reason: "x" },
    { scope: "all" },
  ])
    expect((await service.post("/v1/admin/pause", wrong)).status).toBe(400)
})
