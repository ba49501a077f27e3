/** Which one should you use: what each guard is right for, with what this run has measured as the reason. */
import { ms, number } from "./figures.ts"
import type { Words } from "./guards.ts"
import { type Cell, cellsOf, type Report, type Summary, summaryOf } from "./report.ts"
import type { Contender } from "./service.ts"

export interface Advice {
  readonly contender: Contender
  readonly when: Words
  readonly because: Words
}

interface Facts {
  /** On one product, at the most connections; and on the most products. */
  readonly hot: Summary
  readonly wide: Summary
  readonly report: Report
  /** That of `atomic` on one product; null: it was not measured. */
  readonly atomic: Summary | null
}

/** Of all rounds. */
const total = ({ audits }: Report, contender: Contender, name: "deadlocks" | "lostUpdates" | "orders"): number =>
  audits.filter((each) => each.contender === contender).reduce((sum, each) => sum + each[name], 0)

const times = ({ atomic, hot }: Facts): string => (atomic === null ? "" : number(hot.peak / atomic.peak, 1))

const words = (en: string, ko: string): Words => ({ en, ko })

const p99 = ({ open }: Summary): string => (open === null ? "?" : ms(open.p99))

/** The same where there are many products; nothing, if that was not measured. */
const onMany = (hot: Summary, wide: Summary, language: (words: Words) => string): string => {
  const { cell, costs, peak } = wide
  if (cell.products === hot.cell.products) return ""
  const [products, retries, rate] = [number(cell.products), number(costs.retries, 2), number(peak)]
  return language(
    words(
      `; with ${products} products ${retries} retries and ${rate} orders/s`,
      `. 상품이 ${products}개면 재시도 ${retries}번, 초당 ${rate}건`,
    ),
  )
}

type Rule = { readonly when: Words; readonly because: (facts: Facts) => Words }

const RULES: Readonly<Partial<Record<Contender, Rule>>> = {
  atomic: {
    when: words(
      "An ordinary shop: at most some hundred orders a second of one product, and the rule fits into a WHERE. Begin here.",
      "보통의 쇼핑몰: 상품 하나에 초당 수백 건 이하이고, 규칙을 WHERE 하나로 쓸 수 있을 때. 여기서 시작하면 된다.",
    ),
    because: ({ hot }) =>
      words(
        `${number(hot.peak)} orders/s on one product, p99 ${p99(hot)} ms below its peak; nothing to operate but the database`,
        `상품 하나에서 초당 ${number(hot.peak)}건, 부하 70%에서 p99 ${p99(hot)} ms. 데이터베이스 말고는 운영할 것이 없다`,
      ),
  },
  actors: {
    when: words(
      "A drop or a ticket sale: thousands of orders a second meet on one product, and one process may own it.",
      "한정판 판매나 예매: 초당 수천 건이 상품 하나에 몰리고, 프로세스 하나가 그 상품을 소유해도 될 때.",
    ),
    because: (facts) =>
      words(
        `${number(facts.hot.peak)} orders/s on one product, ${times(facts)} times \`atomic\`, with ${number(facts.hot.costs.commits, 3)} commits an order; the price is an owner in memory that has to be fenced`,
        `상품 하나에서 초당 ${number(facts.hot.peak)}건(\`atomic\`의 ${times(facts)}배), 주문당 커밋 ${number(facts.hot.costs.commits, 3)}번. 대가는 메모리에 있는 소유자와 그 펜싱(fencing)이다`,
      ),
  },
  "skip-locked": {
    when: words(
      "Things that differ: seats, rooms, coupons with a number. A buyer takes any free row, and waits for none.",
      "하나하나가 다른 것: 좌석, 객실, 번호가 있는 쿠폰. 비어 있는 행을 아무거나 집고, 기다리지 않는다.",
    ),
    because: ({ hot }) =>
      words(
        `of things that are alike it counts with rows what a number counts: ${number(hot.peak)} orders/s, ${number(hot.costs.walBytes)} B of WAL an order`,
        `똑같은 물건이라면 숫자 하나면 될 것을 행으로 센다: 초당 ${number(hot.peak)}건, 주문당 WAL ${number(hot.costs.walBytes)} B`,
      ),
  },
  pessimistic: {
    when: words(
      "The decision needs code between reading and writing, and conflicts are the rule. Lock in one order, always.",
      "읽기와 쓰기 사이에 코드가 필요하고 충돌이 잦을 때. 잠그는 순서는 언제나 하나여야 한다.",
    ),
    because: ({ hot, report }) =>
      words(
        `${number(hot.peak)} orders/s, ${number(hot.costs.waiting * 100)} % of the time waiting, ${number(total(report, "pessimistic", "deadlocks"))} deadlocks in ${number(total(report, "pessimistic", "orders"))} orders`,
        `초당 ${number(hot.peak)}건, 시간의 ${number(hot.costs.waiting * 100)}%는 대기, 주문 ${number(total(report, "pessimistic", "orders"))}건에 교착 ${number(total(report, "pessimistic", "deadlocks"))}번`,
      ),
  },
  optimistic: {
    when: words(
      "Conflicts are rare: an editor's form, a profile, many products with few buyers each. A version costs nothing until then.",
      "충돌이 드물 때: 편집 화면, 프로필, 구매자가 흩어진 많은 상품. 부딪히기 전까지 버전은 공짜다.",
    ),
    because: ({ hot, wide }) =>
      words(
        `${number(hot.costs.retries, 1)} retries an order and ${number(hot.peak)} orders/s on one product${onMany(hot, wide, ({ en }) => en)}`,
        `상품 하나에서 주문당 재시도 ${number(hot.costs.retries, 1)}번, 초당 ${number(hot.peak)}건${onMany(hot, wide, ({ ko }) => ko)}`,
      ),
  },
  advisory: {
    when: words(
      "What is to be guarded has no row yet, or is several rows of several tables.",
      "지키려는 것에 아직 행이 없거나, 여러 테이블의 여러 행일 때.",
    ),
    because: ({ hot }) =>
      words(
        `${number(hot.peak)} orders/s; a lock that every writer must remember to take`,
        `초당 ${number(hot.peak)}건. 모두가 잊지 않고 잡아야 하는 잠금이다`,
      ),
  },
  serializable: {
    when: words(
      "The rule spans rows that no one can name beforehand, and load is low. The database finds the conflict for you.",
      "어떤 행이 걸릴지 미리 알 수 없는 규칙이고 부하가 낮을 때. 충돌은 데이터베이스가 찾아 준다.",
    ),
    because: ({ hot, wide }) =>
      words(
        `${number(hot.costs.retries, 1)} retries an order and ${number(hot.peak)} orders/s on one product${onMany(hot, wide, ({ en }) => en)}`,
        `상품 하나에서 주문당 재시도 ${number(hot.costs.retries, 1)}번, 초당 ${number(hot.peak)}건${onMany(hot, wide, ({ ko }) => ko)}`,
      ),
  },
  "redis-lock": {
    when: words(
      "Work that may be done twice without harm, and should be done once: a nightly job, a cache that is filled. Not stock.",
      "두 번 해도 해가 없지만 한 번만 하고 싶은 일: 야간 작업, 캐시 채우기. 재고에는 쓰지 않는다.",
    ),
    because: (facts) =>
      words(
        `${number(facts.hot.peak)} orders/s, ${times(facts)} times \`atomic\`, and a holder that is paused for longer than its lock lasts writes all the same`,
        `초당 ${number(facts.hot.peak)}건(\`atomic\`의 ${times(facts)}배). 게다가 락 수명보다 오래 멈춰 있던 프로세스도 깨어나면 그대로 쓴다`,
      ),
  },
  "redis-lua": {
    when: words(
      "A crowd has to be refused before it reaches the database, and some units may stay unsold.",
      "몰려든 사람을 데이터베이스에 닿기 전에 돌려보내야 하고, 몇 개쯤 못 팔아도 될 때.",
    ),
    because: (facts) =>
      words(
        `${number(facts.hot.peak)} orders/s, ${times(facts)} times \`atomic\`: orders still meet on the row; a process that dies in between leaves counter and database apart`,
        `초당 ${number(facts.hot.peak)}건(\`atomic\`의 ${times(facts)}배): 주문은 결국 같은 행에서 만난다. 그 사이에 프로세스가 죽으면 카운터와 데이터베이스가 어긋난다`,
      ),
  },
  naive: {
    when: words("Never.", "절대 쓰지 않는다."),
    because: ({ report }) => {
      const crowd = report.crowds.find(({ contender }) => contender === "naive")
      const lost = number(total(report, "naive", "lostUpdates"))
      const [en, ko] =
        crowd === undefined
          ? ["", ""]
          : [
              `it oversold in ${crowd.oversoldRuns} of ${crowd.runs} runs, by ${number(crowd.oversoldUnits)} units; `,
              `${crowd.runs}번 중 ${crowd.oversoldRuns}번 초과 판매, 모두 ${number(crowd.oversoldUnits)}개. `,
            ]
      return words(`${en}${lost} units were sold that the stock does not know of`, `${ko}재고가 모르는 판매 ${lost}개`)
    },
  },
}

/** On one product, at the most connections. */
export const hotOf = (cells: ReadonlyArray<Cell>): Cell | undefined =>
  cells
    .filter(({ lines }) => lines === 1)
    .toSorted((a, b) => a.products - b.products || b.connections - a.connections)[0]

/** The most products. */
export const wideOf = (cells: ReadonlyArray<Cell>): Cell | undefined =>
  cells
    .filter(({ lines }) => lines === 1)
    .toSorted((a, b) => b.products - a.products || b.connections - a.connections)[0]

/** Of the guards that were measured. */
export const adviceOf = (report: Report): ReadonlyArray<Advice> => {
  const cells = cellsOf(report)
  const [hotCell, wideCell] = [hotOf(cells), wideOf(cells)]
  if (hotCell === undefined || wideCell === undefined) return []
  const atomic = summaryOf(report, "atomic", hotCell)
  return Object.entries(RULES).flatMap(([name, { because, when }]) => {
    const contender = name as Contender
    const [hot, wide] = [summaryOf(report, contender, hotCell), summaryOf(report, contender, wideCell)]
    return hot === null || wide === null ? [] : [{ contender, when, because: because({ hot, wide, report, atomic }) }]
  })
}
