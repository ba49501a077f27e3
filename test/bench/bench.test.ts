/** The bench itself works: every contender is measured, and what was answered is proved to be in the database. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { median } from "../../src/std/median.ts"
import { isMissing } from "../support/redis-server.ts"
import type { Contender } from "./contenders.ts"
import { type Measurement, turnsOf } from "./measurement.ts"
import { rows, text } from "./table.ts"

const BENCH = fileURLToPath(new URL("./bench.ts", import.meta.url))

/** autocannon is there wherever the tests are; wrk need not be. */
const bench = (flags: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number | null; readonly text: string }>((resolve) => {
    const env = { ...process.env, BENCH_GENERATOR: "autocannon" }
    const child = spawn(process.execPath, [BENCH, ...flags], { env, stdio: ["ignore", "pipe", "pipe"] })
    let text = ""
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (text += part))
    child.once("close", (code) => resolve({ code, text }))
  })

it("measures the shop, the same without owners, and node:http alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-bench-test-"))
  try {
    const file = join(folder, "bench.json")
    const short = ["--seconds", "1", "--warm-up", "1", "--rounds", "1", "--verify"]
    const { code, text } = await bench([...short, "--only", "hot-paid/64", "--json", file])
    expect(code, text).toBe(0)
    const { measurements } = JSON.parse(readFileSync(file, "utf8")) as { measurements: ReadonlyArray<Measurement> }
    expect(new Set(measurements.map(({ contender }) => contender))).toEqual(new Set(["jaego", "atomic", "bare"]))
    for (const { contender, paid, rate } of measurements) {
      expect(rate).toBeGreaterThan(0)
      expect(paid === null).toBe(contender === "bare")
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it("measures another checkout in turns with this one, on a database that the checkout has made itself", async () => {
  const short = ["--seconds", "3", "--warm-up", "1", "--rounds", "1", "--only", "hot/64"]
  const { code, text } = await bench([...short, "--checkout", fileURLToPath(new URL("../..", import.meta.url))])
  expect(code, text).toBe(0)
  expect(text).toMatch(/round 1 hot\/64 checkout: \d+\/s/)
  const jaego = text.split("\n").find((line) => /^\| hot +\| 64 +\| jaego/.test(line))!
  expect(Number(jaego.split("|")[9])).toBeGreaterThan(0)
})

describe("beside another checkout", () => {
  const measured = (contender: Contender, round: number, turns: ReadonlyArray<number>): Measurement => ({
    ...{ scenario: "hot", connections: 64, contender, round, turns, rate: median(turns), p50: 1, p99: 1, startMs: 1 },
    ...{ serviceUs: null, postgresUs: null, paid: null },
  })

  it("the ratio is the median of the ratios of the turns that belong together", () => {
    // The machine doubles its speed in the second round, while the contenders stay what they are.
    const rounds = [
      ...[measured("checkout", 1, [100, 200]), measured("jaego", 1, [90, 180])],
      ...[measured("jaego", 2, [360, 180]), measured("checkout", 2, [400, 200])],
    ]
    expect(text(rows(rounds))).toMatch(/\| jaego .*\| 0\.90 /)
  })

  it("a turn is two seconds, and the last what is left", () => {
    expect(turnsOf(5)).toEqual([2, 2, 1])
    expect(turnsOf(1)).toEqual([1])
  })
})

it("measures readings, and counts how often a crowd of readers asks the database", async () => {
  const short = ["--seconds", "1", "--warm-up", "1", "--rounds", "1", "--readers", "50", "--readings", "600"]
  const { code, text } = await bench(["--reads", ...short])
  expect(code, text).toBe(0)
  expect(text).toMatch(/^\| a product from the cache \| [\d,]+ /m)
  expect(text).toMatch(/page 10000: [\d.]+ ms/)
  const crowds = text.split("\n").filter((line) => /^\| 50 /.test(line))
  expect(crowds).toHaveLength(isMissing ? 2 : 4)
  for (const crowd of crowds) expect(crowd).toMatch(/\| 1 +\| 50 x 200 /)
  if (isMissing) return
  const phases = text.split("\n").filter((line) => /^\| (before|with)/.test(line))
  expect(phases).toHaveLength(3)
  for (const phase of phases) expect(phase.split("|")[4]?.trim()).toBe("0")
})

it("says what it was asked for wrongly", async () => {
  const { code, text } = await bench(["--seconds", "soon"])
  expect([code, text]).toEqual([1, 'bench: --seconds must be a whole number above 0, not "soon"\n'])
  const nowhere = await bench(["--checkout", "/nowhere"])
  expect(nowhere.code).toBe(1)
  expect(nowhere.text).toMatch(/^bench: --checkout \/nowhere: there is no \S+ \(clone it, then npm ci\)\n$/)
})

it("takes the middle of its rounds", () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})
