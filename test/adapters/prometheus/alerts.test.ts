/** The alerts of `infra/prometheus`: each fires for its cause and not without it, is of metrics that exist, and leads to what is to be done. */
import { spawnSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Registry } from "prom-client"
import { describe, expect, it } from "vitest"
import { meters } from "../../../src/adapters/prometheus/meters.ts"
import * as Missing from "../../support/missing.ts"

const root = join(import.meta.dirname, "../../..")
const rules = readFileSync(join(root, "infra/prometheus/alerts.yml"), "utf8")
const tests = readFileSync(join(root, "infra/prometheus/alerts.test.yml"), "utf8")
const runbook = readFileSync(join(root, "docs/runbook.md"), "utf8")

const operating = readFileSync(join(root, "docs/operating.md"), "utf8")

const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
const promtool = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync("promtool", args, {
    cwd: join(root, "infra/prometheus"),
    encoding: "utf8",
  })
  return { status, said: stdout + stderr }
}

describe.skipIf(Missing.leaveOut("the alerts", Missing.absent("promtool")))("promtool", () => {
  it("takes the configuration with its rules", () => {
    const { said, status } = promtool("check", "config", "prometheus.yml")
    expect(status, said).toBe(0)
  })

  // Three days are played through.
  it("sees each alert fire for its cause, and none without it", () => {
    const { said, status } = promtool("test", "rules", "alerts.test.yml")
    expect(status, said).toBe(0)
  })
})

it.each(alerts)("%s is tested, and leads to its section of the runbook", (alert) => {
  expect(tests).toMatch(new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n`))
  const [, section] = new RegExp(`alert: ${alert}\\n[^]*?runbook_url: docs/runbook\\.md#(\\S+)`).exec(rules)!
  expect(runbook.split("\n")).toContain(`## ${section}`)
})

const drills = globSync("test/world/drills/*.test.ts", { cwd: root }).map((file) =>
  readFileSync(join(root, file), "utf8"),
)

it.each(alerts)("%s is drilled", (alert) => {
  expect(drills.join("\n")).toContain(`"${alert}"`)
})

it("every section of the runbook is one that an alert leads to", () => {
  const sections = [...runbook.matchAll(/^## (\S+)$/gm)].map(([, section]) => section)
  const led = new Set([...rules.matchAll(/runbook_url: docs\/runbook\.md#(\S+)/g)].map(([, section]) => section))
  expect(sections.sort()).toEqual([...led].sort())
})

it("rules and runbook name only metrics that the service has", async () => {
  const registry = new Registry()
  meters(registry)
  const names = new Set(registry.getMetricsAsArray().map(({ name }) => name))
  const named = [...`${rules}${runbook}`.matchAll(/\b(?:jaego|http_server)_[a-z_0-9]+\b/g)].map(([name]) =>
    name.replace(/_(count|bucket|sum)$/, ""),
  )
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((name) => !names.has(name))).toEqual([])
})

it("operating.md says of each metric what it is", () => {
  const registry = new Registry()
  meters(registry)
  const words = new Set(operating.match(/\b[a-z]+(_[a-z]+)+\b|\bjaego_[a-z]+_\*/g))
  const isSaid = (name: string) => words.has(name) || words.has(name.replace(/^(jaego_[a-z]+_).*/, "$1*"))
  expect(registry.getMetricsAsArray().flatMap(({ name }) => (isSaid(name) ? [] : [name]))).toEqual([])
})
