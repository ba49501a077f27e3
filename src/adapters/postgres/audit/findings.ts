/** What a look's rows say: what facts announced is added up, and what differs becomes findings. Pure. */
import * as Books from "./books.ts"
import { LINE_MISSING, ORDER_MISSING } from "./statements.ts"

/** A product's stock, and what its newest movement left. Null: it has none. */
interface Stood {
  readonly product: string
  readonly on_hand: number | null
  readonly reserved: number | null
  readonly version: number | null
  readonly moved_on_hand: number | null
  readonly moved_reserved: number | null
  readonly moved_version: number | null
  readonly stock_differs: boolean
}

interface Product extends Stood {
  readonly lo: number
  readonly hi: number
  readonly facts: number
  readonly moves: number
}

/** Of the movements of a product that differs. */
export interface Drift {
  readonly product: string
  readonly broken: number
  readonly drift: number
}

interface Saying {
  readonly order_id: string
  /** It lies in the history, and no repair of the rows ends it. */
  readonly past?: boolean | null
  readonly what: string
}

export interface Window {
  readonly lanes: ReadonlyArray<{ readonly lane: number; readonly facts: number; readonly places: number }>
  readonly differ: ReadonlyArray<Product>
  readonly late: ReadonlyArray<Saying>
  readonly told: ReadonlyArray<{
    readonly age: 0 | 1 | 2
    readonly versions: number
    readonly orders: number
    readonly mark: string | null
  }>
  readonly moved: ReadonlyArray<{ readonly age: 0 | 1 | 2; readonly moves: number; readonly mark: string | null }>
  readonly newest: string | null
  /** How many have moved. */
  readonly products: number
}

/** What the rows of some ids say; `plain`: each order fits its lines, by fingerprint. */
export interface Rows {
  readonly orders: number
  readonly versions: number
  readonly told: string | null
  readonly moves: number
  readonly moved: string | null
  readonly plain: boolean
}

/** What all of them say, and which do not fit. */
export interface Known {
  readonly sum: Books.Tally
  readonly differ: ReadonlyArray<Saying>
}

interface Differing {
  readonly order_id: string
  readonly product: string | null
  readonly units: number
  readonly what: string
}

export interface Standing {
  readonly beyond: ReadonlyArray<Omit<Differing, "what">>
  readonly differ: ReadonlyArray<Stood>
  readonly known: ReadonlyArray<Stood>
  readonly orders: ReadonlyArray<{ readonly order_id: string; readonly there: boolean; readonly fits: boolean }>
  readonly lanes: ReadonlyArray<{ readonly lane: number; readonly since: number; readonly facts: number }>
  /** The last product that was swept; null: the last there is. */
  readonly last: string | null
}

const amount = (onHand: number | null, reserved: number | null, version: number | null): string =>
  version === null ? "nothing" : `${onHand} on hand, ${reserved} reserved, version ${version}`

const stockOf = (stood: Stood): string | null =>
  stood.stock_differs
    ? `its stock says ${amount(stood.on_hand, stood.reserved, stood.version)}; its movements ${amount(stood.moved_on_hand, stood.moved_reserved, stood.moved_version)}`
    : null

const historyOf = ({ facts, hi, lo, moves, version }: Product, broken: number): string | null => {
  const span = `versions ${lo} to ${hi}`
  if (broken > 0) return `${broken} movements of ${span} do not add up`
  if (facts !== hi - lo + 1 || moves !== facts) return `${span} have ${facts} facts and ${moves} movements`
  return (version ?? 0) < hi ? `facts tell of version ${hi}` : null
}

const product = (differing: Product, drifts: ReadonlyArray<Drift>): Books.Finding => {
  const { broken, drift } = drifts.find((each) => each.product === differing.product) ?? { broken: 0, drift: 0 }
  const history = historyOf(differing, broken)
  return {
    ...{ kind: "product", id: differing.product, drift, stock: stockOf(differing) },
    broken: history ?? (differing.stock_differs ? null : "its facts have other versions than its movements"),
  }
}

const unfit = ({ order_id, past, what }: Saying): Books.Finding => ({
  kind: "order",
  id: order_id,
  fault: past === true ? "past" : "unfit",
  what,
  claims: [],
})

/** Facts of a stretch are numbered without a gap: as many as it is long, and their places in it (1 is the first) add up. */
const gaps = (window: Window, parts: ReadonlyArray<Books.Part>): ReadonlyArray<Books.Finding> => {
  const lanes = new Map(window.lanes.map((lane) => [lane.lane, lane]))
  return parts.flatMap(({ lane, since, till }) => {
    const found = lanes.get(lane) ?? { facts: 0, places: 0 }
    const length = till - since
    const isWhole = found.facts === length && found.places * 2 === (1 + length) * length
    return isWhole ? [] : [{ kind: "lane", lane, since, till, facts: found.facts } as const]
  })
}

const tallyOf = ({ moved, told }: Window, age: 1 | 2): Books.Tally => {
  const orders = told.find((each) => each.age === age)
  const moves = moved.find((each) => each.age === age)
  return {
    orders: orders?.orders ?? 0,
    versions: orders?.versions ?? 0,
    told: orders?.mark ?? "0",
    moves: moves?.moves ?? 0,
    moved: moves?.mark ?? "0",
  }
}

/** After these stretches of lanes. */
export const windowed = (
  books: Books.Books,
  window: Window,
  drifts: ReadonlyArray<Drift>,
  parts: ReadonlyArray<Books.Part>,
): Books.Books => {
  const seqs = [...books.seqs]
  for (const { lane, till } of parts) seqs[lane] = till
  const found = [
    ...window.differ.map((each) => product(each, drifts)),
    ...window.late.map(unfit),
    ...gaps(window, parts),
  ]
  const newest = window.newest !== null && window.newest > books.newest ? window.newest : books.newest
  return Books.withFindings(
    {
      ...{ ...books, seqs, newest },
      tally: Books.added(books.tally, tallyOf(window, 1)),
      next: Books.added(books.next, tallyOf(window, 2)),
    },
    found,
  )
}

export const compared = ({ moved, moves, orders, told, versions }: Rows): Books.Tally => ({
  ...{ orders, versions, moves },
  told: told ?? "0",
  moved: moved ?? "0",
})

const MISSING = [ORDER_MISSING, LINE_MISSING]

const orderOf = (rows: ReadonlyArray<Differing>): Books.Finding => ({
  kind: "order",
  id: rows[0]!.order_id,
  fault: MISSING.includes(rows[0]!.what) ? "missing" : "extra",
  what: [...new Set(rows.map(({ what }) => what))].join(", "),
  claims: rows.flatMap(({ product, units }) => (product === null || units === 0 ? [] : [{ product, units }])),
})

const byOrder = (rows: ReadonlyArray<Differing>): ReadonlyArray<Books.Finding> =>
  [...Map.groupBy(rows, ({ order_id }) => order_id).values()].map(orderOf)

/** `which`: those that differ, when the sums do; null: they are equal. */
export const settled = (
  { from, to }: Books.Books,
  { differ }: Known,
  which: ReadonlyArray<Differing> | null,
): ReadonlyArray<Books.Finding> => {
  const orders = byOrder(which ?? [])
  const unexplained = which !== null && orders.length === 0 ? [{ kind: "orders", from, to } as const] : []
  return [...orders, ...differ.map(unfit), ...unexplained]
}

/** What became of a finding; null: it is no more. */
const still = (finding: Books.Finding, { known, lanes, orders }: Standing): Books.Finding | null => {
  switch (finding.kind) {
    case "product": {
      const stood = known.find((each) => each.product === finding.id)
      const stock = stood === undefined ? finding.stock : stockOf(stood)
      return stock === null && finding.broken === null ? null : { ...finding, stock }
    }
    case "order": {
      const now = orders.find((each) => each.order_id === finding.id)
      if (now === undefined || finding.fault === "past") return finding
      if (finding.fault === "extra") return now.there ? finding : null
      return now.fits ? null : finding
    }
    case "lane": {
      const now = lanes.find((each) => each.lane === finding.lane && each.since === finding.since)
      return now?.facts === finding.till - finding.since ? null : finding
    }
    case "orders":
      return finding
  }
}

/** Units that orders have beyond those there were, of the products that differ. */
const oversoldOf = (findings: ReadonlyArray<Books.Finding>, stocks: ReadonlyArray<Stood>): number => {
  const beyond = new Map<string, number>()
  const add = (id: string, units: number) => beyond.set(id, (beyond.get(id) ?? 0) + units)
  for (const finding of findings) {
    if (finding.kind === "product") add(finding.id, finding.drift)
    if (finding.kind === "order") for (const { product, units } of finding.claims) add(product, units)
  }
  return stocks.reduce((sum, { on_hand, product, reserved }) => {
    const available = (on_hand ?? 0) - (reserved ?? 0)
    return sum + Math.max(0, (beyond.get(product) ?? 0) - available)
  }, 0)
}

/** After what stands still was looked at. */
export const looked = (books: Books.Books, standing: Standing): Books.Books => {
  const before = books.findings.flatMap((finding) => still(finding, standing) ?? [])
  const beyond = byOrder(standing.beyond.map((row) => ({ ...row, what: "no fact tells of it" })))
  const stocks = standing.differ.map(
    (stood): Books.Finding => ({ kind: "product", id: stood.product, drift: 0, broken: null, stock: stockOf(stood) }),
  )
  const after = Books.withFindings({ ...books, findings: before }, [...beyond, ...stocks])
  const known = new Map([...standing.differ, ...standing.known].map((stood) => [stood.product, stood]))
  return { ...after, swept: standing.last ?? Books.NO_ID, oversold: oversoldOf(after.findings, [...known.values()]) }
}
