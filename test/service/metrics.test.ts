/** What a scrape of a real service shows, all threads together, and that Prometheus's own lint has nothing to say of it. */
import { spawnSync } from "node:child_process"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Missing from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const isLeftOut = Missing.leaveOut("the lint of the metrics", Missing.absent("promtool"))

describe("a service that has sold", () => {
  let service: Service
  beforeAll(async () => {
    service = await start({ DATABASE_URL: await freshDatabase(), WORKERS: "2", HTTP_THREADS: "1" })
    const product = await Trade.create(service, 5)
    await Trade.buy(service, product, { customerId: "mina" })
  })

  it("shows every thread, what waits in the database, the lease and the sale", async () => {
    const isMeasured = (metric: string, thread: string) =>
      until(`${metric} of ${thread}`, async () => (await service.metric(metric, `thread="${thread}"`)) > 0)
    for (const thread of ["main", "worker-0", "worker-1", "http-0", "facts"])
      await isMeasured("jaego_heap_bytes", thread)
    for (const thread of ["main", "worker-0", "facts"]) await isMeasured("jaego_pool_statements_total", thread)
    await until("the lease is measured", async () => (await service.metric("jaego_lease_fresh")) === 1)
    await until("the database is measured", async () => (await service.metric("jaego_database_bytes")) > 1_000_000)
    const { text } = await service.get("/metrics")
    for (const sample of [
      /^jaego_outbox_rows \d+$/m,
      /^jaego_pool_wait_seconds_total\{thread="worker-0",pool="writes"\} [\d.e-]+$/m,
      /^jaego_pool_longest_wait_seconds\{thread="main",pool="rows"\} [\d.e-]+$/m,
      /^jaego_units_sold_total\{currency="[A-Z]{3}"\} 1$/m,
      /^jaego_revenue_minor_units_total\{currency="[A-Z]{3}"\} [1-9]\d*$/m,
      /^jaego_hold_age_seconds_count\{outcome="paid"\} 1$/m,
      /^http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/v1\/orders",http_response_status_code="201"\} 1$/m,
    ])
      expect(text).toMatch(sample)
  })

  it("shows OpenMetrics to a scraper that reads it, over the HTTP threads too", async () => {
    const { headers, text } = await service.send("GET", "/metrics", undefined, {
      accept: "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    })
    expect(headers.get("content-type")).toContain("application/openmetrics-text")
    expect(text).toMatch(/^jaego_orders_placed_total\{mode="pay"\} 1$/m)
    expect(text).toMatch(/^jaego_hottest_product_units\{product="[0-9a-f-]{36}"\} 1$/m)
    expect(text.endsWith("# EOF\n")).toBe(true)
  })

  it.skipIf(isLeftOut)("has no metric that promtool would name otherwise", async () => {
    const { text } = await service.get("/metrics")
    const { status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" })
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" })
  })
})
