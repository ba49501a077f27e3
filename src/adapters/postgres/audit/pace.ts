/**
 * How long the audit rests after a look: so long that it works for a twenty-fifth of the time of one connection, or a fifth until it
 * has caught up once it is late; and hardly at all when the sale is quiet.
 *
 * Work is not what a look took by the clock: on a busy machine that is mostly waiting for a processor. It is what as many rows took
 * when they had to wait least, of late. Pure, but for what it remembers.
 */

/** Between two looks at the end of all lanes, ms: what was committed before is found to differ by then. */
export const EVERY_MS = 2_000

/** Work is followed by a rest of so many times as long: where two processors are busy, 2 % of them. */
export const REST = 24

/** What is rested at least, in times of what a look took by the clock, and ms; and at most where it is late. */
export const REST_LEAST = 4
export const REST_LEAST_MS = 100

/** Late: what is committed has not been compared for so long, ms. The lag that is promised is a minute. */
export const LATE_MS = 20_000

/** A look of a second is a slow database; this is well below a minute, ms. */
export const EVERY_MAX_MS = 15_000

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
    const { isAtEnd, lagMs, rows, tookMs } = looked
    if (rows >= ROWS_MIN) costs.push(tookMs / rows)
    if (costs.length > REMEMBERED) costs.shift()
    const cost = Math.min(tookMs / Math.max(1, rows), ...costs)
    const isQuiet = arrivals(looked) * cost < QUIET
    before = looked
    if (!isAtEnd && isQuiet) return tookMs
    const least = Math.max(REST_LEAST_MS, REST_LEAST * tookMs)
    return Math.min(EVERY_MAX_MS, lagMs > LATE_MS ? least : Math.max(EVERY_MS, REST * cost * rows, least))
  }
}
