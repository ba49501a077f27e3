/** Shipping as seen from outside: a service with a carrier that is a process of its own, and how far an order has come. */
import { createServer } from "node:net"
import { expect } from "vitest"
import * as Carrier from "./carrier.ts"
import { type Service, start, until } from "./service.ts"
import * as Trade from "./trade.ts"

export interface Entry {
  readonly id: string
  readonly type: string
  readonly version?: number
  readonly detail?: Readonly<Record<string, unknown>>
}

export const timeline = async (service: Service, orderId: string): Promise<ReadonlyArray<Entry>> =>
  (await service.get(`/v1/orders/${orderId}/timeline`)).body.data

export const types = async (service: Service, orderId: string): Promise<ReadonlyArray<string>> =>
  (await timeline(service, orderId)).map(({ type }) => type.replace(/^jaego\./, "").replace(/\.v1$/, ""))

export const paid = async (service: Service, productId: string, customerId: string): Promise<string> => {
  const { body, status, text } = await Trade.buy(service, productId, { customerId })
  expect([status, body.status], text).toEqual([201, "paid"])
  return body.id
}

export const becomes = (service: Service, orderId: string, ...ends: ReadonlyArray<string>) =>
  until(`order ${orderId} is ${ends.join(" or ")}`, async () => {
    const status = await Trade.status(service, orderId)
    return ends.includes(status) && status
  })

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A service and its carrier, each of which knows where the other is. */
export const opened = async (
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
