/** A PostgreSQL that has few connections to give: refused at the start when they are too few, and enough when they are enough. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Foreign from "../support/foreign-postgres.ts"
import { leaveOut } from "../support/missing.ts"
import { killAll, run, type Service, start, until } from "../support/service.ts"

/** With one worker; docs/operating.md. */
const LEAST = 13
const USUAL = 17

const ORDERS = 200

/** Orders paid and shipped, lists and single rows, all at once. */
const trade = async (service: Service): Promise<ReadonlyArray<number>> => {
  const product = { sku: "bread", name: "Bread", price: { amount: 250, currency: "EUR" }, onHand: 1_000_000 }
  const { body } = await service.post("/v1/products", product)
  const order = { customerId: "ann", lines: [{ productId: body.id, quantity: 1 }], payment: { token: "tok_ok" } }
  const answers = await Promise.all(
    Array.from({ length: ORDERS }, (_, n) => [
      service.post("/v1/orders", order, { "idempotency-key": `order-${n}` }),
      service.get("/v1/orders?limit=100"),
      service.get(`/v1/products/${body.id}/movements`),
      service.get(`/v1/orders/${body.id}`),
    ]).flat(),
  )
  return answers.map(({ status }) => status)
}

describe.skipIf(leaveOut("few connections", Foreign.lacking))("a database with few connections", () => {
  let postgres: Foreign.Foreign
  const database = (name: string, limit: number): string => {
    postgres.query(`create role ${name} login connection limit ${limit}`, `create database ${name} owner ${name}`)
    return postgres.url(name, name)
  }
  const sessions = (name: string): number =>
    Number(postgres.query(`select count(*) from pg_stat_activity where usename = '${name}'`))

  beforeAll(async () => {
    postgres = await Foreign.start(["max_connections=60"])
  })
  afterEach(killAll)
  afterAll(() => postgres.stop())

  it("is refused in one line that says what there is and what is needed", async () => {
    const { code, stderr, stdout } = await run(["serve"], { DATABASE_URL: database("poor", LEAST - 1), WORKERS: "1" })
    expect(code).toBe(1)
    expect(stdout + stderr).toMatch(
      new RegExp(
        `^jaego: the database has room for ${LEAST - 1} connections \\(the connection limit of the role leaves us ${LEAST - 1}, 0 are open\\), and ${USUAL} may be needed: .*DATABASE_CONNECTIONS.*\n$`,
      ),
    )
  })

  it("is refused for what the server itself has left", async () => {
    postgres.query("create database crowded")
    const env = { DATABASE_URL: postgres.url("crowded"), WORKERS: "20" }
    const { code, stderr } = await run(["serve"], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /room for \d+ connections \(max_connections leaves us 60, \d+ are open\), and 74 may be needed/,
    )
  })

  it("serves everything with the least, and asks for no more", async () => {
    const env = { DATABASE_URL: database("modest", LEAST), DATABASE_CONNECTIONS: String(LEAST), WORKERS: "1" }
    const service = await start({ ...env, SHIPPING_AFTER_SECONDS: "0" })
    let most = 0
    const looking = setInterval(() => {
      most = Math.max(most, sessions("modest"))
    }, 20)
    try {
      const statuses = await trade(service)
      expect(statuses.filter((each) => each >= 500)).toEqual([])
      await until(
        "all is shipped",
        async () => (await service.get("/v1/orders?status=shipped&limit=100")).body.data.length === 100,
      )
    } finally {
      clearInterval(looking)
    }
    expect(most).toBeGreaterThan(5)
    expect(most).toBeLessThanOrEqual(LEAST)
    expect(await service.stop()).toMatchObject({ code: 0 })
  })
})
