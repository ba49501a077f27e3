/**
 * The service as it comes, with limits as on a public address: overload is watched, clients and customers are limited. The other suites
 * here leave that out, so that a busy machine changes no answer; buyers of this one come again when they are asked to.
 */
import { afterEach, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { type Answer, killAll, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterEach(killAll)

const PUBLIC = {
  OVERLOAD_MODE: "on",
  RATE_LIMIT_CLIENT: "50/s:100",
  RATE_LIMIT_CUSTOMER: "20/s:40",
  HOLDS_PER_CUSTOMER: "3",
}
const UNITS = 50
const BUYERS = 600

/** As `Retry-After` says, until it is something else than not now. */
const patient = async (ask: () => Promise<Answer>, notNow: Array<string>): Promise<Answer> => {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503 && answer.status !== 429) return answer
    notNow.push(answer.body.code)
    await new Promise((resolve) => setTimeout(resolve, Number(answer.headers.get("retry-after")) * 1_000))
  }
}

it.each(["0", "2"])(
  "more buyers than one address may send are served in turn, once each, with %s HTTP threads",
  async (threads) => {
    const database = await freshDatabase()
    const service = await start({
      DATABASE_URL: database,
      HTTP_THREADS: threads,
      SHIPPING_AFTER_SECONDS: "1",
      ...PUBLIC,
    })
    const product = await Trade.create(service, UNITS)
    const notNow: Array<string> = []
    const wish = (buyer: number) => ({ customerId: `buyer-${buyer}`, lines: [{ productId: product, quantity: 1 }] })
    const answers = await Trade.times(BUYERS, (buyer) => {
      const key = Trade.newKey()
      return patient(() => Trade.order(service, wish(buyer), key), notNow)
    })
    const { 201: paid = 0, 202: open = 0, "409 insufficient-stock": soldOut = 0 } = Trade.tally(answers)
    expect([paid + open, soldOut]).toEqual([UNITS, BUYERS - UNITS])
    // They are all of one address, which may send a hundred at once.
    expect(notNow).toContain("rate-limited")

    const sold = answers.find(({ status }) => status < 300)!.body.id
    const look = (path: string) => patient(() => service.get(path), notNow)
    expect((await look(`/v1/orders?customerId=buyer-0`)).status).toBe(200)
    await until("it is delivered", async () => {
      const { body } = await look(`/v1/orders/${sold}`)
      return body.status === "delivered"
    })
    await service.stop()
    await Trade.verify(database)
  },
)

it("a customer with as many unpaid orders as it may have is answered so, and orders again once one of them is paid", async () => {
  const service = await start({ STORE: "memory", ...PUBLIC })
  const product = await Trade.create(service, 1_000)
  const later = () => Trade.buy(service, product, { payment: "later" })
  const held = await Trade.times(10, later)
  expect(Trade.tally(held)).toEqual({ 202: 3, "409 holds-per-customer": 7 })
  expect(held.find(({ status }) => status === 409)!.body).toMatchObject({ productId: product, limit: 3 })
  const { body } = held.find(({ status }) => status === 202)!
  expect((await service.post(`/v1/orders/${body.id}/pay`, {})).status).toBe(200)
  expect((await later()).status).toBe(202)
  expect((await later()).body.code).toBe("holds-per-customer")
})
