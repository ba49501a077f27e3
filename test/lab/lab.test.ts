/** The lab, as small as it can be: what it measures, what its audit finds, and what it leaves behind. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Report, summaryOf } from "../../src/lab/report.ts"
import { killAll, run } from "../support/service.ts"

const folder = mkdtempSync(join(tmpdir(), "jaego-lab-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterAll(killAll)

const TINY = [
  "--products",
  "1",
  "--connections",
  "16",
  "--seconds",
  "1",
  "--rounds",
  "1",
  "--oversell",
  "1",
  "--json",
  "--out",
  folder,
]

const CELL = { products: 1, connections: 16, lines: 1 }

describe("jaego lab", () => {
  let report: Report

  beforeAll(async () => {
    const { code, stderr, stdout } = await run(["lab", "--guards", "actors,naive", "--faults", ...TINY])
    expect(code, stderr).toBe(0)
    report = JSON.parse(stdout) as Report
  }, 900_000)

  it("sees a shop without a guard sell more than it has, and one with owners sell no unit twice", () => {
    const [actors, naive] = report.crowds
    expect(actors).toMatchObject({ contender: "actors", oversoldRuns: 0, oversoldUnits: 0 })
    expect(naive).toMatchObject({ contender: "naive", oversoldRuns: 1 })
    expect(naive!.oversoldUnits).toBeGreaterThan(0)
  })

  it("audits every database: lost updates without a guard, none with owners, and never two orders for one request", () => {
    const [actors, naive] = report.audits
    expect(actors).toMatchObject({ oversold: 0, lostUpdates: 0, duplicates: 0, stuckHolds: 0, deadlocks: 0 })
    expect(naive!.lostUpdates).toBeGreaterThan(0)
    expect(naive).toMatchObject({ duplicates: 0 })
    for (const each of report.audits) expect(each.orders).toBeGreaterThan(50)
  })

  it("measures closed and open model, and what an order costs", () => {
    for (const contender of ["actors", "naive"] as const) {
      const { closed, costs, open, peak } = summaryOf(report, contender, CELL)!
      expect(peak).toBeGreaterThan(0)
      expect(open!.offered).toBeCloseTo(peak * 0.7, 5)
      for (const { p50, p99, p999 } of [closed, open!]) {
        expect(p50).toBeGreaterThan(0)
        expect([p50, p99, p999]).toEqual([p50, p99, p999].toSorted((a, b) => a - b))
      }
      expect(costs.walBytes).toBeGreaterThan(0)
    }
    const [together, alone] = (["actors", "naive"] as const).map((each) => summaryOf(report, each, CELL)!.costs)
    expect(together!.commits).toBeLessThan(0.9)
    expect(alone!.commits).toBe(1)
    expect(alone!.statements).toBeGreaterThan(together!.statements)
  })

  it("kills, delays and pauses: owners lose no unit, and without a guard some are lost all the same", () => {
    const [actors, naive] = report.faults
    expect(actors!.killed).toMatchObject({ isSoldOut: true, unsold: 0, oversold: 0, lostUpdates: 0, duplicates: 0 })
    expect(actors!.paused).toMatchObject({ oversold: 0, lostUpdates: 0, duplicates: 0 })
    expect(naive!.paused.lostUpdates).toBeGreaterThan(0)
    for (const { farAway } of report.faults) expect(farAway.ordersPerSecond).toBeGreaterThan(0)
  })

  it("leaves a report for people and one for programs", () => {
    expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toEqual(report)
    expect(readFileSync(join(folder, "report.md"), "utf8")).toContain("| `naive` | nothing | 1 of 1 |")
    const page = readFileSync(join(folder, "report.html"), "utf8")
    expect(page.length).toBeLessThan(300 * 1_024)
    expect(page).not.toMatch(/<script|https?:/)
    for (const each of ["<svg", "Targets", "목표", "절대 쓰지 않는다", "Never."]) expect(page).toContain(each)
  })
})

it("says which guard it does not know", async () => {
  const { code, stderr } = await run(["lab", "--guards", "hope"])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^jaego: .*names of actors, atomic/)
})
