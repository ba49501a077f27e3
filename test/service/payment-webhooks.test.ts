/**
 * A real service and the simulated provider as a process, in both of its dialects: an order that waits for its buyer is paid when
 * they have acted, reported by webhooks that come twice and in the wrong order.
 */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { CLI, killAll, Process, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const SECRET = "a secret that both know"

afterAll(killAll)

/** Sends what it is sent on to the service, twice; the provider is there before the service is. */
const relay = async () => {
  const statuses: Array<number> = []
  let to: string | null = null
  const server: Server = createServer(async (request, response) => {
    let body = ""
    for await (const part of request) body += String(part)
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => /signature$|^content-type$/.test(name)),
    ) as Record<string, string>
    let status = 503
    for (let times = 0; to !== null && times < 2; times++) {
      status = (await fetch(to, { method: "POST", headers, body })).status
      statuses.push(status)
    }
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    statuses,
    begin: (url: string) => {
      to = url
    },
    close: () => server.close(),
  }
}

interface Dialect {
  readonly provider: string
  readonly signed: Readonly<Record<string, string>>
  readonly settings: (url: string) => Readonly<Record<string, string>>
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  jaego: {
    provider: "http",
    signed: { PAYMENT_WEBHOOK_SECRET: SECRET },
    settings: (url) => ({ PAYMENT: "http", PAYMENT_URL: url }),
  },
  stripe: {
    provider: "stripe",
    signed: { STRIPE_WEBHOOK_SECRET: SECRET },
    settings: (url) => ({ PAYMENT: "stripe", STRIPE_SECRET_KEY: "sk_test_1", STRIPE_API_BASE: url }),
  },
}

describe.each(Object.entries(DIALECTS))("in the dialect %s", (dialect, { provider, settings, signed }) => {
  let service: Service
  let webhooks: Awaited<ReturnType<typeof relay>>
  let provided: string
  let database: string

  beforeAll(async () => {
    webhooks = await relay()
    const flags = ["--dialect", dialect, "--port", "0", "--callbacks", webhooks.url, "--webhooks", "reordered"]
    const child = new Process(process.execPath, [CLI, "simulate", "payment", ...flags], signed)
    provided = await until("the provider says where it is", () => {
      if (child.end !== null) throw new Error(`the provider ended: ${child.stdout}${child.stderr}`)
      return /ready at (http:\/\/[^\s;]+)/.exec(child.stdout)?.[1]
    })
    database = await freshDatabase()
    service = await start({ DATABASE_URL: database, ...settings(provided), ...signed })
    webhooks.begin(`${service.url}/v1/payments/webhooks/${provider}`)
  })
  afterAll(async () => {
    webhooks.close()
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })

  const placed = async (customerId: string, token: string) => {
    const product = await Trade.create(service, 5)
    const body = { customerId, lines: [{ productId: product, quantity: 1 }], payment: { token } }
    return service.post("/v1/orders", body, { "idempotency-key": Trade.newKey() })
  }
  const becomes = (id: string, status: string) =>
    until(`the order is ${status}`, async () => (await Trade.status(service, id)) === status)

  it("charges, declines, and gives back", async () => {
    const paid = await placed("kim", "tok_ok")
    expect([paid.status, paid.body.status]).toEqual([201, "paid"])
    expect((await placed("kim", "tok_decline")).status).toBe(402)
    expect((await service.post(`/v1/orders/${paid.body.id}/cancel`)).status).toBe(200)
    const isBack = async () =>
      (await service.get(`/v1/orders/${paid.body.id}`)).body.refund?.done === paid.body.total.amount
    await until("the money is back", isBack)
  })

  it("pays an order when its buyer has acted, and knows what comes twice", async () => {
    const orders = await Promise.all(["ann", "bob", "cid"].map((customerId) => placed(customerId, "tok_action")))
    expect(orders.map(({ status }) => status)).toEqual([202, 202, 202])
    const shown = await Promise.all(
      orders.map(({ body }) =>
        until("the buyer is answered what to do", async () => {
          const { payment } = (await service.get(`/v1/orders/${body.id}`)).body
          return payment.status === "action-required" && payment.action
        }),
      ),
    )
    for (const { clientSecret, url } of shown) {
      const ref = url === undefined ? clientSecret.split("_secret")[0] : url.split("/").at(-1)
      await fetch(`${provided}/act/${ref}`)
    }
    for (const { body } of orders) await becomes(body.id, "paid")
    const heard = (what: string) => service.metric(`jaego_payment_webhooks_total`, what)
    await until("each was acknowledged", async () => (await heard('heard="news"')) >= 3)
    await until("each was acknowledged again", async () => (await heard('heard="known"')) >= 3)
    expect(new Set(webhooks.statuses)).toEqual(new Set([200]))
  })

  it("takes no word of a stranger", async () => {
    const { status } = await service.post(`/v1/payments/webhooks/${provider}`, {}, { "stripe-signature": "t=1,v1=00" })
    expect(status).toBe(401)
  })
})
