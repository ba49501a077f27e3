/** HTTP on two threads that share a port: one shop answers on both. */
import { type AddressInfo, createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Config from "../../src/config/config.ts"
import { MANY, placeApart } from "../support/lines.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, run, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

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
  let service: Service
  beforeAll(async () => {
    const env = { HTTP_THREADS: "2", WORKERS: "1", PAYMENT_DEADLINE_MS: "30000" }
    service = await start({ DATABASE_URL: await freshDatabase(), ...env })
  })
  afterAll(killAll)

  it("know of each other's keys: of requests that race with one key, all but the first are answered that it is too early", async () => {
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

  it("say how the relay and the consumers are, which live in another thread", async () => {
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
