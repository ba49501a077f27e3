/**
 * How long the audit rests after a look: so long that it works for a twenty-fifth of the time of one connection, or a fifth until it
 * has caught up once it is late; and hardly at all when the sale is quiet.
 *
 * A look costs a part for each row, and a part for each product that has moved. Of products there are only so many: while thousands of them
 * sell, the longer it rests the less of that falls on an order.
 *
 * Work is what as many rows took in the middle one of the looks of late: by the clock, so waits for a processor are in it, but one look that
 * had to wait long counts no more than the others. Pure, but for what it remembers.
 */
import { median } from "../../../std/median.ts"

/** Between two looks at the end of all lanes, ms: what was committed before is found to differ by then. */
export const EVERY_MS = 2_000

/** Work is followed by a rest of so many times as long: where two processors are busy, 2 % of them. */
export const REST = 24

/** And by one of so many ms for each product that has moved, whose part of a look is some 10 us: below 1 % of a processor. */
export const REST_PRODUCT_MS = 2.2

/** What is rested at least, in times of what a look took by the clock, and ms; and at most where it is late. */
export const REST_LEAST = 4
export const REST_LEAST_MS = 100

/** Late: what is committed has not been compared for so long, ms. The lag that is promised is a minute. */
export const LATE_MS = 20_000

/** A look of a second is a slow database; these are well below a minute, ms: the longest rest, and where it is for many products. */
export const EVERY_MAX_MS = 15_000
export const EVERY_MAX_MANY_MS = 22_000

/** Below this part of the time, to read what is committed, it is a quiet hour: one that is behind catches up. */
export const QUIET = 0.01

/** Looks that are remembered, and the rows of one from which on it says what a row costs. */
const REMEMBERED = 30
const ROWS_MIN = 2_000

export interface Looked {
  /** When it ended, and how long it took, ms. */
  readonly at: number
  readonly tookMs: number
  /** Facts and orders that it read. */
  readonly rows: number
  /** Products whose movements it read. */
  readonly products: number
  /** Facts there were in all lanes. */
  readonly committed: number
  readonly isAtEnd: boolean
  /** Since everything committed had been compared, ms. */
  readonly lagMs: number
}

/** How long to rest after each look, ms. */
export const make = (): ((looked: Looked) => number) => {
  const costs: Array<number> = []
  let before: Looked | null = null
  const arrivals = ({ at, committed }: Looked): number =>
    before === null ? Number.POSITIVE_INFINITY : (committed - before.committed) / Math.max(1, at - before.at)
  return (looked) => {
    const { isAtEnd, lagMs, products, rows, tookMs } = looked
    if (rows >= ROWS_MIN) costs.push(tookMs / rows)
    if (costs.length > REMEMBERED) costs.shift()
    const cost = costs.length === 0 ? tookMs / Math.max(1, rows) : median(costs)
    const isQuiet = arrivals(looked) * cost < QUIET
    before = looked
    if (!isAtEnd && isQuiet) return tookMs
    const least = Math.max(REST_LEAST_MS, REST_LEAST * tookMs)
    if (lagMs > LATE_MS) return Math.min(EVERY_MAX_MS, least)
    const rest = Math.min(EVERY_MAX_MS, Math.max(EVERY_MS, REST * cost * rows, least))
    return Math.max(rest, Math.min(EVERY_MAX_MANY_MS, REST_PRODUCT_MS * products))
  }
}
