/**
 * From paid to delivered, with a carrier that is a process of its own and has the faults carriers have: slow, failing,
 * silent, successful after a timeout, refusing, calling back twice and in the wrong order.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type * as Carrier from "../support/carrier.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, until } from "../support/service.ts"
import { becomes, opened, paid, timeline, types } from "../support/shipping.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

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
    await until(
      "it was reported again",
      async () => (await service.metric("jaego_carrier_callbacks_total", "known")) >= 2,
    )
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
