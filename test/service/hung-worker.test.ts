/** A worker thread that hangs: it lives, and does nothing any more. */
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const WORKERS = 2

it("is noticed and replaced; its callers hear 503, readiness says so meanwhile, and the other worker sells on", async () => {
  const database = await freshDatabase()
  const reaper = ["--import", join(ROOT, "test/support/thread-reaper.ts")]
  const service = await start({ DATABASE_URL: database, WORKERS: String(WORKERS), JAEGO_REAPER_DEED: "hang" }, reaper)
  const both = await Trade.createApart(service, WORKERS, { onHand: 5 }, { onHand: 5 })
  const isOldest = (id: string) => Lane.of(ProductId.make(id)) % WORKERS === 0
  const hung = both.find(isOldest)!
  const other = both.find((id) => !isOldest(id))!
  const buy = (product: string, key: string) =>
    Trade.order(service, { lines: [{ productId: product, quantity: 1 }] }, key)
  const readiness = async () => {
    const { body, status } = await service.get("/readyz")
    return status === 200 ? "ready" : body.code
  }

  service.process.signalAlone("SIGUSR2")
  const key = Trade.newKey()
  await until("it hangs", () => service.process.stdout.includes("a thread hangs"))
  const unanswered = [buy(hung, Trade.newKey()), buy(hung, key)]
  expect((await buy(other, Trade.newKey())).status).toBe(201)
  await until("readiness says so", async () => (await readiness()) === "worker-lost")
  expect((await buy(other, Trade.newKey())).status).toBe(201)
  for (const { body, status } of await Promise.all(unanswered))
    expect([status, body.code]).toEqual([503, "worker-lost"])
  await until("it is replaced", async () => (await readiness()) === "ready")
  expect((await buy(hung, key)).status).toBe(201)
  expect(await service.metric("jaego_worker_deaths_total")).toBe(1)
  expect(service.process.stdout + service.process.stderr).toMatch(
    /worker 0 died and is replaced[\s\S]*reported nothing/,
  )
  expect(await service.stop()).toEqual({ code: 0, signal: null })
  await Trade.verify(database)
})
