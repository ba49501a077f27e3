/** Shipping while the service is killed, or the carrier has every fault at once, or cannot be reached: each order comes to its end. */
import { afterAll, describe, expect, it } from "vitest"
import * as Carrier from "../support/carrier.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, start, until } from "../support/service.ts"
import { becomes, freePort, opened, paid, timeline, types } from "../support/shipping.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

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
