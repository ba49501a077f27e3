/** What a run of the lab will measure, before it begins; and what a report says of its figures. */
import { describe, expect, it } from "vitest"
import * as Curves from "../../src/lab/curves.ts"
import { CONTENDERS } from "../../src/lab/guards.ts"
import * as Html from "../../src/lab/html.ts"
import * as Markdown from "../../src/lab/markdown.ts"
import * as Plan from "../../src/lab/plan.ts"
import { added, type Measurement, type Part, type Report, SWEEPS } from "../../src/lab/report.ts"
import * as Targets from "../../src/lab/targets.ts"

const FIVE_MINUTES = 300

describe("a plan", () => {
  it("of everything fits into five minutes, and has medians for what the targets are about", () => {
    const plan = Plan.plan({ quick: false })
    expect(plan.options).toMatchObject({
      guards: CONTENDERS,
      products: [1, 100, 10_000],
      connections: [16, 64, 256],
      rounds: 3,
    })
    expect(plan.options.parts).toEqual(["guards", "oversell", "faults"])
    expect(Plan.secondsOf(plan)).toBeLessThan(FIVE_MINUTES)
    expect(plan.options.seconds).toBeGreaterThanOrEqual(0.3)
    expect(Plan.cellsIn(3, plan)).toEqual(
      expect.arrayContaining([1, 10_000].map((products) => ({ products, connections: 256, lines: 1 }))),
    )
  })

  it("of a first look fits into 40 s", () => {
    expect(Plan.secondsOf(Plan.plan({ quick: true }))).toBeLessThan(40)
  })

  it("gives few guards more time each, and never more than is asked for at most", () => {
    const all = Plan.plan({ quick: false })
    const few = Plan.plan({ quick: false, guards: ["actors", "atomic"] })
    expect(few.options.seconds).toBeGreaterThan(all.options.seconds)
    expect(few.isThorough).toBe(true)
    expect(few.options.seconds).toBeLessThanOrEqual(5)
    expect(Plan.secondsOf(few)).toBeLessThan(FIVE_MINUTES)
  })

  it("does what flags say, however long it takes, and says how long", () => {
    const plan = Plan.plan({ quick: false, seconds: 5, rounds: 3, oversell: 100 })
    expect(plan).toMatchObject({ budgetSeconds: null, isThorough: true })
    expect(plan.options).toMatchObject({ seconds: 5, rounds: 3, oversell: { safe: 100, unsafe: 100 } })
    expect(Plan.loadsOf(plan)).toBe(CONTENDERS.length * 3 * 9)
    expect(Plan.secondsOf(plan)).toBeGreaterThan(CONTENDERS.length * 3 * 9 * 5)
    expect(Plan.summary(plan)).toMatch(/^about \d+ s: set-up \d+ s, guards \d+ s/)
  })

  it("keeps the seconds it is given, and fits the rounds", () => {
    const { options } = Plan.plan({ quick: false, seconds: 1 })
    expect(options.seconds).toBe(1)
    expect(options.rounds).toBeLessThan(3)
  })
})

const HOT = { products: 1, connections: 256, lines: 1 }

const measurement = (
  contender: Measurement["contender"],
  perSecond: number,
  p99: number,
  offered: number | null,
): Measurement => ({
  ...HOT,
  contender,
  round: 1,
  offered,
  measured: {
    ...{
      seconds: 1,
      placed: perSecond,
      perSecond,
      statuses: {},
      broken: 0,
      unanswered: 0,
      isSoldOut: false,
      silenceMs: 1,
      p50: 1,
      p99,
      p999: p99,
    },
  },
  costs: { statements: 1, commits: 1, retries: 0, walBytes: 1, serviceUs: null, postgresUs: null, waiting: 0 },
})

const report = (parts: ReadonlyArray<Part>, of: Partial<Report> = {}): Report => ({
  at: "2026-01-01T00:00:00.000Z",
  tookSeconds: 1,
  took: [],
  machine: {
    processors: 2,
    model: "any",
    memoryBytes: 1e9,
    system: "any",
    node: "v26",
    loadBefore: 0.1,
    postgres: "18",
  },
  options: {
    ...{ guards: ["actors", "atomic"], products: [1], connections: [256], rate: 0.7, seconds: 1, rounds: 1 },
    oversell: { safe: 1, unsafe: 1 },
    parts,
  },
  ...{
    measurements: [],
    tails: [],
    sameLoad: [],
    points: [],
    crowds: [],
    audits: [],
    faults: [],
    left: [],
    shortened: [],
  },
  ...of,
})

const SOLD = report(["guards", "oversell"], {
  measurements: [
    measurement("actors", 12_000, 30, null),
    measurement("actors", 8_000, 84, 8_400),
    measurement("atomic", 999, 400, null),
    measurement("pessimistic", 1_500, 400, null),
  ],
  tails: [24, 20, 80].flatMap((p99) => [
    measurement("actors", 13_000, 40, null),
    measurement("actors", 9_100, p99, 9_100),
  ]),
  sameLoad: [measurement("atomic", 900, 900, 9_100)],
  crowds: [
    { contender: "actors", buyers: 400, units: 50, runs: 100, oversoldRuns: 0, oversoldUnits: 0 },
    { contender: "naive", buyers: 400, units: 50, runs: 20, oversoldRuns: 18, oversoldUnits: 3_000 },
  ],
})

const SWEPT = report(["batch"], {
  points: [1, 512].map((at) => ({
    sweep: "batch",
    series: { en: "1 product", ko: "상품 1개" },
    at,
    measured: { perSecond: at * 20, p50: 1, p99: 2 },
  })),
})

describe("a report", () => {
  it("says of each target whether it was reached", () => {
    expect(Targets.of(SOLD).map(({ holds, measured }) => [holds, measured.en])).toEqual([
      [false, "18 of 20 runs"],
      [true, "0 units in 100 runs of each of 1 guards"],
      [true, "12.0 × (12,000 : 999 `atomic`)"],
      [false, "8.0 × (12,000 : 1,500 `pessimistic`)"],
      [true, "24 ms (9,100 of 13,000 orders/s; 3 loads)"],
      [true, "24 : 900 ms"],
    ])
    expect(Markdown.render(SOLD)).toContain("| 18 of 20 runs | **fail** |")
    expect(
      Targets.of(report([], { measurements: [{ ...measurement("actors", 9, 9, null), connections: 64 }] })),
    ).toEqual([])
  })

  it("says that the machine was busy, if it was", () => {
    const busy = { ...SOLD, machine: { ...SOLD.machine, loadBefore: 5 } }
    for (const render of [Html.render, Markdown.render]) {
      expect(render(SOLD)).not.toContain("busy with other work")
      expect(render(busy)).toContain("busy with other work")
    }
  })

  it("keeps what it had, beside what is added", () => {
    const both = added(SOLD, SWEPT)
    expect(both.options.parts).toEqual(["guards", "oversell", "batch"])
    expect(both).toMatchObject({
      measurements: SOLD.measurements,
      crowds: SOLD.crowds,
      points: SWEPT.points,
      tookSeconds: 1,
    })
    expect(added(both, SWEPT).points).toEqual(SWEPT.points)
    const [actors, naive] = SOLD.crowds
    const again = { ...naive!, oversoldRuns: 20 }
    expect(added(both, { ...SOLD, crowds: [again] }).crowds).toEqual([actors, again])
    const cuts = (["actors", "naive"] as const).map((each) => ({
      part: "oversell" as const,
      guards: [each],
      what: `1 of 3 crowds of ${each}`,
    }))
    const only = { ...SOLD, options: { ...SOLD.options, guards: ["naive" as const], parts: ["oversell" as const] } }
    expect(added({ ...both, shortened: cuts }, only).shortened).toEqual(cuts.slice(0, 1))
  })

  it("plots each thing that was changed, in the page and as a file, and says why", () => {
    const points = SWEEPS.flatMap((sweep) => SWEPT.points.map((each) => ({ ...each, sweep })))
    const swept = report(SWEEPS, { points })
    const page = Html.render(swept)
    for (const sweep of SWEEPS) {
      expect(page).toContain(Curves.ABOUT[sweep].title.ko)
      const file = Curves.fileOf(swept, sweep)
      expect(file).toMatch(/^<svg xmlns[\s\S]*상품 1개[\s\S]*<polyline class="c0"[\s\S]*<\/svg>\n$/)
      expect(Markdown.render(swept)).toContain(`(${sweep}.svg)`)
    }
  })
})
