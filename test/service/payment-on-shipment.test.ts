/**
 * Payment on shipment (`PAYMENT_CAPTURE=on-shipment`) with the real service, a payment provider and a carrier as processes: money is kept
 * when an order is placed, taken when it is on its way out, let go when it is cancelled; and what cannot be taken ends the order,
 * which says so.
 */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type * as Carrier from "../support/carrier.ts"
import { freshDatabase } from "../support/postgres.ts"
import { CLI, killAll, Process, type Service, until } from "../support/service.ts"
import { becomes, opened, timeline } from "../support/shipping.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

/** What becomes of captures on their way to the provider. */
type Way = "open" | "closed" | "answer lost"

/** The provider, a process, and the way to it, on which captures can be held up. */
class Provider {
  readonly #process: Process
  /** Past the way. */
  readonly #url: string
  readonly #server: Server
  way: Way = "open"

  private constructor(process: Process, url: string, server: Server) {
    this.#process = process
    this.#url = url
    this.#server = server
  }

  static async start(): Promise<Provider> {
    const child = new Process(process.execPath, [CLI, "simulate", "payment", "--port", "0"], {})
    const url = await until("the provider is ready", () => /ready at (http:\/\/[^\s;]+)/.exec(child.stdout)?.[1])
    const server = createServer(async (request, response) => {
      const { method = "GET", url: path = "/" } = request
      const way = path.includes("/captures/") ? provider.way : "open"
      if (way === "closed") return void response.writeHead(503).end()
      const body = method === "PUT" ? { body: await text(request) } : {}
      const answer = await fetch(url + path, { method, ...body })
      const said = await answer.text()
      if (way === "answer lost") return void response.writeHead(503).end()
      response.writeHead(answer.status, { "content-type": "application/json" }).end(said)
    })
    const provider = new Provider(child, url, server)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return provider
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What its books say of an order. */
  async stateOf(id: string): Promise<string | undefined> {
    const books = (await (await fetch(`${this.#url}/books`)).json()) as Record<string, { readonly state: string }>
    return books[id]?.state
  }

  /** It keeps the money no longer, as after some days. */
  async lapse(id: string): Promise<void> {
    await fetch(`${this.#url}/v1/charges/${id}`, { method: "DELETE" })
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#process.signal("SIGKILL")
    await this.#process.ended
  }
}

const ends = (env: Readonly<Record<string, string>>) => {
  const scene: { database: string; provider: Provider; service: Service; carrier: Carrier.Carrier; product: string } =
    Object.create(null)

  beforeAll(async () => {
    scene.database = await freshDatabase()
    scene.provider = await Provider.start()
    const paying = { PAYMENT: "http", PAYMENT_URL: scene.provider.url, PAYMENT_CAPTURE: "on-shipment", ...env }
    // Captures fail on purpose: a circuit that opens is not what this is about.
    Object.assign(scene, await opened(scene.database, { BREAKER_MODE: "off", ...paying }))
    scene.product = await Trade.create(scene.service, 100)
  })
  afterAll(async () => {
    expect(await scene.service.stop()).toEqual({ code: 0, signal: null })
    await Promise.all([scene.provider.stop(), scene.carrier.kill()])
    await Trade.verify(scene.database)
  })
  return scene
}

const TOTAL = 1_250

const placed = async ({ product, service }: { readonly product: string; readonly service: Service }) => {
  const { body, status, text } = await Trade.buy(service, product, { payment: { token: "tok_ok" } })
  expect([status, body.status, body.total?.amount], text).toEqual([201, "paid", TOTAL])
  return body.id as string
}

const shown = async (service: Service, id: string) => (await service.get(`/v1/orders/${id}`)).body

const settled = (service: Service, id: string, status: string) =>
  until(`order ${id} is settled`, async () => {
    const order = await shown(service, id)
    return order.payment.status === status && order.refund.due === 0 && order
  })

describe("money that is kept when an order is placed", () => {
  const scene = ends({ SHIPPING_AFTER_SECONDS: "86400" })

  it("is let go when the order is cancelled before it leaves: nothing was ever taken", async () => {
    const { carrier, provider, service } = scene
    const id = await placed(scene)
    expect(await provider.stateOf(id)).toBe("authorized")
    expect(await shown(service, id)).toMatchObject({ payment: { status: "authorized" } })
    expect((await service.post(`/v1/orders/${id}/cancel`, { reason: "changed my mind" })).status).toBe(200)
    expect(await settled(service, id, "voided")).toMatchObject({ status: "cancelled", refund: { due: 0, done: 0 } })
    expect(await provider.stateOf(id)).toBe("voided")
    expect(await carrier.parcels()).toEqual([])
  })
})

describe("money that is kept for an order that is on its way out", () => {
  const scene = ends({ SHIPPING_AFTER_SECONDS: "0", SHIPPING_GIVE_UP_SECONDS: "10" })

  /** The shipment has asked for the money, and does not have it. */
  const heldUp = async (service: Service, id: string) => {
    const steps = await until("the money was asked for", async () => {
      const found = await timeline(service, id)
      return found.some(({ type }) => type === "jaego.shipment.unanswered") && found
    })
    expect(steps.find(({ type }) => type === "jaego.shipment.unanswered")?.detail).toEqual({
      ...{ code: "not-captured", attempt: 1 },
    })
  }

  /** What the timeline says of the carrier, where it is not certain that it was never asked. */
  const BARRED = ["jaego.shipment.withdrawing", "jaego.shipment.barred"]

  const onHand = async () => (await Trade.stock(scene.service, scene.product)).onHand

  /** Its end, reported truthfully: no carrier took it, its unit is back. `before`: units on hand before it was placed. */
  const cancelled = async (id: string, reason: string, before: number, carriers: ReadonlyArray<string>) => {
    const { carrier, service } = scene
    await becomes(service, id, "cancelled")
    const steps = await until("its end is in the timeline", async () => {
      const found = await timeline(service, id)
      return found.some(({ type }) => type === "jaego.order.cancelled.v1") && found
    })
    expect(steps.find(({ type }) => type === "jaego.order.cancelled.v1")?.detail).toMatchObject({ reason })
    const types = steps.map(({ type }) => type)
    expect(types.filter((type) => /carrier|withdrawing|barred/.test(type))).toEqual(carriers)
    const parcels = (await carrier.parcels()).filter(({ key }) => key === id)
    expect(parcels.filter(({ state }) => state !== "barred")).toEqual([])
    await until("its unit is back", async () => (await onHand()) === before)
  }

  it("is taken before the carrier has it", async () => {
    const { carrier, provider, service } = scene
    provider.way = "closed"
    const id = await placed(scene)
    await heldUp(service, id)
    expect([await provider.stateOf(id), await carrier.parcels()]).toEqual(["authorized", []])
    provider.way = "open"
    await becomes(service, id, "delivered")
    expect(await provider.stateOf(id)).toBe("charged")
    expect(await shown(service, id)).toMatchObject({ payment: { status: "charged" } })
    expect((await carrier.parcels()).map(({ key }) => key)).toEqual([id])
  })

  it("ends its order when the provider keeps it no longer", async () => {
    const { provider, service } = scene
    provider.way = "closed"
    const before = await onHand()
    const id = await placed(scene)
    await heldUp(service, id)
    await provider.lapse(id)
    provider.way = "open"
    await cancelled(id, "its payment could not be captured: voided", before, [])
    expect(await settled(service, id, "voided")).toMatchObject({ refund: { due: 0, done: 0 } })
    expect(await provider.stateOf(id)).toBe("voided")
  })

  it("ends its order when the provider does not say in time that it was taken, and is let go", async () => {
    const { provider, service } = scene
    provider.way = "closed"
    const before = await onHand()
    const id = await placed(scene)
    await heldUp(service, id)
    await cancelled(id, "its payment could not be captured: no-answer", before, BARRED)
    expect(await settled(service, id, "voided")).toMatchObject({ refund: { due: 0, done: 0 } })
    expect(await provider.stateOf(id)).toBe("voided")
  })

  it("is given back when it was taken after all, and only the answers were lost", async () => {
    const { provider, service } = scene
    provider.way = "answer lost"
    const before = await onHand()
    const id = await placed(scene)
    await cancelled(id, "its payment could not be captured: no-answer", before, BARRED)
    expect(await settled(service, id, "refunded")).toMatchObject({ refund: { due: 0, done: TOTAL } })
    expect(await provider.stateOf(id)).toBe("refunded")
  })
})
