/** A report as Markdown: a table a cell, the crowds, the audits. */
import { ABOUT } from "./guards.ts"
import { type Cell, cellsOf, type Report, type Summary, summaryOf } from "./report.ts"
import type { Contender } from "./service.ts"

export const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** Milliseconds: small ones with a digit more. */
export const ms = (value: number): string => number(value, value < 10 ? 1 : 0)

export const cellName = ({ connections, lines, products }: Cell): string =>
  lines > 1
    ? `orders of ${lines} of ${number(products)} products, ${connections} connections`
    : `${number(products)} product${products === 1 ? "" : "s"}, ${connections} connections`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")

const HEAD = [
  ...["guard", "orders/s", "p50, ms", "p99", "p99.9", "offered/s", "p50, ms", "p99", "p99.9", "statements", "commits"],
  ...["retries", "WAL, B", "CPU service, µs", "CPU PostgreSQL, µs", "waiting for locks"],
]

const row = ({ closed, contender, costs, open, peak }: Summary): ReadonlyArray<string> => [
  `\`${contender}\``,
  number(peak),
  ...[closed.p50, closed.p99, closed.p999].map(ms),
  ...(open === null ? ["", "", "", ""] : [number(open.offered), ...[open.p50, open.p99, open.p999].map(ms)]),
  ...[costs.statements, costs.commits, costs.retries].map((each) => number(each, 2)),
  number(costs.walBytes),
  ...[costs.serviceUs, costs.postgresUs].map((each) => (each === null ? "" : number(each))),
  `${number(costs.waiting * 100)} %`,
]

const contendersOf = (report: Report): ReadonlyArray<Contender> => [
  ...new Set(report.measurements.map(({ contender }) => contender)),
]

const cellSection = (report: Report, cell: Cell): string => {
  const summaries = contendersOf(report)
    .flatMap((contender) => summaryOf(report, contender, cell) ?? [])
    .toSorted((a, b) => b.peak - a.peak)
  return `### ${cellName(cell)}\n\n${table(HEAD, summaries.map(row))}`
}

const crowdSection = ({ crowds }: Report): string => {
  const [first] = crowds
  if (first === undefined) return ""
  const rows = crowds.map(({ contender, oversoldRuns, oversoldUnits, runs }) => [
    ...[`\`${contender}\``, ABOUT[contender].isSafe ? "never" : "nothing"],
    ...[`${oversoldRuns} of ${runs}`, number(oversoldUnits)],
  ])
  return `## ${first.buyers} buyers for ${first.units} units\n\n${table(["guard", "promises to oversell", "runs that oversold", "units oversold"], rows)}`
}

const auditSection = ({ audits }: Report): string => {
  const rows = audits.map(({ contender, deadlocks, duplicates, lostUpdates, orders, oversold, round, stuckHolds }) => [
    `\`${contender}\`, round ${round}`,
    ...[orders, oversold, lostUpdates, duplicates, stuckHolds, deadlocks].map((each) => number(each)),
  ])
  const head = ["guard", "orders", "oversold units", "lost updates", "duplicate orders", "stuck holds", "deadlocks"]
  return `## Every database, audited afterwards\n\n${table(head, rows)}`
}

export const render = (report: Report): string => {
  const { at, left, machine, options, tookSeconds } = report
  const gigabytes = number(machine.memoryBytes / 2 ** 30)
  return `# The concurrency lab

${at.slice(0, 10)}, ${machine.processors} processors (${machine.model}), ${gigabytes} GiB, ${machine.system}, Node ${machine.node},
PostgreSQL ${machine.postgres} with fsync; ${options.rounds} interleaved round${options.rounds === 1 ? "" : "s"} of ${options.seconds} s a cell, medians; ${number(tookSeconds)} s in all.
The load generator, the service and PostgreSQL share the machine. First the closed model at its peak, then the open model at
${number(options.rate * 100)} % of that guard's own peak, latency from the time at which an order was due. Costs are per order.
${left.map((each) => `\nLeft out: ${each}.`).join("")}

## Side by side

${cellsOf(report)
  .map((cell) => cellSection(report, cell))
  .join("\n\n")}

${crowdSection(report)}

${auditSection(report)}
`
}
