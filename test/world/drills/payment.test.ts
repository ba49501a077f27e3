/**
 * A payment provider that says nothing for a while: what the runbook says of `placing-slow`, `breaker-open`, `charge-unsettled` and
 * `refund-unsettled`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { freshDatabase } from "../../support/postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { CLI, killAll, Process, type Service, start, until } from "../../support/service.ts"
import * as Trade from "../../support/trade.ts"

const isLeftOut = leaveOut("drills of payment", absent("prometheus"))

const TOKEN = { token: "tok_ok" }

describe.skipIf(isLeftOut)("drills of payment", () => {
  let provider: Process
  let env: Readonly<Record<string, string>>
  let service: Service
  let prometheus: Prometheus
  let sale: Drill.Sale
  let product: string
  let bought: string

  beforeAll(async () => {
    provider = new Process(process.execPath, [CLI, "simulate", "payment", "--port", "0"], {})
    const url = await until(
      "the provider says where it is",
      () => /ready at (http:\/\/[^\s;]+)/.exec(provider.stdout)?.[1],
    )
    env = {
      ...{
        DATABASE_URL: await freshDatabase(),
        WORKERS: "1",
        PAYMENT: "http",
        PAYMENT_URL: url,
        LAME_DUCK_SECONDS: "0",
      },
      ...{ PAYMENT_DEADLINE_MS: "3000", PAYMENT_TIMEOUT_MS: "1500", BREAKER_MIN_CALLS: "5", BREAKER_OPEN_MS: "2000" },
    }
    // Orders wait for what a call says, or for their deadline: no breaker and no time limit of the call is to end it before.
    service = await start({ ...env, BREAKER_MODE: "off", PAYMENT_TIMEOUT_MS: "10000" })
    prometheus = await Prometheus.start([service], Drill.RULES)
    product = await Trade.create(service, 1_000_000)
    const paid = await Trade.buy(service, product, { payment: TOKEN })
    expect(paid.status, paid.text).toBe(201)
    bought = paid.body.id
  })
  afterAll(async () => {
    provider?.signal("SIGCONT")
    await sale?.end()
    await prometheus?.stop()
    await killAll()
  })

  it("placing-slow: orders wait for the provider, until they wait less", async () => {
    sale = Drill.sale(service, product, { buyers: 4, payment: TOKEN })
    provider.signal("SIGSTOP")
    for (const name of ["JaegoPlacingSlowFast", "JaegoPlacingSlow"]) await Drill.fires(prometheus, name, "placing-slow")
    await Drill.look(prometheus, "placing-slow", "jaego_dependency_call", { dependency: "payment" }, (p99) => p99 > 1)
    await Drill.look(prometheus, "placing-slow", "jaego_commit", {}, (p99) => p99 < 2.5)
    await sale.end()
    await service.stop()
    service = await start({ ...env, PORT: new URL(service.url).port, PAYMENT_DEADLINE_MS: "500" })
    sale = Drill.sale(service, product, { buyers: 2, payment: TOKEN })
    for (const name of ["JaegoPlacingSlowFast", "JaegoPlacingSlow"]) await Drill.ends(prometheus, name)
  })

  it("breaker-open, charge-unsettled, refund-unsettled: the provider is mended, and all is done", async () => {
    const cancelled = await service.post(`/v1/orders/${bought}/cancel`)
    expect(cancelled.status, cancelled.text).toBe(200)
    const owed = async () => (await service.get(`/v1/orders/${bought}`)).body.refund
    expect(await owed()).toMatchObject({ due: 1_250, done: 0 })
    const { labels } = await Drill.fires(prometheus, "JaegoBreakerOpen", "breaker-open")
    expect(labels["dependency"]).toBe("payment")
    await Drill.fires(prometheus, "JaegoChargeUnsettled", "charge-unsettled")
    await Drill.fires(prometheus, "JaegoRefundUnsettled", "refund-unsettled")
    const seen = JSON.parse(await Drill.follow("breaker-open", "curl", service))
    expect(seen.data.find(({ name }: { readonly name: string }) => name === "payment").breaker.state).not.toBe("closed")
    await Drill.follow("charge-unsettled", "curl", service)
    await Drill.look(prometheus, "charge-unsettled", "by (outcome)", { outcome: "unknown" })
    await sale.end()
    provider.signal("SIGCONT")
    for (const name of ["JaegoBreakerOpen", "JaegoChargeUnsettled", "JaegoRefundUnsettled"])
      await Drill.ends(prometheus, name)
    await until("it is refunded", async () => (await owed()).done === 1_250)
  })
})
