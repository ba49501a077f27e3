/**
 * From paid to delivered, with a carrier that is a process of its own and has the faults carriers have: slow, failing,
 * silent, successful after a timeout, refusing, calling back twice and in the wrong order; and a service that is killed.
 */
import { createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Carrier from "../support/carrier.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

interface Entry {
  readonly id: string
  readonly type: string
  readonly version?: number
  readonly detail?: Readonly<Record<string, unknown>>
}

const timeline = async (service: Service, orderId: string): Promise<ReadonlyArray<Entry>> =>
  (await service.get(`/v1/orders/${orderId}/timeline`)).body.data

const types = async (service: Service, orderId: string): Promise<ReadonlyArray<string>> =>
  (await timeline(service, orderId)).map(({ type }) => type.replace(/^jaego\./, "").replace(/\.v1$/, ""))

const paid = async (service: Service, productId: string, customerId: string): Promise<string> => {
  const { body, status, text } = await Trade.buy(service, productId, { customerId })
  expect([status, body.status], text).toEqual([201, "paid"])
  return body.id
}

const becomes = (service: Service, orderId: string, ...ends: ReadonlyArray<string>) =>
  until(
    `order ${orderId} is ${ends.join(" or ")}`,
    async () => {
      const status = await Trade.status(service, orderId)
      return ends.includes(status) && status
    },
    30_000,
  )

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A service and its carrier, each of which knows where the other is. */
const opened = async (
  database: string,
  env: Readonly<Record<string, string>> = {},
  carrierOptions: Readonly<Record<string, string | number>> = {},
) => {
  const port = await freePort()
  const callbacks = `http://127.0.0.1:${port}/v1/carrier/callbacks`
  const carrier = await Carrier.start({ callbacks, "collect-after": 1_000, "deliver-after": 100, ...carrierOptions })
  const shop = {
    DATABASE_URL: database,
    PORT: String(port),
    WORKERS: "1",
    SHIPPING_AFTER_SECONDS: "0",
    CARRIER_URL: carrier.url,
    CARRIER_WEBHOOK_SECRET: Carrier.SECRET,
    CARRIER_TIMEOUT_MS: "500",
    ...env,
  }
  return { carrier, service: await start(shop), again: () => start(shop) }
}

describe("a paid order", () => {
  let database: string
  let service: Service
  let carrier: Carrier.Carrier
  /** One product for each customer, of which there are eleven. */
  const orders = new Map<string, { readonly product: string; readonly id: string }>()
  const CUSTOMERS =
    "plain ann+slow bob+flaky cid+late dan+lost eve+twice fay+swift gus+refused hal+down ida+silent ned+hostile".split(
      " ",
    )

  beforeAll(async () => {
    database = await freshDatabase()
    const open = await opened(database, { SHIPPING_GIVE_UP_SECONDS: "3" })
    service = open.service
    carrier = open.carrier
    // All at once: each test then waits for its own.
    await Promise.all(
      CUSTOMERS.map(async (customerId) => {
        const product = await Trade.create(service, 10)
        orders.set(customerId, { product, id: await paid(service, product, customerId) })
      }),
    )
  })
  afterAll(async () => {
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await carrier.kill()
    await Trade.verify(database)
  })

  const orderOf = (customerId: string) => orders.get(customerId)!

  it.each(["plain", "ann+slow", "bob+flaky", "cid+late", "dan+lost", "eve+twice", "fay+swift"])(
    "is delivered in one parcel, whatever the carrier does on the way: %s",
    async (customerId) => {
      const { id, product } = orderOf(customerId)
      await becomes(service, id, "delivered")
      expect(await carrier.parcelsOf(customerId)).toMatchObject([{ key: id, state: "delivered" }])
      expect(await Trade.stock(service, product)).toEqual({ onHand: 9, reserved: 0, available: 9 })
    },
  )

  it("shows every step in its timeline, each once", async () => {
    const { id } = orderOf("plain")
    const whole = await until("the last step has come back", async () => {
      const steps = await types(service, id)
      return steps.includes("order.delivered") && steps
    })
    expect(whole.toSorted()).toEqual(
      [
        "order.placed",
        "order.paid",
        "shipment.registered",
        "order.shipped",
        "carrier.collected",
        "carrier.delivered",
        "order.delivered",
      ].toSorted(),
    )
    expect(whole[0]).toBe("order.placed")
    const versions = (await timeline(service, id)).flatMap(({ version }) => version ?? [])
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  it("shows each attempt that failed", async () => {
    const { id } = orderOf("bob+flaky")
    await becomes(service, id, "delivered")
    const failed = (await timeline(service, id)).filter(({ type }) => type === "jaego.shipment.unanswered")
    expect(failed.map(({ detail }) => detail)).toEqual([
      { code: "status-500", attempt: 1 },
      { code: "status-500", attempt: 2 },
    ])
  })

  it("is one parcel after a success that came too late to be heard", async () => {
    const { id } = orderOf("cid+late")
    await becomes(service, id, "delivered")
    expect((await timeline(service, id)).map(({ detail }) => detail)).toContainEqual({
      code: "no-answer",
      attempt: 1,
    })
    expect(await carrier.parcelsOf("cid+late")).toHaveLength(1)
  })

  it("hears what comes twice and in the wrong order once", async () => {
    const { id } = orderOf("eve+twice")
    await becomes(service, id, "delivered")
    await until("it was told again", async () => (await service.metric("jaego_carrier_callbacks_total", "known")) >= 2)
    const steps = await types(service, id)
    expect(steps.filter((type) => type === "carrier.collected")).toHaveLength(1)
    expect(steps.filter((type) => type === "carrier.delivered")).toHaveLength(1)
  })

  it.each([
    ["gus+refused", "the carrier refused it: we do not go there", ["refused"]],
    ["ned+hostile", "the carrier refused it: no\uFFFDpe \uFFFD \uFFFD[2J", ["refused"]],
    ["hal+down", "the carrier could not be reached: status-500", ["barred"]],
    ["ida+silent", "the carrier could not be reached: no-answer", ["barred"]],
  ])(
    "is cancelled with the reason, refunded and restocked, when no carrier will ship it: %s",
    async (customer, why, states) => {
      const { id, product } = orderOf(customer)
      await becomes(service, id, "cancelled")
      expect(await Trade.stock(service, product)).toEqual({ onHand: 10, reserved: 0, available: 10 })
      expect(await Trade.movements(service, product)).toEqual(["created", "reserved", "confirmed", "restocked"])
      const steps = await until("the refund has come back", async () => {
        const found = await types(service, id)
        return found.includes("order.refunded") && found
      })
      expect(steps).toContain("order.cancelled")
      const entries = await timeline(service, id)
      expect(entries.find(({ type }) => type === "jaego.order.cancelled.v1")?.detail).toMatchObject({ reason: why })
      const parcels = (await carrier.parcels()).filter(({ key }) => key === id)
      expect(parcels.map(({ state }) => state)).toEqual(states)
    },
  )

  it("is called back, when its buyer thinks again while the carrier says nothing", async () => {
    const product = await Trade.create(service, 10)
    const id = await paid(service, product, "joe+silent")
    await until("the carrier was asked", async () => (await types(service, id)).includes("shipment.unanswered"))
    expect((await service.post(`/v1/orders/${id}/cancel`, { reason: "regret" })).status).toBe(200)
    await until("the carrier has barred it", async () =>
      (await carrier.parcels()).some(({ key, state }) => key === id && state === "barred"),
    )
    expect(await Trade.status(service, id)).toBe("cancelled")
    expect(await Trade.stock(service, product)).toEqual({ onHand: 10, reserved: 0, available: 10 })
  })

  it("cannot be cancelled any more once it is shipped", async () => {
    const { id } = orderOf("plain")
    const answer = await service.post(`/v1/orders/${id}/cancel`)
    expect([answer.status, answer.body.code, answer.body.orderStatus]).toEqual([409, "not-cancellable", "delivered"])
  })
})

// Mostly waiting, each for its own services: side by side.
describe.concurrent("every paid order comes to its end", () => {
  it("also when the service is killed in mid-shipment: all are delivered, in one parcel each", async () => {
    const database = await freshDatabase()
    const { again, carrier, service } = await opened(
      database,
      // Its slow answers are in time, also on a busy machine: a circuit that opens is not what this is about.
      { CARRIER_TIMEOUT_MS: "2000" },
      { slow: 1, lost: 0.3, duplicates: 0.3 },
    )
    const product = await Trade.create(service, 100)
    const ids = await Trade.times(30, (index) => paid(service, product, `buyer-${index}`))
    await until("the carrier has some of them", async () => (await carrier.parcels()).length > 5)
    await service.kill()
    const second = await again()
    for (const id of ids) await becomes(second, id, "delivered")
    const parcels = await carrier.parcels()
    expect(parcels.map(({ key }) => key).toSorted()).toEqual(ids.toSorted())
    expect(await Trade.stock(second, product)).toEqual({ onHand: 70, reserved: 0, available: 70 })
    expect(await second.stop()).toEqual({ code: 0, signal: null })
    await carrier.kill()
    await Trade.verify(database)
  })

  it("also when the carrier has every fault at once: delivered in one parcel, or cancelled and never shipped", async () => {
    const database = await freshDatabase()
    const faults = { slow: 0.2, errors: 0.2, silences: 0.1, lost: 0.1, refusals: 0.2, duplicates: 0.3 }
    const { carrier, service } = await opened(
      database,
      { SHIPPING_GIVE_UP_SECONDS: "4", CARRIER_TIMEOUT_MS: "400" },
      { ...faults, "collect-after": 2_000 },
    )
    const product = await Trade.create(service, 100)
    const ids = await Trade.times(50, (index) => paid(service, product, `buyer-${index}`))
    const ends = new Map<string, string>()
    for (const id of ids) ends.set(id, await becomes(service, id, "delivered", "cancelled"))
    const parcels = new Map((await carrier.parcels()).map((parcel) => [parcel.key, parcel.state]))
    for (const [id, status] of ends)
      if (status === "delivered") expect([id, parcels.get(id)]).toEqual([id, "delivered"])
      else expect(["refused", "barred"]).toContain(parcels.get(id))
    const sold = [...ends.values()].filter((status) => status === "delivered").length
    expect(sold).toBeGreaterThan(0)
    expect(sold).toBeLessThan(50)
    expect(await Trade.stock(service, product)).toEqual({ onHand: 100 - sold, reserved: 0, available: 100 - sold })
    await service.stop()
    await carrier.kill()
    await Trade.verify(database)
  })

  it("also when the carrier cannot be reached for a while", async () => {
    const port = await freePort()
    const database = await freshDatabase()
    const service = await start({
      DATABASE_URL: database,
      SHIPPING_AFTER_SECONDS: "0",
      CARRIER_URL: `http://127.0.0.1:${port}`,
      CARRIER_WEBHOOK_SECRET: Carrier.SECRET,
    })
    const id = await paid(service, await Trade.create(service, 10), "kim")
    await until("the carrier was asked", async () => (await types(service, id)).includes("shipment.unanswered"))
    const failed = (await timeline(service, id)).find(({ type }) => type === "jaego.shipment.unanswered")
    expect(failed?.detail).toEqual({ code: "unreachable", attempt: 1 })
    const carrier = await Carrier.start({
      port,
      callbacks: `${service.url}/v1/carrier/callbacks`,
      "collect-after": 50,
      "deliver-after": 50,
    })
    await becomes(service, id, "delivered")
    expect(await carrier.parcels()).toMatchObject([{ key: id, state: "delivered", asked: 1 }])
    await service.stop()
    await carrier.kill()
    await Trade.verify(database)
  })

  it.each(["in memory", "with one transaction a command"])(
    "also with the carrier that is played in the process, after the time to think again: %s",
    async (how) => {
      const store =
        how === "in memory" ? { STORE: "memory" } : { INVENTORY: "atomic", DATABASE_URL: await freshDatabase() }
      const service = await start({ ...store, SHIPPING_AFTER_SECONDS: "2" })
      const product = await Trade.create(service, 10)
      const id = await paid(service, product, "kim")
      const regretted = await paid(service, product, "leo")
      expect((await service.post(`/v1/orders/${regretted}/cancel`)).status).toBe(200)
      await becomes(service, id, "delivered")
      const steps = await until("the last step has come back", async () => {
        const found = await types(service, id)
        return found.includes("order.delivered") && found
      })
      expect(steps.filter((type) => type.startsWith("order."))).toEqual([
        "order.placed",
        "order.paid",
        "order.shipped",
        "order.delivered",
      ])
      expect(await service.metric("jaego_dependency_calls_total", 'dependency="carrier",call="register"')).toBe(1)
      expect(await service.stop()).toEqual({ code: 0, signal: null })
    },
  )
})
