/** Draining, dying and coming back under load: what was acknowledged stays. On one worker, and on three. */
import { spawnSync } from "node:child_process"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import { freshHome, killAll, npmStart, run, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

/** Enough that some are always on their way. */
const ENOUGH = 150

const busy = (crowd: Trade.Crowd) => until("many orders are placed", () => crowd.acknowledged.size >= ENOUGH)

const products = (service: Service) => Trade.times(5, () => Trade.create(service, 100_000))

describe.each([1, 3])("a service with its own database, with %i worker(s)", (workers) => {
  let home: ReturnType<typeof freshHome>
  let env: Record<string, string>
  beforeEach(() => {
    home = freshHome()
    env = { JAEGO_HOME: home.home, WORKERS: String(workers) }
  })
  afterEach(async () => {
    await killAll()
    home.remove()
  })

  const expectWhole = async () => {
    const { code, stdout, stderr } = await run(["verify"], env)
    expect(code, stdout + stderr).toBe(0)
  }

  it("drains at SIGTERM to the whole group, delivered twice, and keeps every order it acknowledged", async () => {
    const service = await start(env)
    const crowd = Trade.crowd(service, await products(service))
    await busy(crowd)
    service.process.signal("SIGTERM")
    service.process.signal("SIGTERM")
    expect(await service.process.ended).toEqual({ code: 0, signal: null })
    await crowd.leave()
    // An answer given while it drained is the truth: an order, or not now.
    for (const kind of crowd.refused.keys()) expect(kind).toMatch(/^503 /)
    await expectWhole()
    const again = await start(env)
    await Trade.expectAllThere(again, crowd)
    expect(await again.stop()).toEqual({ code: 0, signal: null })
  })

  it("keeps every acknowledged order when all of it is killed under load, and started again at once", async () => {
    const service = await start(env)
    const crowd = Trade.crowd(service, await products(service))
    await busy(crowd)
    process.kill(Postmaster.read(home.home)!.pid, "SIGKILL")
    await service.kill()
    const again = await start(env)
    await crowd.leave()
    await Trade.expectAllThere(again, crowd)
    expect(await again.stop()).toEqual({ code: 0, signal: null })
    await expectWhole()
  })

  it("keeps every acknowledged order when only the service is killed, and started again at once", async () => {
    const service = await start(env)
    const crowd = Trade.crowd(service, await products(service))
    await busy(crowd)
    await service.kill()
    const again = await start(env)
    await crowd.leave()
    await Trade.expectAllThere(again, crowd)
    expect(await again.stop()).toEqual({ code: 0, signal: null })
    await expectWhole()
  })
})

describe("npm start", () => {
  it.skipIf(spawnSync("npm", ["--version"]).status !== 0)(
    "ends with 0 when the whole group hears SIGINT twice under load, and loses no acknowledged order",
    async () => {
      const { home, remove } = freshHome()
      const service = await npmStart({ JAEGO_HOME: home })
      const crowd = Trade.crowd(service, await products(service))
      await busy(crowd)
      service.process.signal("SIGINT")
      service.process.signal("SIGINT")
      expect(await service.process.ended).toEqual({ code: 0, signal: null })
      await crowd.leave()
      const again = await start({ JAEGO_HOME: home })
      await Trade.expectAllThere(again, crowd)
      await again.stop()
      remove()
    },
  )
})
