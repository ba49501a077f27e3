/** Planted differences between the provider's books and ours, found and repaired by `jaego reconcile` on the real service. */
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Simulator from "../../src/adapters/payment-simulator/server.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, run, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const SOUND: Simulator.Faults = {
  ...{ declines: 0, actions: 0, late: 0 },
  ...{ slow: 0, silences: 0, errors: 0, resets: 0, lost: 0 },
}

/** Everything is paid at one price, in minor units of EUR. */
const PRICE = 1_250

let database: string
let service: Service
let scope: Scope.Closeable
let provider: string

const provide = async (port: number) => {
  scope = await Effect.runPromise(Scope.make())
  const webhooks = { url: null, secret: "", manner: "none" } as const
  const serving = Simulator.serve({ dialect: "jaego", port, faults: SOUND, rate: 0, webhooks })
  return Effect.runPromise(Scope.provide(serving, scope))
}

beforeAll(async () => {
  provider = await provide(0)
  database = await freshDatabase()
  service = await start({ DATABASE_URL: database, PAYMENT: "http", PAYMENT_URL: provider, WORKERS: "2" })
})
afterAll(async () => {
  await killAll()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const order = async (payment: Trade.Wish["payment"] = "later"): Promise<string> => {
  const product = await Trade.create(service, 10)
  const wish = { lines: [{ productId: product, quantity: 1 }], payment }
  const { body } = await Trade.order(service, wish)
  return body.id ?? body.orderId
}

/** At the provider, behind the service's back. */
const charge = (key: string, amount = PRICE) =>
  fetch(`${provider}/v1/charges/${key}/attempts/1`, {
    method: "PUT",
    body: JSON.stringify({ token: "tok_ok", customerId: "kim", money: { amount, currency: "EUR" } }),
  })

const becomes = (id: string, wanted: Record<string, unknown>) =>
  until(`the order is ${JSON.stringify(wanted)}`, async () => {
    const { refund, status } = (await service.get(`/v1/orders/${id}`)).body
    return JSON.stringify({ status, refund }) === JSON.stringify(wanted)
  })

const reconcile = async (...flags: ReadonlyArray<string>) => {
  const { code, stdout } = await run(["reconcile", "--url", service.url, "--json", ...flags])
  const { differences, ...rest } = JSON.parse(stdout)
  const found = differences.map(({ key, kind, repaired }: Record<string, unknown>) => [kind, key, repaired])
  return { code, found: found.toSorted(), ...rest }
}

describe("jaego reconcile", () => {
  it("ends with 0 when all payments match", async () => {
    await becomes(await order({ token: "tok_ok" }), { status: "paid", refund: { due: 0, done: 0 } })
    await becomes(await order({ token: "tok_decline" }), { status: "payment_failed", refund: { due: 0, done: 0 } })
    expect(await reconcile()).toMatchObject({ code: 0, found: [], matched: 2, outcome: "compared" })
  })

  it("settles what waits, gives back what is owed to buyers without goods, and leaves the rest to people", async () => {
    const [waiting, ended, short] = [await order(), await order(), await order()]
    expect((await service.post(`/v1/orders/${ended}/cancel`)).status).toBe(200)
    for (const id of [waiting, ended]) await charge(id)
    await charge(short, PRICE - 1)
    const foreign = `${waiting.slice(0, -4)}abcd`
    await charge(foreign)
    const left = [
      ["amount-differs", short, false],
      ["missing-here", foreign, false],
    ]
    const repairable = (isRepaired: boolean) => [waiting, ended].map((id) => ["missing-here", id, isRepaired])
    expect(await reconcile()).toMatchObject({ code: 1, found: [...left, ...repairable(false)].toSorted() })
    expect(await Trade.status(service, waiting)).toBe("reserved")
    expect(await reconcile("--fix")).toMatchObject({ code: 1, found: [...left, ...repairable(true)].toSorted() })
    await becomes(waiting, { status: "paid", refund: { due: 0, done: 0 } })
    await becomes(ended, { status: "cancelled", refund: { due: 0, done: PRICE } })
    expect(await reconcile()).toMatchObject({ code: 1, found: left.toSorted() })
  })

  it("says so when the provider has no charge of a paid order, and does not take the goods back", async () => {
    const paid = await order({ token: "tok_ok" })
    await becomes(paid, { status: "paid", refund: { due: 0, done: 0 } })
    // Another takes its place, which knows nothing.
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await provide(Number(new URL(provider).port))
    const { code, found } = await reconcile("--fix", "--since", "1h")
    expect(code).toBe(1)
    expect(found).toContainEqual(["missing-there", paid, false])
    expect(await Trade.status(service, paid)).toBe("paid")
    // Nor is a refund done of what the provider has never heard of.
    const refunds = () => service.metric("jaego_dependency_calls_total", 'call="refund"')
    const before = await refunds()
    await service.post(`/v1/orders/${paid}/cancel`)
    await until("the refund was asked for", async () => (await refunds()) > before)
    expect((await service.get(`/v1/orders/${paid}`)).body.refund).toEqual({ due: PRICE, done: 0 })
    await charge(paid)
    await becomes(paid, { status: "cancelled", refund: { due: 0, done: PRICE } })
  })

  it("ends with 1 and a line when the service is not there, and takes no other words for a time", async () => {
    expect(await run(["reconcile", "--since", "yesterday"])).toMatchObject({ code: 1, stdout: "" })
    await service.stop()
    await Trade.verify(database)
  })
})
