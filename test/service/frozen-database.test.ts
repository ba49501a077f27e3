/** A database that stands still, with everything that it has open: callers that only look are answered so soon, and orders go on at once. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { ASKED_MAX, SHOWN_SECONDS } from "../../src/adapters/postgres/reads.ts"
import { freshFolder, OwnPostgres } from "../support/own-postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"

const LOOKERS = 2_000

/** Beyond the limit: the time in which a busy machine writes two thousand answers (ms). */
const LATE_MS = 3_000

/** What two thousand callers may leave behind, MB: garbage that has not been collected. */
const GROWTH_MAX_MB = 64

const memoryMb = (service: Service): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.process.pid}/status`, "utf8"))![1]) / 1_024

describe("a database that stands still", () => {
  const { path, remove } = freshFolder()
  let postgres: OwnPostgres
  const all = (signal: "STOP" | "CONT"): void => {
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(postgres.pid)], { encoding: "utf8" })
    for (const pid of [postgres.pid, ...children.trim().split(/\s+/).map(Number)]) process.kill(pid, `SIG${signal}`)
  }

  beforeAll(async () => {
    postgres = await OwnPostgres.make(join(path, "home"))
  })
  afterEach(killAll)
  afterAll(async () => {
    await postgres?.stop("immediate")
    remove()
  })

  it("is answered to those who look within the limit, however many they are, and holds up no order afterwards", async () => {
    const service = await start({ DATABASE_URL: await postgres.database("shop"), WORKERS: "1" })
    const product = { sku: "bread", name: "Bread", price: { amount: 250, currency: "EUR" }, onHand: 1_000_000 }
    const { body } = await service.post("/v1/products", product)
    const order = { customerId: "ann", lines: [{ productId: body.id, quantity: 1 }], payment: { token: "tok_ok" } }
    const { body: placed } = await service.post("/v1/orders", order, { "idempotency-key": "before" })
    const look = async (n: number) => {
      const before = performance.now()
      const path = n % 2 === 0 ? `/v1/orders/${placed.id}` : "/v1/orders?limit=10"
      const { body, headers, status } = await service.get(path)
      return { status, code: body.code, again: headers.get("retry-after"), ms: performance.now() - before }
    }
    const crowd = () => Promise.all(Array.from({ length: LOOKERS }, (_, n) => look(n)))
    const statuses = (answers: Awaited<ReturnType<typeof crowd>>) => new Set(answers.map(({ status }) => status))
    expect([...statuses(await crowd())].filter((each) => each !== 200 && each !== 503)).toEqual([])
    all("STOP")
    try {
      const first = await crowd()
      const held = memoryMb(service)
      const second = await crowd()
      for (const answers of [first, second]) {
        expect(statuses(answers)).toEqual(new Set([503]))
        expect(answers.every(({ again }) => again !== null)).toBe(true)
        expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(SHOWN_SECONDS * 1_000 + LATE_MS)
      }
      expect(first.filter(({ code }) => code === "database").length).toBeLessThanOrEqual(2 * ASKED_MAX)
      expect(first.filter(({ code }) => code === "mailbox-full").length).toBeGreaterThanOrEqual(LOOKERS - 2 * ASKED_MAX)
      expect(memoryMb(service) - held).toBeLessThan(GROWTH_MAX_MB)
    } finally {
      all("CONT")
    }
    await until("an order is placed", async () => {
      const { status } = await service.post("/v1/orders", order, { "idempotency-key": "after" })
      return status < 300
    })
    await until("lists are shown", async () => (await look(1)).status === 200)
  })
})
