/** The database hangs, and is away: what the runbook says of `lease-stale` and `errors`; and a sale that is paused is no error. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import * as Foreign from "../../support/foreign-postgres.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, type Service, start, until } from "../../support/service.ts"
import * as Trade from "../../support/trade.ts"

const isLeftOut = leaveOut("drills of the database", [...absent("prometheus"), ...Foreign.lacking])

describe.skipIf(isLeftOut)("drills of the database", () => {
  let postgres: Foreign.Foreign
  let service: Service
  let prometheus: Prometheus
  let sale: Drill.Sale

  beforeAll(async () => {
    postgres = await Foreign.start()
    postgres.query("create database shop")
    service = await start({ DATABASE_URL: postgres.url("shop"), WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
    sale = Drill.sale(service, await Trade.create(service, 1_000_000), { buyers: 2 })
  })
  afterAll(async () => {
    await sale?.end()
    await prometheus?.stop()
    await killAll()
    await postgres?.stop()
  })

  const isReady = async () => (await service.get("/readyz")).status === 200

  it("lease-stale: a database that hangs", async () => {
    postgres.signal("SIGSTOP")
    try {
      await Drill.fires(prometheus, "JaegoLeaseStale", "lease-stale")
      await Drill.look(prometheus, "lease-stale", "jaego_lanes_owned", {}, (lanes) => lanes === 0)
      await Drill.look(prometheus, "lease-stale", "jaego_lanes_lost_total", {})
      await Drill.look(prometheus, "lease-stale", "jaego_event_loop_delay_seconds", {}, (delay) => delay < 5)
    } finally {
      postgres.signal("SIGCONT")
    }
    await until("the lanes are taken again", isReady)
    await Drill.ends(prometheus, "JaegoLeaseStale")
  })

  it("errors: a database that is away", async () => {
    await postgres.kill()
    for (const name of ["JaegoErrorsBurnFast", "JaegoErrorsBurn", "JaegoErrorsBurnSlowly"])
      await Drill.fires(prometheus, name, "errors")
    await Drill.look(prometheus, "errors", "by (http_route", {
      http_route: "/v1/orders",
      http_response_status_code: "503",
    })
    await Drill.look(prometheus, "errors", "by (reason)", { reason: "database" })
    await postgres.run()
    await until("it sells again", isReady)
    for (const name of ["JaegoErrorsBurnFast", "JaegoErrorsBurn", "JaegoErrorsBurnSlowly"])
      await Drill.ends(prometheus, name)
  })

  it("errors: those of a sale that an operator has paused burn nothing", async () => {
    await service.post("/v1/admin/pause", { scope: "all", reason: "stocktaking" })
    try {
      await Drill.look(prometheus, "errors", "by (reason)", { reason: "paused" }, (rate) => rate > 5)
      const answers = "http_server_request_duration_seconds_count"
      await until("nearly all answers have been 503 for as long as a window is", async () => {
        const refused = `sum(rate(${answers}{http_response_status_code="503"}[12s])) / sum(rate(${answers}{http_route=~"/v1/.+"}[12s]))`
        return (await prometheus.query(`${refused} > 0.9`)).length > 0
      })
      // Not nothing: of the few answers of a drill one or two are counted under one of the two names in the next scrape only.
      const [burnt] = await prometheus.query("jaego:request_errors:ratio_rate3d")
      expect(Number(burnt!.value[1])).toBeLessThan(0.3)
    } finally {
      await service.post("/v1/admin/resume", { scope: "all" })
    }
  })
})
