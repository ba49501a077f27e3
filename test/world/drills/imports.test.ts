/** An import whose rows stand still: what the runbook says of `import-stands-still`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { freshDatabase } from "../../support/postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, Process, type Service, start, until } from "../../support/service.ts"

const isLeftOut = leaveOut("drills of imports", absent("prometheus", "psql"))

/** So many that they are not applied before a session can hold them up. */
const ROWS = 100_000

describe.skipIf(isLeftOut)("drills of imports", () => {
  let database: string
  let service: Service
  let prometheus: Prometheus

  beforeAll(async () => {
    database = await freshDatabase()
    service = await start({ DATABASE_URL: database, WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
  })

  const row = (n: number) => JSON.stringify({ sku: `k${n}`, name: "Mug", price: 1_290, currency: "EUR", stock: 3 })
  const stateOf = async (id: string) => (await service.get(`/v1/imports/${id}`)).body

  it("import-stands-still: a session that keeps the rows to itself", async () => {
    const response = await fetch(`${service.url}/v1/imports?mode=delta`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", "idempotency-key": crypto.randomUUID() },
      body: Array.from({ length: ROWS }, (_, n) => row(n)).join("\n"),
    })
    const { id } = (await response.json()) as { id: string }
    await until("some rows are applied", async () => (await stateOf(id)).rows.applied > 0)
    const lock = "begin; lock table import_parts in exclusive mode; select pg_sleep(3600)"
    const holding = new Process("psql", [database, "-c", lock], {})
    await Drill.fires(prometheus, "JaegoImportStandsStill", "import-stands-still")
    expect((await stateOf(id)).finishedAt, "it ended before it was held up").toBeNull()
    await Drill.look(prometheus, "import-stands-still", "jaego_imports", { state: "running" })
    const env = { DATABASE_URL: database }
    expect(await Drill.follow("import-stands-still", "order by received_at_ms", service, env)).toContain(id)
    expect(await Drill.follow("import-stands-still", "select pid", service, env)).toContain("lock table")
    await Drill.follow("import-stands-still", "pg_terminate_backend", service, env)
    await holding.ended
    const ended = await until("the import has ended", async () => {
      const one = await stateOf(id)
      return one.finishedAt !== null && one
    })
    expect(ended).toMatchObject({ state: "finished", rows: { applied: ROWS } })
    await Drill.ends(prometheus, "JaegoImportStandsStill")
  })
})
