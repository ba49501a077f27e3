/** A replica whose replay was held up: what the runbook says of `replica-lagging`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import * as Foreign from "../../support/foreign-postgres.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, type Service, start } from "../../support/service.ts"
import * as Trade from "../../support/trade.ts"

const isLeftOut = leaveOut("the drill of replica-lagging", [...absent("prometheus", "psql"), ...Foreign.lacking])

describe.skipIf(isLeftOut)("a drill of a replica", () => {
  let primary: Foreign.Foreign
  let standby: Foreign.Foreign
  let service: Service
  let prometheus: Prometheus

  beforeAll(async () => {
    primary = await Foreign.start()
    primary.query("create database shop")
    standby = await Foreign.start([], primary)
    service = await start({
      DATABASE_URL: primary.url("shop"),
      DATABASE_REPLICA_URLS: standby.url("shop"),
      WORKERS: "1",
    })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
    await standby?.stop()
    await primary?.stop()
  })

  it("replica-lagging: its replay goes on", async () => {
    standby.query("select pg_wal_replay_pause()")
    await Trade.create(service, 1)
    await Drill.fires(prometheus, "JaegoReplicaLagging", "replica-lagging")
    // The counter itself: the window of the runbook's query, as scaled here, may have gone by before the alert fires.
    const excluded = await prometheus.query(`jaego_replica_exclusions_total{reason="lagging"}`)
    expect(excluded.map(({ value }) => value[1])).toEqual(["1"])
    await Drill.look(prometheus, "replica-lagging", "jaego_replica_lag_seconds", {}, (seconds) => seconds > 5)
    const env = { REPLICA_URL: standby.url("shop") }
    expect(await Drill.follow("replica-lagging", "paused", service, env)).toMatch(/ t +\| t +\|.*streaming/)
    await Drill.follow("replica-lagging", "pg_wal_replay_resume", service, env)
    await Drill.ends(prometheus, "JaegoReplicaLagging")
  })
})
