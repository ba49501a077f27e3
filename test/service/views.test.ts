/** Views of a real service: a proper end loses none, a kill at most those of the last second, and none is counted twice. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const viewsOf = async (service: Service, product: string): Promise<number> =>
  (await service.get(`/v1/products/${product}/views`)).body.views

const look = (service: Service, product: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => service.post(`/v1/products/${product}/views`)))

it("keeps all that was written before a kill, and all before an end", async () => {
  const env = { DATABASE_URL: await freshDatabase(), WORKERS: "1", HTTP_THREADS: "2" }
  const first = await start(env)
  const product = await Trade.create(first, 1)
  expect((await look(first, product, 50)).map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 202))
  expect(await viewsOf(first, product)).toBe(50)
  await until(
    "they are written",
    async () => (await first.metric("jaego_product_views_total", 'outcome="written"')) === 50,
  )
  await look(first, product, 20)
  await first.kill()

  const second = await start(env)
  const left = await viewsOf(second, product)
  expect(left).toBeGreaterThanOrEqual(50)
  expect(left).toBeLessThanOrEqual(70)
  await look(second, product, 30)
  expect((await second.stop()).code).toBe(0)

  const third = await start(env)
  expect(await viewsOf(third, product)).toBe(left + 30)
  const unknown = await third.post("/v1/products/019aa000-0000-7000-8000-000000000001/views")
  expect([unknown.status, unknown.body.code]).toEqual([404, "product-not-found"])
  expect((await third.stop()).code).toBe(0)
})
