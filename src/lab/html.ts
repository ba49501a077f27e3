/**
 * A report as one page that needs nothing else: plots, tables and the decision, in English and Korean. The language is a pair of
 * radio buttons and a line of CSS; there is no script.
 */
import { adviceOf, hotOf } from "./advice.ts"
import * as Curves from "./curves.ts"
import { ms, number } from "./figures.ts"
import { ABOUT, type Words } from "./guards.ts"
import { cellName, FAULT_HEAD, faultRow, tailOf } from "./markdown.ts"
import { dots, escaped } from "./plot.ts"
import { type Cell, cellsOf, contendersOf, isBusy, type Report, type Summary, summaryOf } from "./report.ts"
import { STYLE } from "./style.ts"
import * as Targets from "./targets.ts"

const both = ({ en, ko }: Words): string =>
  `<span class="en">${code(escaped(en))}</span><span class="ko" lang="ko">${code(escaped(ko))}</span>`

const say = (en: string, ko: string): string => both({ en, ko })

const code = (text: string): string => text.replaceAll(/`([^`]+)`/g, "<code>$1</code>")

/** `cards`: of words, a row is read from above on a phone. */
const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  shape: "figures" | "cards" = "figures",
): string => {
  const cells = (row: ReadonlyArray<string>, tag: string) => row.map((each) => `<${tag}>${each}</${tag}>`).join("")
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n")
  return `<div class="wide"><table class="${shape}"><thead><tr>${cells(head, "th")}</tr></thead><tbody>${body}</tbody></table></div>`
}

const summariesOf = (report: Report, cell: Cell): ReadonlyArray<Summary> =>
  contendersOf(report)
    .flatMap((contender) => summaryOf(report, contender, cell) ?? [])
    .toSorted((a, b) => b.peak - a.peak)

const legend = (names: ReadonlyArray<string>): string =>
  `<p class="legend">${names.map((name, index) => `<span><i class="s${index}"></i>${escaped(name)}</span>`).join("")}</p>`

/** A row a guard, a dot a cell. */
const plotOf = (
  report: Report,
  title: Words,
  cells: ReadonlyArray<Cell>,
  value: (summary: Summary) => number | null,
  best: "most" | "least",
) => {
  const rows = contendersOf(report).map((name) => ({
    name,
    dots: cells.flatMap((cell, series) => {
      const summary = summaryOf(report, name, cell)
      const found = summary === null ? null : value(summary)
      return found === null ? [] : [{ value: found, series }]
    }),
  }))
  return `<figure><figcaption>${both(title)}</figcaption>${dots(title.en, rows, best)}${legend(cells.map(cellName))}</figure>`
}

const plots = (report: Report): string => {
  const cells = cellsOf(report)
  const hot = hotOf(cells)
  if (hot === undefined) return ""
  const byConnections = cells.filter(({ lines, products }) => lines === 1 && products === hot.products)
  const byProducts = cells.filter(({ connections, lines }) => lines === 1 && connections === hot.connections)
  const crossed = cells.filter(({ lines }) => lines > 1)
  const at = Math.round(report.options.rate * 100)
  const peak = ({ peak }: Summary) => peak
  return [
    plotOf(
      report,
      { en: "Orders a second on one product, by buyers at once", ko: "상품 하나에서 초당 주문, 동시 구매자 수별" },
      byConnections,
      peak,
      "most",
    ),
    plotOf(
      report,
      { en: "Orders a second, by products in the shop", ko: "초당 주문, 상품 수별" },
      byProducts,
      peak,
      "most",
    ),
    plotOf(
      report,
      { en: `p99 at ${at} % of its own peak, ms`, ko: `자기 최대 처리량의 ${at}% 부하에서 p99, ms` },
      byProducts,
      ({ open }) => open?.p99 ?? null,
      "least",
    ),
    plotOf(
      report,
      { en: "Retries an order", ko: "주문당 재시도" },
      [hot, ...crossed],
      ({ costs }) => costs.retries,
      "least",
    ),
    plotOf(
      report,
      { en: "WAL an order, bytes", ko: "주문당 WAL, 바이트" },
      [hot],
      ({ costs }) => costs.walBytes,
      "least",
    ),
  ].join("\n")
}

const targetTable = (report: Report): string => {
  const targets = Targets.of(report)
  if (targets.length === 0) return ""
  const head = [say("target", "목표"), say("wanted", "기준"), say("measured here", "이번 측정"), ""]
  const rows = targets.map(({ goal, holds, measured, name }) => [
    both(name),
    both(goal),
    both(measured),
    `<b class="${holds ? "good" : "bad"}">${holds ? say("pass", "달성") : say("fail", "미달")}</b>`,
  ])
  return `<h2>${say("Targets", "목표")}</h2>${table(head, rows, "cards")}`
}

/** A plot for each thing that was changed, with the reason. */
const curves = (report: Report): string => {
  const sweeps = Curves.sweepsOf(report)
  if (sweeps.length === 0) return ""
  const figures = sweeps.map((sweep) => {
    const { title, why } = Curves.ABOUT[sweep]
    const names = Curves.seriesOf(Curves.pointsOf(report, sweep))
    const legend = names.map((name, index) => `<span><i class="c${index}"></i>${both(name)}</span>`).join("")
    return `<figure><figcaption>${both(title)}</figcaption>${Curves.plotOf(report, sweep)}<p class="legend">${legend}</p><p class="note">${both(why)}</p></figure>`
  })
  return `<h2>${say("Why it is so: orders a second, when one thing is changed", "왜 그런가: 하나만 바꿔 본 초당 주문")}</h2><div class="pair">${figures.join("\n")}</div>`
}

const percent = (part: number): string => `${number(part * 100)} %`

const cellTable = (report: Report, cell: Cell): string => {
  const head = [
    say("guard", "방식"),
    say("orders/s", "주문/초"),
    ...["p50", "p99", "p99.9"].map((each) => `${each}, ms`),
    say("offered/s", "부하/초"),
    ...["p50", "p99", "p99.9"].map((each) => `${each}, ms`),
    say("statements", "문장"),
    say("commits", "커밋"),
    say("retries", "재시도"),
    "WAL, B",
    say("CPU service, µs", "CPU 서비스, µs"),
    "CPU PostgreSQL, µs",
    say("waiting for locks", "락 대기"),
  ]
  const rows = summariesOf(report, cell).map(({ closed, contender, costs, open, peak }) => [
    `<code>${contender}</code>`,
    number(peak),
    ...[closed.p50, closed.p99, closed.p999].map(ms),
    ...(open === null ? ["", "", "", ""] : [number(open.offered), ...[open.p50, open.p99, open.p999].map(ms)]),
    ...[costs.statements, costs.commits, costs.retries].map((each) => number(each, 2)),
    number(costs.walBytes),
    ...[costs.serviceUs, costs.postgresUs].map((each) => (each === null ? "" : number(each))),
    percent(costs.waiting),
  ])
  return `<details><summary>${escaped(cellName(cell))}</summary>${table(head, rows)}</details>`
}

const crowdTable = ({ crowds }: Report): string => {
  const [first] = crowds
  if (first === undefined) return ""
  const { buyers, units } = first
  const rows = crowds.map(({ contender, oversoldRuns, oversoldUnits, runs }) => [
    `<code>${contender}</code>`,
    both(ABOUT[contender].what),
    say(`oversold in ${oversoldRuns} of ${runs} runs`, `${runs}번 중 ${oversoldRuns}번 초과 판매`),
    `<b class="${oversoldUnits > 0 ? "bad" : "good"}">${say(`${number(oversoldUnits)} units`, `${number(oversoldUnits)}개`)}</b>`,
  ])
  const head = [
    say("guard", "방식"),
    say("what it does", "하는 일"),
    say("runs", "횟수"),
    say("units oversold", "초과 판매 개수"),
  ]
  return `<h2>${say(`${buyers} buyers for ${units} units`, `${units}개를 사러 온 ${buyers}명`)}</h2>${table(head, rows, "cards")}`
}

const auditTable = ({ audits }: Report): string => {
  const rows = audits.map(({ contender, deadlocks, duplicates, lostUpdates, orders, oversold, stuckHolds }) => [
    `<code>${contender}</code>`,
    ...[orders, oversold, lostUpdates, duplicates, stuckHolds, deadlocks].map((each) => number(each)),
  ])
  const head = [
    say("guard", "방식"),
    say("orders", "주문"),
    say("oversold units", "초과 판매"),
    say("lost updates", "갱신 손실"),
    say("duplicate orders", "중복 주문"),
    say("stuck holds", "묶인 재고"),
    say("deadlocks", "교착"),
  ]
  return `<h2>${say("Every database, audited afterwards", "측정이 끝난 뒤 데이터베이스 감사")}</h2>${table(head, rows)}`
}

const faultTable = ({ faults }: Report): string => {
  if (faults.length === 0) return ""
  const rows = faults.map((each) => [`<code>${each.contender}</code>`, ...faultRow(each)])
  return `<h2>${say("When things fail", "무언가 고장 났을 때")}</h2>${table(FAULT_HEAD.map(both), rows)}`
}

const tookTable = ({ took }: Report): string => {
  const head = [say("piece", "단계"), say("foreseen, s", "예상, 초"), say("took, s", "실제, 초")]
  const rows = took.map(({ foreseenSeconds, piece, tookSeconds }) => [
    piece === "setUp" ? say("set-up", "준비") : piece,
    ...[foreseenSeconds, tookSeconds].map((each) => number(each)),
  ])
  return `<h2>${say("Where the time went", "시간이 쓰인 곳")}</h2>${table(head, rows)}`
}

const adviceTable = (report: Report): string => {
  const head = [say("use", "선택"), say("when", "언제"), say("because, measured here", "이유, 이번 측정")]
  const rows = adviceOf(report).map(({ because, contender, when }) => [
    `<code>${contender}</code>`,
    both(when),
    both(because),
  ])
  return `<h2>${say("Which one should you use", "무엇을 쓰면 될까")}</h2>${table(head, rows, "cards")}`
}

const about = (report: Report): string => {
  const { at, left, machine, options, shortened, tookSeconds } = report
  const tail = tailOf(report)
  const box = `${machine.processors} × ${escaped(machine.model)}, ${number(machine.memoryBytes / 2 ** 30)} GiB, ${escaped(machine.system)}, Node ${machine.node}, PostgreSQL ${machine.postgres} (fsync)`
  const how = say(
    `${options.rounds} interleaved rounds of ${options.seconds} s a cell, medians; ${number(tookSeconds)} s in all. Load, service and database share the machine. Closed model for the peak; open model below it, with latency from the time at which an order was due. ${tail?.en ?? ""}`,
    `번갈아 ${options.rounds}회, 칸마다 ${options.seconds}초, 중앙값. 모두 ${number(tookSeconds)}초. 부하 생성기와 서비스와 데이터베이스가 한 대에서 돈다. 최대 처리량은 닫힌 모델로, 지연은 열린 모델로 쟀고, 지연은 주문이 나갔어야 할 시각부터 센다. ${tail?.ko ?? ""}`,
  )
  const missing = left.map((each) => `<p class="note">${say(`Left out: ${each}`, `제외: ${each}`)}</p>`).join("")
  const cut = shortened
    .map(
      ({ what }) =>
        `<p class="note">${say(`Shortened, since the machine is slower than was foreseen: ${what}`, `예상보다 느린 컴퓨터라서 줄임: ${what}`)}</p>`,
    )
    .join("")
  const load = number(machine.loadBefore, 1)
  const busy = isBusy(machine)
    ? `<p class="note bad">${say(`The machine was busy with other work (${load} of its processors before the run): compare, and do not quote.`, `측정 전부터 다른 일로 바쁜 컴퓨터였다(프로세서 ${load}개). 서로 비교만 하고 인용하지는 말 것.`)}</p>`
    : ""
  return `${busy}<p class="note">${at.slice(0, 10)} · ${box}</p><p class="note">${how}</p>${missing}${cut}`
}

export const render = (report: Report): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jaego: the concurrency lab</title><style>${STYLE}</style></head><body>
<nav><input type="radio" name="language" id="en" checked><label for="en">English</label><input type="radio" name="language" id="ko"><label for="ko">한국어</label></nav>
<main><h1>${say("Every way to guard a hot row, side by side", "인기 상품 한 줄을 지키는 모든 방법, 나란히")}</h1>
${about(report)}
${targetTable(report)}
${crowdTable(report)}
<div class="pair">${plots(report)}</div>
${faultTable(report)}
${adviceTable(report)}
${curves(report)}
<h2>${say("All figures", "모든 수치")}</h2>
<p class="note">${say("First the closed model, then the open model; costs are per order.", "앞쪽은 닫힌 모델, 뒤쪽은 열린 모델. 비용은 주문당.")}</p>
${cellsOf(report)
  .map((cell) => cellTable(report, cell))
  .join("\n")}
${auditTable(report)}
${tookTable(report)}
</main></body></html>
`
