/** What the house wants to reach, beside what a run has reached. */

import { median } from "../std/median.ts"
import { ms, number } from "./figures.ts"
import { ABOUT, type Words } from "./guards.ts"
import { type Cell, cellsOf, contendersOf, type Report, summaryOf } from "./report.ts"

export interface Target {
  readonly name: Words
  readonly goal: Words
  readonly measured: Words
  readonly holds: boolean
}

const OVERSOLD_SHARE = 19 / 20
const TIMES_ATOMIC = 12
const TIMES_OTHERS = 10
const TIMES_ATOMIC_WIDE = 5
const P99_MS = 25
const P99_PART = 1 / 10

/** The shops that they are about. */
const CONNECTIONS = 256
const [ONE, MANY] = [1, 10_000]

const same = (text: string): Words => ({ en: text, ko: text })

const oversell = ({ crowds }: Report): ReadonlyArray<Target> => {
  const naive = crowds.find(({ contender }) => contender === "naive")
  const safe = crowds.filter(({ contender }) => ABOUT[contender].isSafe)
  const units = safe.reduce((sum, each) => sum + each.oversoldUnits, 0)
  const runs = Math.min(...safe.map((each) => each.runs))
  return [
    ...(naive === undefined
      ? []
      : [
          {
            name: { en: "without a guard it oversells", ko: "보호 장치가 없으면 초과 판매한다" },
            goal: { en: "at least 19 of 20 runs", ko: "20번 중 19번 이상" },
            measured: {
              en: `${naive.oversoldRuns} of ${naive.runs} runs`,
              ko: `${naive.runs}번 중 ${naive.oversoldRuns}번`,
            },
            holds: naive.oversoldRuns >= naive.runs * OVERSOLD_SHARE,
          },
        ]),
    ...(safe.length === 0
      ? []
      : [
          {
            name: { en: "a guard that promises it never oversells", ko: "약속한 방식은 초과 판매하지 않는다" },
            goal: { en: "0 units", ko: "0개" },
            measured: {
              en: `${number(units)} units in ${runs} runs of each of ${safe.length} guards`,
              ko: `${safe.length}가지 방식에서 ${runs}번씩, ${number(units)}개`,
            },
            holds: units === 0,
          },
        ]),
  ]
}

const ratio = (name: Words, wanted: number, actors: number, other: number, than: string): Target => ({
  name,
  goal: { en: `at least ${wanted} times`, ko: `${wanted}배 이상` },
  measured: same(`${number(actors / other, 1)} × (${number(actors)} : ${number(other)} \`${than}\`)`),
  holds: actors >= wanted * other,
})

const buyers = (connections: number, products: number): Words => ({
  en: `${connections} connections, ${number(products)} product${products === 1 ? "" : "s"}`,
  ko: `동시 연결 ${connections}개, 상품 ${number(products)}개`,
})

const shopOf = (cells: ReadonlyArray<Cell>, products: number): Cell | undefined =>
  cells.find((each) => each.lines === 1 && each.connections === CONNECTIONS && each.products === products)

const throughput = (report: Report): ReadonlyArray<Target> => {
  const cells = cellsOf(report)
  const [hot, wide] = [ONE, MANY].map((products) => shopOf(cells, products!))
  if (hot === undefined) return []
  const peak = (contender: Report["options"]["guards"][number], cell: Cell) =>
    summaryOf(report, contender, cell)?.peak ?? 0
  const [ours, atomic] = [peak("actors", hot), peak("atomic", hot)]
  if (ours === 0) return []
  const [best] = contendersOf(report)
    .filter((each) => each !== "actors" && each !== "atomic")
    .map((contender) => ({ contender, peak: peak(contender, hot) }))
    .toSorted((a, b) => b.peak - a.peak)
  const of = ({ en, ko }: Words, cell: Cell): Words => {
    const shop = buyers(cell.connections, cell.products)
    return { en: `${shop.en}: ${en}`, ko: `${shop.ko}: ${ko}` }
  }
  const beside = { en: "orders/s beside `atomic`", ko: "`atomic` 대비 초당 주문" }
  return [
    ...(atomic > 0 ? [ratio(of(beside, hot), TIMES_ATOMIC, ours, atomic, "atomic")] : []),
    ...(best === undefined
      ? []
      : [
          ratio(
            of({ en: "orders/s beside the best of the others", ko: "나머지 중 최고 대비 초당 주문" }, hot),
            ...([TIMES_OTHERS, ours, best.peak, best.contender] as const),
          ),
        ]),
    ...(atomic > 0 && wide !== undefined && peak("atomic", wide) > 0
      ? [ratio(of(beside, wide), TIMES_ATOMIC_WIDE, peak("actors", wide), peak("atomic", wide), "atomic")]
      : []),
  ]
}

const latency = (report: Report): ReadonlyArray<Target> => {
  const [closed, open] = [true, false].map((isClosed) =>
    report.tails.filter((each) => shopOf([each], ONE) !== undefined && (each.offered === null) === isClosed),
  )
  if (open!.length === 0) return []
  const p99 = median(open!.map(({ measured }) => measured.p99))
  const offered = median(open!.map((each) => each.offered!))
  const peak = median(closed!.map(({ measured }) => measured.perSecond))
  const atomic = median(report.sameLoad.map(({ measured }) => measured.p99))
  const part = number(report.options.rate * 100)
  const at = { en: `p99 at ${part} % of its own peak`, ko: `자기 최대 처리량의 ${part}% 부하에서 p99` }
  return [
    {
      name: at,
      goal: { en: `at most ${P99_MS} ms`, ko: `${P99_MS} ms 이하` },
      measured: {
        en: `${ms(p99)} ms (${number(offered)} of ${number(peak)} orders/s; ${open!.length} loads)`,
        ko: `${ms(p99)} ms (초당 ${number(peak)}건 중 ${number(offered)}건, 부하 ${open!.length}회)`,
      },
      holds: p99 <= P99_MS,
    },
    ...(report.sameLoad.length === 0
      ? []
      : [
          {
            name: { en: "the same, beside `atomic` at the same load", ko: "같은 부하에서 `atomic` 대비 p99" },
            goal: { en: "at most a tenth", ko: "10분의 1 이하" },
            measured: same(`${ms(p99)} : ${ms(atomic)} ms`),
            holds: p99 <= atomic * P99_PART,
          },
        ]),
  ]
}

/** Those that the run has measured. */
export const of = (report: Report): ReadonlyArray<Target> => [
  ...oversell(report),
  ...throughput(report),
  ...latency(report),
]
