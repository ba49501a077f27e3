/** Another process holds the lease, and sells nothing to those who watch: what the runbook says of `lanes-unowned`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { freshDatabase } from "../../support/postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, type Service, start } from "../../support/service.ts"

const isLeftOut = leaveOut("the drill of lanes-unowned", absent("prometheus", "psql"))

describe.skipIf(isLeftOut)("a drill of lanes without an owner", () => {
  let database: string
  let forgotten: Service
  let service: Service
  let prometheus: Prometheus

  beforeAll(async () => {
    database = await freshDatabase()
    forgotten = await start({ DATABASE_URL: database, WORKERS: "1" })
    service = await start({ DATABASE_URL: database, WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
  })

  it("lanes-unowned: a process that was forgotten has them", async () => {
    await Drill.fires(prometheus, "JaegoLanesUnowned", "lanes-unowned")
    const env = { DATABASE_URL: database }
    expect(await Drill.follow("lanes-unowned", "curl", service)).toContain('"standby"')
    expect(await Drill.follow("lanes-unowned", "select pid, client_addr", service, env)).toMatch(
      /127\.0\.0\.1.*\(1 row\)/s,
    )
    // It cannot be reached: its session is ended in its stead.
    forgotten.process.signal("SIGSTOP")
    expect(await Drill.follow("lanes-unowned", "pg_terminate_backend", service, env)).toMatch(/\n t\n\(1 row\)/)
    await Drill.ends(prometheus, "JaegoLanesUnowned")
    expect((await service.get("/readyz")).status).toBe(200)
  })
})
