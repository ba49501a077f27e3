/** A report as Markdown: a table a cell, the crowds, the audits. */
import { adviceOf } from "./advice.ts"
import * as Curves from "./curves.ts"
import { ms, number } from "./figures.ts"
import { ABOUT, type Words } from "./guards.ts"
import {
  type Cell,
  cellsOf,
  contendersOf,
  type FaultsOf,
  isBusy,
  type Report,
  type Summary,
  summaryOf,
} from "./report.ts"
import * as Targets from "./targets.ts"

export const cellName = ({ connections, lines, products }: Cell): string =>
  lines > 1
    ? `orders of ${lines} of ${number(products)} products, ${connections} connections`
    : `${number(products)} product${products === 1 ? "" : "s"}, ${connections} connections`

/** `words`: how many columns, from the left, are words; the others are figures. */
const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>, words = 1): string =>
  [head, head.map((_, index) => (index < words ? "---" : "---:")), ...rows]
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
  return `## ${first.buyers} buyers for ${first.units} units\n\n${table(["guard", "promises to oversell", "runs that oversold", "units oversold"], rows, 2)}`
}

const auditSection = ({ audits }: Report): string => {
  const rows = audits.map(({ contender, deadlocks, duplicates, lostUpdates, orders, oversold, stuckHolds }) => [
    `\`${contender}\``,
    ...[orders, oversold, lostUpdates, duplicates, stuckHolds, deadlocks].map((each) => number(each)),
  ])
  const head = ["guard", "orders", "oversold units", "lost updates", "duplicate orders", "stuck holds", "deadlocks"]
  return `## Every database, audited afterwards\n\n${table(head, rows)}`
}

export const FAULT_HEAD: ReadonlyArray<Words> = [
  { en: "guard", ko: "방식" },
  { en: "killed: units never sold", ko: "강제 종료: 영영 못 파는 개수" },
  { en: "oversold or lost", ko: "초과 판매나 손실" },
  { en: "stuck holds", ko: "묶인 재고" },
  { en: "50 ms away: orders/s", ko: "50 ms 거리: 주문/초" },
  { en: "p99, ms", ko: "p99, ms" },
  { en: "paused: lost updates", ko: "일시 정지: 갱신 손실" },
  { en: "oversold", ko: "초과 판매" },
  { en: "longest silence, ms", ko: "가장 긴 침묵, ms" },
]

/** Of a second, ms: a latency that is as long as its load was cut off by its end. */
const CUT_MS = 990

/** Their figures. */
export const faultRow = ({ farAway, killed, paused }: FaultsOf): ReadonlyArray<string> => [
  killed.isSoldOut ? number(killed.unsold) : "?",
  number(killed.oversold + killed.lostUpdates),
  number(killed.stuckHolds),
  number(farAway.ordersPerSecond),
  farAway.p99 >= farAway.seconds * CUT_MS ? `> ${ms(farAway.seconds * 1_000)}` : ms(farAway.p99),
  number(paused.lostUpdates),
  number(paused.oversold),
  number(paused.silenceMs),
]

const faultSection = ({ faults }: Report): string => {
  if (faults.length === 0) return ""
  const rows = faults.map((each) => [`\`${each.contender}\``, ...faultRow(each)])
  return `## When things fail\n\n${table(
    FAULT_HEAD.map(({ en }) => en),
    rows,
  )}\n`
}

const targetSection = (report: Report): string => {
  const rows = Targets.of(report).map(({ goal, holds, measured, name }) => [
    name.en,
    goal.en,
    measured.en,
    holds ? "pass" : "**fail**",
  ])
  return rows.length === 0 ? "" : `## Targets\n\n${table(["target", "wanted", "measured here", ""], rows, 4)}\n`
}

const tookSection = ({ took }: Report): string => {
  const rows = took.map(({ foreseenSeconds, piece, tookSeconds }) => [
    piece === "setUp" ? "set-up" : piece,
    number(foreseenSeconds),
    number(tookSeconds),
  ])
  return `## Where the time went\n\n${table(["piece", "foreseen, s", "took, s"], rows)}`
}

/** Each beside its plot, which is a file in the same folder. */
const curveSection = (report: Report): string =>
  Curves.sweepsOf(report)
    .map((sweep) => {
      const points = Curves.pointsOf(report, sweep)
      const { axis, title, why } = Curves.ABOUT[sweep]
      const series = Curves.seriesOf(points)
      const ats = [...new Set(points.map(({ at }) => at))].toSorted((a, b) => a - b)
      const rateOf = (at: number, name: string) => {
        const found = points.find((each) => each.at === at && each.series.en === name)
        return found === undefined ? "" : number(found.measured.perSecond)
      }
      const rows = ats.map((at) => [number(at), ...series.map(({ en }) => rateOf(at, en))])
      const head = [axis.en, ...series.map(({ en }) => `${en}, orders/s`)]
      return `### ${title.en}\n\n![${title.en}](${sweep}.svg)\n\n${why.en}\n\n${table(head, rows, 0)}`
    })
    .join("\n\n")

const adviceSection = (report: Report): string => {
  const rows = adviceOf(report).map(({ because, contender, when }) => [`\`${contender}\``, when.en, because.en])
  return `## Which one should you use\n\n${table(["use", "when", "because, measured here"], rows, 3)}`
}

/** How the p99 that is a target was measured. */
export const tailOf = ({ tails }: Report): Words | null => {
  const seconds = Math.max(0, ...tails.map(({ measured }) => measured.seconds))
  return seconds === 0
    ? null
    : {
        en: `The p99 that is a target is the median of loads of ${number(seconds, 1)} s while no other guard's service runs, each right after a peak of its own.`,
        ko: `목표로 삼은 p99는 다른 방식의 서비스를 모두 끄고 잰 ${number(seconds, 1)}초 부하들의 중앙값이며, 매번 바로 앞에서 최대 처리량을 다시 쟀다.`,
      }
}

export const render = (report: Report): string => {
  const { at, left, machine, options, shortened, tookSeconds } = report
  const gigabytes = number(machine.memoryBytes / 2 ** 30)
  return `# The concurrency lab

${at.slice(0, 10)}, ${machine.processors} processors (${machine.model}), ${gigabytes} GiB, ${machine.system}, Node ${machine.node},
PostgreSQL ${machine.postgres} with fsync; ${options.rounds} interleaved round${options.rounds === 1 ? "" : "s"} of ${options.seconds} s a cell, medians; ${number(tookSeconds)} s in all.
${isBusy(machine) ? `**The machine was busy with other work (${number(machine.loadBefore, 1)} of its processors before the run): compare, and do not quote.**\n` : ""}The load generator, the service and PostgreSQL share the machine. First the closed model at its peak, then the open model at
${number(options.rate * 100)} % of that guard's own peak, latency from the time at which an order was due. Costs are per order.
${tailOf(report)?.en ?? ""}
${[...left.map((each) => `Left out: ${each}.`), ...shortened.map(({ what }) => `Shortened, since the machine is slower than was foreseen: ${what}.`)].map((each) => `\n${each}`).join("")}

${targetSection(report)}
${adviceSection(report)}

## Side by side

${cellsOf(report)
  .map((cell) => cellSection(report, cell))
  .join("\n\n")}

${crowdSection(report)}

${faultSection(report)}
${auditSection(report)}

## Why it is so: orders a second, when one thing is changed

${curveSection(report)}

${tookSection(report)}
`
}
