/** HTTP on two threads that share a port: one shop answers on both. A thread that dies takes its connections along. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Config from "../../src/config/config.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, run, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

/** So many connections that both threads have some of them, but for one chance in a million. */
const MANY = 21

interface Line {
  readonly socket: Socket
  readonly heard: () => string
  readonly isOpen: () => boolean
}

/** A connection that says so much and then nothing. */
const call = async (service: Service, text: string): Promise<Line> => {
  let heard = ""
  let open = true
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1")
  socket.setEncoding("utf8").on("data", (chunk) => {
    heard += chunk
  })
  socket.on("error", () => undefined)
  socket.on("close", () => {
    open = false
  })
  socket.write(text)
  return { socket, heard: () => heard, isOpen: () => open }
}

const ALIVE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"

/** Connections that have been answered, and are kept open. */
const answered = async (service: Service): Promise<ReadonlyArray<Line>> => {
  const lines = await Trade.times(MANY, () => call(service, ALIVE))
  await until("all are answered", () => lines.every(({ heard }) => heard().includes('{"status":"alive"}')))
  return lines
}

/** Places an order on a connection of its own. */
const placeApart = (service: Service, key: string, body: unknown) =>
  new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "idempotency-key": key }
    const asking = request(`${service.url}/v1/orders`, { method: "POST", agent: false, headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asking.on("error", reject)
    asking.end(JSON.stringify(body))
  })

it("count a customer's orders together", async () => {
  const limits = { RATE_LIMIT_CUSTOMER: "1/s:30", RATE_LIMIT_CLIENT: "off" }
  const service = await start({ STORE: "memory", HTTP_THREADS: "2", ...limits })
  const product = await Trade.create(service, 100)
  const body = { customerId: "kim", lines: [{ productId: product, quantity: 1 }], payment: "later" }
  const began = performance.now()
  const answers = await Trade.times(60, () => placeApart(service, Trade.newKey(), body))
  const taken = answers.filter(({ status }) => status === 202).length
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(60 - taken)
  expect(taken).toBeGreaterThanOrEqual(30)
  // One a second comes back; two threads apart would have taken all sixty.
  expect(taken).toBeLessThanOrEqual(30 + Math.ceil((performance.now() - began) / 1_000) + 1)
  expect(await service.metric('jaego_rate_limited_total{by="customer"}')).toBe(60 - taken)
})

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

  it("know of each other's keys: of requests that race with one key, all but the first are told that it is too early", async () => {
    const product = await Trade.create(service, 10)
    const key = Trade.newKey()
    const wish = (quantity: number) => ({
      customerId: "kim",
      lines: [{ productId: product, quantity }],
      payment: { token: "tok_delay_2500" },
    })
    const first = placeApart(service, key, wish(2))
    await until("the first is under way", async () => (await Trade.stock(service, product)).reserved === 2)
    const early = await Trade.times(MANY, () => placeApart(service, key, wish(2)))
    const other = await Trade.times(MANY, () => placeApart(service, key, wish(3)))
    for (const { status, text } of [...early, ...other])
      expect([status, JSON.parse(text).code]).toEqual([409, "idempotency-in-progress"])
    const { status, text } = await first
    expect(status, text).toBe(201)
    for (let turn = 0; turn < MANY; turn++) expect(await placeApart(service, key, wish(2))).toEqual({ status, text })
    expect(await Trade.stock(service, product)).toEqual({ onHand: 8, reserved: 0, available: 8 })
    expect(await service.metric("jaego_replayed_total")).toBe(MANY)
  })

  it("tell how the relay and the consumers are, who live in another thread", async () => {
    const parts = await until("all have been heard of", async () => {
      const { body } = await service.get("/readyz?verbose")
      return body.parts.length === 5 && body.parts
    })
    const said = parts.map(({ name, state }: { readonly name: string; readonly state: string }) => [name, state])
    expect(said.sort()).toEqual([
      ["consumer shipping", "ok"],
      ["consumer timeline", "ok"],
      ["dependency carrier", "ok"],
      ["dependency payment", "ok"],
      ["relay", "ok"],
    ])
  })

  it("show and order the circuit breakers, which are the main thread's, to peers on this machine only", async () => {
    const order = { mode: "open", reason: "the carrier moves house" }
    const ordered = await service.send("PUT", "/v1/admin/dependencies/carrier/breaker", order)
    expect([ordered.status, ordered.body.breaker.order]).toEqual([200, { ...order, until: null }])
    const seen = await Trade.times(MANY, () => service.get("/v1/admin/dependencies"))
    for (const { body } of seen)
      expect(body.data.find(({ name }: { readonly name: string }) => name === "carrier").breaker.order.mode).toBe(
        "open",
      )
    const passedOn = await Trade.times(MANY, () =>
      fetch(`${service.url}/v1/admin/dependencies`, { headers: { "x-forwarded-for": "127.0.0.1" } }),
    )
    expect(passedOn.map(({ status }) => status)).toEqual(Array(MANY).fill(403))
    await service.send("PUT", "/v1/admin/dependencies/carrier/breaker", { mode: "auto" })
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

describe("what cannot work is said in one line", () => {
  it("a taken port, also one that another such service shares among its threads", async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
    const { port } = taken.address() as AddressInfo
    const env = { STORE: "memory", HTTP_THREADS: "2" }
    const refused = async (port: number) => {
      const { code, stderr } = await run(["serve"], { ...env, PORT: String(port) })
      expect(code).toBe(1)
      expect(stderr.trimEnd()).toMatch(new RegExp(`^jaego: Cannot listen on 127\\.0\\.0\\.1:${port}: .*PORT.*$`))
    }
    await refused(port)
    taken.close()
    const first = await start(env)
    await refused(Number(new URL(first.url).port))
    expect((await first.get("/readyz")).status).toBe(200)
    await first.stop()
  })

  it("an address this machine does not have", async () => {
    const { code, stderr } = await run(["serve"], {
      STORE: "memory",
      HTTP_THREADS: "2",
      HOST: "203.0.113.1",
      PORT: "0",
    })
    expect([code, stderr.trimEnd().split("\n").length]).toEqual([1, 1])
    expect(stderr).toMatch(/203\.0\.113\.1.*HOST/)
  })

  it("a system whose threads cannot share a port", () => {
    expect(() => Config.read({ HTTP_THREADS: "2" }, "darwin")).toThrow(/HTTP_THREADS needs Linux/)
    expect(Config.read({ HTTP_THREADS: "0" }, "darwin").http.threads).toBe(0)
  })
})
