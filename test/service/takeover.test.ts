/** Who owns the lanes when a process, or one of its threads, dies: one process, soon, and never two. */
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const isReady = (service: Service) => async () => (await service.get("/readyz")).status === 200

describe.each([1, 3])("two processes on one database, with %i worker(s)", (workers) => {
  let database: string
  let env: Record<string, string>
  beforeEach(async () => {
    database = await freshDatabase()
    env = { DATABASE_URL: database, WORKERS: String(workers), PAYMENT_DEADLINE_MS: "30000" }
  })

  it.each(["killed", "stopped"])(
    "the second stands by, and takes over when the first is %s under load",
    async (how) => {
      const first = await start(env)
      const product = await Trade.create(first, 100_000)
      const second = await start(env)
      const waiting = await second.get("/readyz")
      expect([waiting.status, waiting.body.code]).toEqual([503, "standby"])
      expect((await second.get("/livez")).status).toBe(200)
      const turnedAway = await Trade.buy(second, product)
      expect([turnedAway.status, turnedAway.body.code]).toEqual([503, "standby"])
      expect(Number(turnedAway.headers.get("retry-after"))).toBeGreaterThan(0)
      expect((await isReady(first)()) && !(await isReady(second)())).toBe(true)

      const crowd = Trade.crowd(first, [product])
      await until("many orders are placed", () => crowd.acknowledged.size >= 100)
      await (how === "killed" ? first.kill() : first.stop())
      await until("the second has taken over", isReady(second))
      await crowd.leave()
      await Trade.expectAllThere(second, crowd)
      expect((await Trade.buy(second, product)).status).toBe(201)
      const sold = (await Trade.ordersOf(second, product)).length
      expect(sold).toBeGreaterThan(crowd.acknowledged.size)
      await until("what the first had begun is paid", async () => (await Trade.stock(second, product)).reserved === 0)
      expect(await Trade.stock(second, product)).toMatchObject({ onHand: 100_000 - sold })
      expect(await second.stop()).toEqual({ code: 0, signal: null })
      await Trade.verify(database)
    },
  )
})

describe.each([1, 3])("a worker thread that dies under load, of %i", (workers) => {
  it("is replaced; its callers hear 503, may ask again with the same key, and nothing acknowledged is lost", async () => {
    const database = await freshDatabase()
    const service = await start({ DATABASE_URL: database, WORKERS: String(workers), PAYMENT_DEADLINE_MS: "30000" }, [
      "--import",
      join(ROOT, "test/support/thread-reaper.ts"),
    ])
    const shelves = await Trade.times(6, () => Trade.create(service, 10_000))
    const turnedAway: Array<string> = []
    const placed: Array<string> = []
    let open = true
    /** Asks again with the same key until there is an answer that is final. */
    const insist = async (productId: string) => {
      const key = Trade.newKey()
      for (;;) {
        const { status, body, text } = await Trade.order(service, { lines: [{ productId, quantity: 1 }] }, key)
        if (status < 300) return placed.push(body.id)
        expect(status, text).toBe(503)
        turnedAway.push(body.code)
      }
    }
    const buyers = Trade.times(48, async (index) => {
      for (let turn = index; open; turn++) await insist(shelves[turn % shelves.length]!)
    })
    const deaths = 2
    for (let death = 1; death <= deaths; death++) {
      const before = placed.length
      await until("business goes on", () => placed.length >= before + 100)
      service.process.signalAlone("SIGUSR2")
      await until("it is counted", async () => (await service.metric("jaego_worker_deaths_total")) === death)
    }
    const before = placed.length
    await until("business goes on", () => placed.length >= before + 100)
    open = false
    await buyers

    expect(turnedAway.length).toBeGreaterThan(0)
    expect(new Set(turnedAway)).toEqual(new Set(["worker-lost"]))
    expect(new Set(placed).size).toBe(placed.length)
    // The others sell on while the last one is being replaced.
    await until(
      "each is replaced",
      async () => (await service.metric("jaego_worker_starts_total")) === workers + deaths,
    )
    expect(await service.metric("jaego_unavailable_total", 'reason="worker-lost"')).toBe(turnedAway.length)
    expect(service.process.stdout + service.process.stderr).toMatch(/worker \d died and is replaced/)
    const left = async () => {
      const stocks = await Promise.all(shelves.map((product) => Trade.stock(service, product)))
      return stocks.reduce(
        (sum, { onHand, reserved }) => ({ onHand: sum.onHand + onHand, reserved: sum.reserved + reserved }),
        {
          onHand: 0,
          reserved: 0,
        },
      )
    }
    await until("everything is paid", async () => (await left()).reserved === 0)
    // One key, one order: exactly one unit left for each key that was answered.
    expect((await left()).onHand).toBe(60_000 - placed.length)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })
})
