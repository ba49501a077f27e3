/** Starting, draining, dying and coming back: what was acknowledged stays. On one worker, and on three. */
import { spawnSync } from "node:child_process"
import type { AddressInfo } from "node:net"
import { createServer, type Server } from "node:net"
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

  it("gets ready by itself, with something to sell and a curl to buy it", async () => {
    const service = await start(env)
    expect((await service.get("/readyz")).status).toBe(200)
    expect((await service.get("/v1/products")).body.data.length).toBeGreaterThan(5)
    const curl = await until("the curl is printed", () => /curl -s[\s\S]*?\}'\n/.exec(service.process.stdout)?.[0])
    const bought = spawnSync("sh", ["-c", curl], { encoding: "utf8" })
    expect(JSON.parse(bought.stdout), bought.stderr).toMatchObject({ status: "paid", customerId: "me" })
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.process.stderr).toBe("")
  })

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
    const began = performance.now()
    const again = await start(env)
    expect(performance.now() - began).toBeLessThan(20_000)
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

describe("what cannot work", () => {
  let taken: Server
  let port: number
  beforeEach(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
    port = (taken.address() as AddressInfo).port
  })
  afterEach(() => new Promise((resolve) => taken.close(resolve)))

  const refused = async (env: Record<string, string>) => {
    const { home, remove } = freshHome()
    const { code, stderr, stdout } = await run(["serve"], { JAEGO_HOME: home, PORT: "0", ...env })
    remove()
    expect(code).toBe(1)
    expect(stderr.trimEnd().split("\n"), "one line").toHaveLength(1)
    expect(stdout).toBe("")
    return stderr
  }

  it("is said in one line: a taken port", async () => {
    expect(await refused({ PORT: String(port) })).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*PORT`))
  })

  it.each([
    ["no server listens", "postgres://jaego:jaego@127.0.0.1:1/jaego"],
    ["not a URL of Postgres", "mysql://127.0.0.1/jaego"],
    ["not a URL", "postgres//jaego"],
    ["no such host", "postgres://jaego:jaego@nowhere.invalid/jaego"],
  ])("is said in one line: a DATABASE_URL that is wrong, %s", async (_, url) => {
    expect(await refused({ DATABASE_URL: url })).toMatch(/^jaego: .{10,}/)
  })

  /** What is wrong with each knob is shown without a process in `config/config.test.ts`. */
  it("is said in one line: a wrong knob", async () => {
    expect(await refused({ WORKERS: "many" })).toBe('jaego: WORKERS must be a whole number from 1 to 64, not "many"\n')
  })

  it("is said in one line: a second service on the same home", async () => {
    const { home, remove } = freshHome()
    const service = await start({ JAEGO_HOME: home })
    const second = await run(["serve"], { JAEGO_HOME: home, PORT: "0" })
    expect([second.code, second.stderr.trimEnd().split("\n").length]).toEqual([1, 1])
    expect(second.stderr).toContain("already running")
    expect((await service.get("/readyz")).status).toBe(200)
    await service.stop()
    remove()
  })
})
