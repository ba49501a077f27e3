/**
 * What the audit keeps from look to look: how far it has come, what facts and movements have said of orders whose rows it has yet to
 * compare, and what differs. Pure; kept as JSON in the table `audit`, so that any process goes on where another one stopped.
 *
 * Limits: FINDINGS_MAX findings; beyond them they are only counted.
 */
import * as Lane from "../../../domain/lane.ts"

/** What was said of orders whose ids lie between two borders. Marks are the exclusive or of hashes of 64 bits, as text. */
export interface Tally {
  readonly orders: number
  readonly versions: number
  readonly told: string
  readonly moves: number
  readonly moved: string
}

export const NOTHING: Tally = { orders: 0, versions: 0, told: "0", moves: 0, moved: "0" }

export const xor = (a: string, b: string | null): string => String(BigInt(a) ^ BigInt(b ?? "0"))

export const added = (a: Tally, b: Tally): Tally => ({
  orders: a.orders + b.orders,
  versions: a.versions + b.versions,
  told: xor(a.told, b.told),
  moves: a.moves + b.moves,
  moved: xor(a.moved, b.moved),
})

export const equal = (a: Tally, b: Tally): boolean =>
  a.orders === b.orders && a.versions === b.versions && a.told === b.told && a.moves === b.moves && a.moved === b.moved

export type Finding =
  /** `drift`: units that its movements left available beyond what they say themselves. `broken`: in its history, which no repair of the stock ends. */
  | {
      readonly kind: "product"
      readonly id: string
      readonly drift: number
      readonly broken: string | null
      readonly stock: string | null
    }
  /** `fault`: it is there and should not be, the other way round, its lines do not fit, or its history does not. */
  | {
      readonly kind: "order"
      readonly id: string
      readonly fault: "extra" | "missing" | "unfit" | "past"
      readonly what: string
      readonly claims: ReadonlyArray<{ readonly product: string; readonly units: number }>
    }
  | {
      readonly kind: "lane"
      readonly lane: number
      readonly since: number
      readonly till: number
      readonly facts: number
    }
  /** Orders between two ids whose movements or versions are not those that were announced, though each has its own. */
  | { readonly kind: "orders"; readonly from: string; readonly to: string }

export interface Books {
  /** Of each lane: audited up to. */
  readonly seqs: ReadonlyArray<number>
  /** Where `seqs` stood when everything up to `from` had been announced, and when everything up to `to` had. */
  readonly marks: readonly [ReadonlyArray<number>, ReadonlyArray<number>]
  /** Ids behind `from` up to `to` are compared at the next look that reaches the end; `newest`: the greatest id there was. */
  readonly from: string
  readonly to: string
  readonly newest: string
  readonly tally: Tally
  /** Of ids beyond `to`. */
  readonly next: Tally
  /** The last product whose stock was swept. */
  readonly swept: string
  /** All that was committed up to here has been compared; and when a look reached the end last. Milliseconds since 1970, the database's clock. */
  readonly auditedAt: number
  readonly reachedAt: number
  readonly findings: ReadonlyArray<Finding>
  /** Findings beyond FINDINGS_MAX. */
  readonly more: number
  readonly oversold: number
}

export const FINDINGS_MAX = 200

/** Before all ids. */
export const NO_ID = "00000000-0000-0000-0000-000000000000"

const nothingFound = { findings: [], more: 0, oversold: 0, swept: NO_ID }
const nothingTold = (now: number) => ({ tally: NOTHING, next: NOTHING, auditedAt: now, reachedAt: now })

/** From now on: `seqs` and `top` (the greatest id) are of one moment. */
export const begin = (
  { now, seqs, top }: { readonly now: number; readonly seqs: ReadonlyArray<number>; readonly top: string },
  before: Partial<Books> = {},
): Books => ({
  ...{ ...nothingFound, ...before },
  ...{ seqs, marks: [seqs, seqs], from: top, to: top, newest: top },
  ...nothingTold(now),
})

/** As it was kept; what a migration began has no more than its borders. */
export const kept = (state: Partial<Books>, now: number): Books => ({
  ...nothingFound,
  ...nothingTold(now),
  ...(state as Pick<Books, "seqs" | "marks" | "from" | "to" | "newest"> & Partial<Books>),
})

export interface Part {
  readonly lane: number
  readonly since: number
  readonly till: number
}

/** How many facts lie between. */
export const behind = (from: ReadonlyArray<number>, to: ReadonlyArray<number>): number =>
  to.reduce((sum, seq, lane) => sum + Math.max(0, seq - from[lane]!), 0)

/** The next facts, at most `limit`: short backlogs whole, the rest is shared by the long ones. */
export const parts = (from: ReadonlyArray<number>, to: ReadonlyArray<number>, limit: number): ReadonlyArray<Part> => {
  const waiting = Array.from({ length: Lane.COUNT }, (_, lane) => ({ lane, facts: to[lane]! - from[lane]! }))
    .filter(({ facts }) => facts > 0)
    .sort((a, b) => a.facts - b.facts)
  let left = limit
  return waiting.map(({ facts, lane }, index) => {
    const share = Math.min(facts, Math.max(1, Math.floor(left / (waiting.length - index))))
    left -= share
    return { lane, since: from[lane]!, till: from[lane]! + share }
  })
}

/** One finding a subject: a newer one of a product adds to what is known of it. */
const keyOf = (finding: Finding): string => {
  switch (finding.kind) {
    case "product":
    case "order":
      return finding.id
    case "lane":
      return `${finding.lane} ${finding.since}`
    case "orders":
      return finding.from
  }
}

const merged = (before: Finding | undefined, after: Finding): Finding => {
  if (before?.kind === "product" && after.kind === "product")
    return { ...after, drift: before.drift + after.drift, broken: before.broken ?? after.broken }
  return before?.kind === "order" ? before : after
}

/** With these findings, as many as are kept. */
export const withFindings = (books: Books, found: ReadonlyArray<Finding>): Books => {
  const all = new Map(books.findings.map((finding) => [keyOf(finding), finding]))
  let { more } = books
  for (const finding of found) {
    const key = keyOf(finding)
    if (!all.has(key) && all.size >= FINDINGS_MAX) more++
    else all.set(key, merged(all.get(key), finding))
  }
  return { ...books, findings: [...all.values()], more }
}

/** One line a person can act on. */
export const lineOf = (finding: Finding): string => {
  switch (finding.kind) {
    case "product":
      return `product ${finding.id}: ${[finding.stock, finding.broken].filter((each) => each !== null).join("; ")}`
    case "order":
      return `order ${finding.id}: ${finding.what}`
    case "lane":
      return `lane ${finding.lane}: ${finding.till - finding.since} facts were written behind seq ${finding.since}, ${finding.facts} are there`
    case "orders":
      return `orders behind ${finding.from} up to ${finding.to}: their movements or versions are not those that were told`
  }
}
