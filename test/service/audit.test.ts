/** The audit of a service at work: it keeps up and finds nothing wrong, and sees units sold twice where nothing guards them. */

import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const ask = (url: string, statement: string) =>
  Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Record<string, number>>(statement)).pipe(
      Effect.map((rows) => rows[0]!),
      Effect.provide(PostgresClient.layer(url)),
    ),
  )

describe("the audit of a service", () => {
  it("compares what two workers sell, cancel, decline and run out of, and finds nothing", async () => {
    const url = await freshDatabase()
    const service = await start({ DATABASE_URL: url, WORKERS: "2", SHIPPING_AFTER_SECONDS: "0" })
    const [one, two] = await Trade.createApart(service, 2, { onHand: 150 }, { onHand: 120 })
    const both = [one, two].map((productId) => ({ productId, quantity: 1 }))
    await Trade.times(160, async (index) => {
      if (index % 4 === 0) return Trade.buy(service, index % 8 === 0 ? one : two)
      if (index % 4 === 1) return Trade.order(service, { lines: both })
      const payment = index % 4 === 2 ? "later" : ({ token: "tok_decline" } as const)
      const { body, status } = await Trade.order(service, { lines: both, payment })
      return status === 202 ? service.post(`/v1/orders/${body.id}/cancel`) : undefined
    })
    const { orders } = await ask(url, "select count(*)::int as orders from orders")
    await until("all orders have been compared", async () => {
      const compared = await service.metric("jaego_audit_orders_total")
      const lag = await service.metric("jaego_audit_lag_seconds")
      return compared === orders && lag < 60
    })
    const look = await service.metric("jaego_audit_facts_total", 'outcome="compared"')
    expect(look).toBeGreaterThan(orders! * 2)
    await until("a look that found nothing more", async () => {
      const { at } = await ask(url, "select extract(epoch from now() - looked_at)::float8 as at from audit")
      return at! < 1
    })
    expect(await service.metric("jaego_oversold_units")).toBe(0)
    for (const kind of ["product", "order", "lane"])
      expect(await service.metric("jaego_audit_differences", `kind="${kind}"`)).toBe(0)
    expect(
      (await ask(url, "select coalesce(jsonb_array_length(state -> 'findings'), 0) as found from audit"))["found"],
    ).toBe(0)
  })

  it("is off where it is not wanted", async () => {
    const url = await freshDatabase()
    const service = await start({ DATABASE_URL: url, AUDIT: "off" })
    await Trade.buy(service, await Trade.create(service, 5))
    expect((await service.get("/metrics")).text).not.toMatch(/^jaego_audit_lag_seconds /m)
    expect((await ask(url, "select count(holder)::int as holders from audit"))["holders"]).toBe(0)
  })

  it("sees units sold twice where nothing guards them", async () => {
    const url = await freshDatabase()
    const service = await start({ DATABASE_URL: url, INVENTORY: "single:naive", JAEGO_LAB: "1" })
    const soldBeyond = async () => {
      const product = await Trade.create(service, 20)
      await Trade.times(100, (index) => Trade.buy(service, product, { customerId: `buyer-${index}`, payment: "later" }))
      const sold = `select sum(quantity)::int as units from holds where product_id = '${product}' and state in ('held', 'confirmed')`
      return Math.max(0, (await ask(url, sold))["units"]! - 20)
    }
    // Whether buyers meet is a matter of luck: most crowds do.
    const beyond = await until("a crowd is sold more than there is", soldBeyond)
    await until("the audit says how many", async () => (await service.metric("jaego_oversold_units")) === beyond)
    expect(await service.metric("jaego_audit_differences", 'kind="product"')).toBe(1)
  })
})
