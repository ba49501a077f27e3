/** A report that is never done, and a prepared transaction that was forgotten: what the runbook says of `oldest-snapshot`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import * as Foreign from "../../support/foreign-postgres.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, Process, type Service, start } from "../../support/service.ts"

const isLeftOut = leaveOut("the drills of oldest-snapshot", [...absent("prometheus", "psql"), ...Foreign.lacking])

describe.skipIf(isLeftOut)("drills of a snapshot that stays open", () => {
  let postgres: Foreign.Foreign
  let service: Service
  let prometheus: Prometheus
  const env = () => ({ DATABASE_URL: postgres.url("postgres") })

  beforeAll(async () => {
    postgres = await Foreign.start(["max_prepared_transactions=2"])
    service = await start({ ...env(), WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
    await postgres?.stop()
  })

  const fires = async () => {
    await Drill.fires(prometheus, "JaegoOldestSnapshot", "oldest-snapshot")
    await Drill.look(prometheus, "oldest-snapshot", "jaego_database", {}, (seconds) => seconds > 3)
  }
  const ends = () => Drill.ends(prometheus, "JaegoOldestSnapshot")

  it("a report that is never done", async () => {
    const report = "begin isolation level repeatable read; select count(*) from orders; select pg_sleep(3600)"
    const open = new Process("psql", [postgres.url("postgres"), "-c", report], {})
    await fires()
    const seen = await Drill.follow("oldest-snapshot", "pg_stat_activity", service, env())
    const [, pid] = /^ *(\d+) \|.*pg_sleep/m.exec(seen) ?? []
    await Drill.follow("oldest-snapshot", "pg_terminate_backend", service, env(), { PID: pid! })
    await open.ended
    await ends()
  })

  it("a prepared transaction that its coordinator has given up", async () => {
    postgres.query("begin", "select pg_current_xact_id()", "prepare transaction 'forgotten'")
    await fires()
    expect(await Drill.follow("oldest-snapshot", "pg_prepared_xacts", service, env())).toContain("forgotten")
    await Drill.follow("oldest-snapshot", "rollback prepared", service, env(), { GID: "forgotten" })
    await ends()
  })
})
