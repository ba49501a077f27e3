/** The real service before a real Redis: products are shown from what the processes share, and Redis may die of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { killAll, start, until } from "../support/service.ts"

afterAll(killAll)

describe.skipIf(isMissing)("a service with Redis", () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await RedisServer.start()
  })
  afterAll(() => redis?.stop())

  it("shows products from the cache, and goes on when Redis is dead", async () => {
    const env = {
      DATABASE_URL: await freshDatabase(),
      REDIS_URL: redis.url,
      REDIS_PREFIX: "shop-1:",
      REDIS_TIMEOUT_MS: "2000",
    }
    const service = await start(env)
    const client = redis.client()
    // Its commands and its subscription: what is read before they stand stays in the process.
    await until("it is connected", async () => String(await client.client("LIST")).split("resp=").length > 3)
    const made = await service.post(
      "/v1/products",
      { sku: "CACHED", name: "Cached", price: { amount: 100, currency: "EUR" }, onHand: 1 },
      { "idempotency-key": "cached" },
    )
    const path = `/v1/products/${made.body.id}`
    const first = await service.get(path)
    await until("it is shown from the process's own cache", async () => {
      expect((await service.get(path)).body).toEqual(first.body)
      return (await service.metric("jaego_cache_reads_total", 'from="local"')) > 0
    })
    await until("Redis has it", async () => (await client.exists(`shop-1:product-2:${made.body.id}`)) === 1)
    client.disconnect()
    await redis.stop()
    for (let read = 0; read < 20; read++) expect((await service.get(path)).body).toEqual(first.body)
    expect((await service.stop()).code).toBe(0)
  })
})
