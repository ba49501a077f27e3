/** Throughput against one thing that is changed, as a plot with a line a series; in the page, and as a file of its own. */
import type { Words } from "./guards.ts"
import { escaped, shown } from "./plot.ts"
import { type Point, type Report, SWEEPS, type Sweep } from "./report.ts"

export interface About {
  readonly title: Words
  /** Below the horizontal axis. */
  readonly axis: Words
  /** Why it is so. */
  readonly why: Words
}

export const ABOUT: Readonly<Record<Sweep, About>> = {
  connections: {
    title: { en: "Buyers at once, on one product", ko: "상품 하나에 동시에 몰린 구매자" },
    axis: { en: "connections", ko: "동시 연결" },
    why: {
      en: "A row is locked by one transaction at a time: buyers beyond the first few only lengthen the queue. Owners put all that wait into the next commit: the longer the queue, the more orders share one write to the disk.",
      ko: "행 하나는 한 번에 한 트랜잭션만 잠근다. 몇 명을 넘으면 줄만 길어진다. 소유자는 기다리는 주문을 모두 다음 커밋에 함께 싣는다. 줄이 길수록 디스크 쓰기 한 번을 더 많은 주문이 나눠 쓴다.",
    },
  },
  products: {
    title: { en: "Products in the shop, 256 buyers at once", ko: "매장의 상품 수, 동시 구매자 256명" },
    axis: { en: "products", ko: "상품 수" },
    why: {
      en: "With more products two buyers seldom meet, and locks stop mattering: what is left is one commit an order. Owners lose a little instead: each product is a row more in the batch, and one that is not in memory has to be read first.",
      ko: "상품이 늘면 두 구매자가 부딪힐 일이 줄고 락도 문제가 아니게 된다. 남는 것은 주문마다 커밋 한 번이다. 소유자 방식은 오히려 조금 느려진다. 상품마다 배치에 행이 하나 늘고, 메모리에 없는 상품은 먼저 읽어야 한다.",
    },
  },
  workers: {
    title: { en: "Worker threads (WORKERS)", ko: "워커 스레드 수(WORKERS)" },
    axis: { en: "workers", ko: "워커" },
    why: {
      en: "One product has one owner: more workers do not make it faster. On many products they share the deciding, but each commits batches of its own, which are smaller; and beyond the processors of the machine they only take turns.",
      ko: "상품 하나의 소유자는 하나뿐이라 워커를 늘려도 빨라지지 않는다. 상품이 많으면 판단을 나눠 하지만 커밋도 따로 하므로 배치가 작아진다. 프로세서 수를 넘으면 차례를 기다릴 뿐이다.",
    },
  },
  batch: {
    title: { en: "Orders a commit, at most (BATCH_SIZE_MAX)", ko: "커밋 하나에 담는 주문 수 상한(BATCH_SIZE_MAX)" },
    axis: { en: "decisions a commit", ko: "커밋당 결정" },
    why: {
      en: "With 1 it is what every other guard does: a write to the disk for each order. Each doubling nearly doubles the rate, until the work for each order (HTTP, JSON, its rows) is more than its share of the commit.",
      ko: "1이면 다른 방식과 같다. 주문마다 디스크에 한 번 쓴다. 두 배로 늘릴 때마다 처리량도 거의 두 배가 되다가, 주문 하나의 일(HTTP, JSON, 행)이 커밋의 몫보다 커지면 멈춘다.",
    },
  },
  table: {
    title: { en: "Orders there are already, 1,000 products", ko: "이미 쌓인 주문 수, 상품 1,000개" },
    axis: { en: "orders in the table", ko: "테이블의 주문 수" },
    why: {
      en: "An id begins with its time, so that new rows go to the right edge of each index, which is in memory: an order costs nearly the same with a million before it.",
      ko: "id가 시각으로 시작하므로 새 행은 언제나 인덱스의 오른쪽 끝, 메모리에 있는 곳에 쓰인다. 앞에 주문이 백만 건 있어도 비용은 거의 같다.",
    },
  },
}

const WIDTH = 430
const HEIGHT = 250
const LEFT = 54
const RIGHT = 14
const TOP = 12
const BOTTOM = 40

export const pointsOf = ({ points }: Report, sweep: Sweep): ReadonlyArray<Point> =>
  points.filter((each) => each.sweep === sweep)

export const sweepsOf = (report: Report): ReadonlyArray<Sweep> =>
  SWEEPS.filter((each) => pointsOf(report, each).length > 0)

/** In their order. */
export const seriesOf = (points: ReadonlyArray<Point>): ReadonlyArray<Words> => [
  ...new Map(points.map(({ series }) => [series.en, series])).values(),
]

/** As 1k, 1M. */
const brief = (value: number): string =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1_000 ? `${value / 1_000}k` : String(value)

/** 1, 2, 5, 10, ... from below the least to above the most. */
const ticksOf = (rates: ReadonlyArray<number>): ReadonlyArray<number> => {
  const steps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat()
  const [least, most] = [Math.min(...rates), Math.max(...rates)]
  const from = steps.findLastIndex((step) => step <= least)
  const to = steps.findIndex((step) => step >= most && step > steps[from]!)
  return steps.slice(from, to + 1)
}

/** Both axes by powers; what is at 0 stands where 1 would. */
const svg = (points: ReadonlyArray<Point>, label: string, axis: string): string => {
  const ats = [...new Set(points.map(({ at }) => at))].toSorted((a, b) => a - b)
  const scale = ticksOf(points.map(({ measured }) => Math.max(1, measured.perSecond)))
  const [low, high] = [Math.log10(scale[0]!), Math.log10(scale.at(-1)!)]
  const x = (at: number) => LEFT + (ats.indexOf(at) / Math.max(1, ats.length - 1)) * (WIDTH - LEFT - RIGHT - 20) + 10
  const y = (rate: number) =>
    HEIGHT - BOTTOM - ((Math.log10(Math.max(1, rate)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)
  const grid = scale.map(
    (tick) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" class="grid"/><text x="${LEFT - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end" class="tick">${shown(tick)}</text>`,
  )
  const ticks = ats.map(
    (at) =>
      `<text x="${x(at).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" class="tick">${brief(at)}</text>`,
  )
  const lines = seriesOf(points).map(({ en }, index) => {
    const own = points.filter(({ series }) => series.en === en).toSorted((a, b) => a.at - b.at)
    const places = own.map(({ at, measured }) => [x(at).toFixed(1), y(measured.perSecond).toFixed(1)] as const)
    const line = `<polyline class="c${index}" points="${places.map((each) => each.join(",")).join(" ")}"/>`
    const dots = own.map(
      ({ at, measured }, place) =>
        `<circle class="c${index}" cx="${places[place]![0]}" cy="${places[place]![1]}" r="3.5"><title>${escaped(en)}, ${brief(at)}: ${shown(measured.perSecond)}/s</title></circle>`,
    )
    return line + dots.join("")
  })
  const name = `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle" class="tick">${escaped(axis)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(label)}">${grid.join("")}${ticks.join("")}${lines.join("")}${name}</svg>`
}

/** For the page, which has its colours and its legend. */
export const plotOf = (report: Report, sweep: Sweep): string => {
  const { axis, title } = ABOUT[sweep]
  return svg(pointsOf(report, sweep), title.en, `${axis.en} · ${axis.ko}`)
}

/** In light and in dark, wherever it is shown. */
const FILE_STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #6b6b70; } .grid { stroke: #c9c7c1; stroke-opacity: .6; }
polyline { fill: none; stroke-width: 2; } .c0 { stroke: #b3541e; } .c1 { stroke: #3b6f8c; } .c2 { stroke: #6a8f3c; } .c3 { stroke: #8a6bb0; }
circle.c0, text.c0 { fill: #b3541e; stroke: none; } circle.c1, text.c1 { fill: #3b6f8c; stroke: none; } circle.c2, text.c2 { fill: #6a8f3c; stroke: none; } circle.c3, text.c3 { fill: #8a6bb0; stroke: none; }
</style>`

const LEGEND = 22

/** By itself: with its names above it. */
export const fileOf = (report: Report, sweep: Sweep): string => {
  const points = pointsOf(report, sweep)
  const { axis, title } = ABOUT[sweep]
  const names = seriesOf(points).map(({ en, ko }, index) => {
    const at = LEFT + (index * (WIDTH - LEFT - RIGHT)) / Math.max(2, seriesOf(points).length)
    return `<text x="${at.toFixed(0)}" y="14" class="c${index}">● ${escaped(en === ko ? en : `${en} · ${ko}`)}</text>`
  })
  const plot = svg(points, `${title.en}, orders a second`, `${axis.en} · ${axis.ko} (y: orders/s · 초당 주문)`)
  const inner = plot.replace("<svg ", `<svg y="${LEGEND}" height="${HEIGHT}" width="${WIDTH}" `)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT + LEGEND}" width="${WIDTH * 1.5}">${FILE_STYLE}${names.join("")}${inner}</svg>\n`
}
