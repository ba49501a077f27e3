/** The dashboards of `infra/grafana`: what Grafana reads is what the code writes, and every query is answered by a real Prometheus. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { boards, files } from "../../infra/grafana/dashboards.ts"
import { absent, leaveOut } from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { Prometheus } from "../support/prometheus.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const FOLDER = join(ROOT, "infra/grafana/dashboards")

it("the files are what the code writes (`npm run dashboards`)", () => {
  const written = new Map(
    readdirSync(FOLDER).map((file) => [file.replace(/\.json$/, ""), readFileSync(join(FOLDER, file), "utf8")]),
  )
  expect(written).toEqual(files())
})

const queries = boards.flatMap(({ rows, title }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap((panel) => panel.queries.map(([query]) => [title, panel.title, query] as const)),
  ),
)

/** What Grafana puts in for its variables. */
const filledIn = (query: string): string =>
  query.replaceAll("$job", "jaego").replaceAll("$instance", ".*").replaceAll("$__rate_interval", "30s")

const rules = readFileSync(join(ROOT, "infra/prometheus/alerts.yml"), "utf8")
const recorded = [...rules.matchAll(/- record: (\S+)/g)].map(([, name]) => name!)

const isLeftOut = leaveOut("the queries of the dashboards", absent("prometheus"))

describe.skipIf(isLeftOut)("behind a real Prometheus that scrapes a service at work", () => {
  let service: Service
  let prometheus: Prometheus
  let isOver = false
  let work: Promise<void>

  beforeAll(async () => {
    service = await start({ DATABASE_URL: await freshDatabase(), WORKERS: "2", SHIPPING_AFTER_SECONDS: "0" })
    prometheus = await Prometheus.start([service])
    const product = await Trade.create(service, 1_000_000)
    const soldOut = await Trade.create(service, 0)
    const trade = async () => {
      while (!isOver) {
        await Trade.buy(service, product)
        await Trade.buy(service, soldOut)
        const { body } = await Trade.buy(service, product, { payment: "later" })
        await service.post(`/v1/orders/${body.id}/cancel`)
      }
    }
    work = trade()
    // Two scrapes with everything in them: a rate needs two.
    await until("what was sold is seen", async () => {
      const found = await prometheus.query('min_over_time(jaego_hold_age_seconds_count{outcome="paid"}[1m]) > 0')
      const scrapes = await prometheus.query("count_over_time(jaego_holds_live[1m]) > 2")
      return found.length > 0 && scrapes.length > 0
    })
  })
  afterAll(async () => {
    isOver = true
    await work
    await prometheus?.stop()
    await killAll()
  })

  it.each(queries)("%s, %s: %s", async (_board, _panel, query) => {
    await until("the query has an answer", async () => {
      const answer = await prometheus.query(filledIn(query))
      return answer.length > 0 && answer.every(({ value }) => value[1] !== "NaN")
    })
  })

  it.each(recorded)("the rule %s has an answer", async (name) => {
    await until("the rule has an answer", async () => (await prometheus.query(name)).length > 0)
  })

  it("no alert fires", async () => {
    expect((await prometheus.alerts()).filter(({ state }) => state === "firing")).toEqual([])
  })
})
