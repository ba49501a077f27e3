/** HTTP on two threads that share a port, under load: a thread that dies takes its connections along, and the drain. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import { answered, call, MANY, placeApart } from "../support/lines.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

describe("two HTTP threads", () => {
  let database: string
  let folder: string
  let aim: string
  let service: Service
  beforeEach(async () => {
    database = await freshDatabase()
    folder = mkdtempSync(join(tmpdir(), "jaego-reaper-"))
    aim = join(folder, "aim")
    writeFileSync(aim, "http-0")
    const env = { DATABASE_URL: database, HTTP_THREADS: "2", WORKERS: "1", PAYMENT_DEADLINE_MS: "30000" }
    const reaper = join(ROOT, "test/support/thread-reaper.ts")
    service = await start({ ...env, JAEGO_REAPER_AIM: aim }, ["--import", reaper])
  })
  afterEach(async () => {
    await killAll()
    rmSync(folder, { recursive: true, force: true })
  })

  it("are replaced when they die under load: only their own connections are lost, and nothing that was acknowledged", async () => {
    const products = await Trade.times(3, () => Trade.create(service, 100_000))
    const lines = await answered(service)
    const crowd = Trade.crowd(service, products)
    const open = () => lines.filter(({ isOpen }) => isOpen()).length
    for (const [death, victim] of [
      [1, "http-0"],
      [2, "http-1"],
    ] as const) {
      writeFileSync(aim, victim)
      const [before, sold] = [open(), crowd.acknowledged.size]
      await until("business goes on", () => crowd.acknowledged.size >= sold + 50)
      service.process.signalAlone("SIGUSR2")
      await until("it is counted", async () => (await service.metric("jaego_http_thread_deaths_total")) === death)
      await until("its connections are lost", () => open() < before)
      if (death === 1) expect(open(), "the other thread keeps its own").toBeGreaterThan(0)
      // Lost connections are not made again by the crowd: new callers come.
      await until("new callers are served", async () => (await answered(service)).length === MANY)
      expect((await Trade.buy(service, products[0]!)).status).toBe(201)
    }
    expect(open()).toBe(0)
    await crowd.leave()
    expect([...crowd.refused.keys()]).toEqual([])
    await Trade.expectAllThere(service, crowd)
    expect(service.process.stdout + service.process.stderr).toContain("HTTP thread 0 died and is replaced")
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })

  it("drain: what is begun is answered, and connections on which nothing is asked are closed", async () => {
    const product = await Trade.create(service, 100_000)
    const idle = await answered(service)
    const crowd = Trade.crowd(service, [product])
    await until("orders are placed", () => crowd.acknowledged.size >= 50)
    const lines = [{ productId: product, quantity: 1 }]
    const slow = { customerId: "slow", lines, payment: { token: "tok_delay_60000" } }
    const begun = Trade.times(MANY, () => placeApart(service, Trade.newKey(), slow))
    const half = await Trade.times(MANY, () => call(service, "GET /readyz HTTP/1.1\r\nhost: localhost\r\n"))
    const slowOnes = async () => (await service.get("/v1/orders?customerId=slow&limit=100")).body.data.length
    await until("all have begun", async () => (await slowOnes()) === MANY)
    service.process.signal("SIGTERM")
    await until("idle and half-sent ones are closed", () => [...idle, ...half].every(({ isOpen }) => !isOpen()))
    for (const { status } of await begun) expect(status).toBe(202)
    expect(await service.process.ended).toEqual({ code: 0, signal: null })
    await crowd.leave()
    for (const { heard } of half) expect(heard()).toBe("")
    for (const kind of crowd.refused.keys()) expect(kind).toMatch(/^503 /)
    await Trade.verify(database)
    const next = await start({ DATABASE_URL: database, HTTP_THREADS: "2", WORKERS: "1" })
    await Trade.expectAllThere(next, crowd)
    // Nothing waits for the killed thread.
    await next.kill()
    await Trade.verify(database)
  })
})
