/** Many seeds, one after another, and what they came to together. Without a test runner: the proof runs it at length. */
import { addTo, type Counts } from "./journal.ts"
import { type Run, simulate } from "./simulate.ts"

export { simulate }

export interface Failure {
  readonly seed: number
  readonly theme: string
  readonly violations: ReadonlyArray<string>
  /** Shows the same run again, with its whole history. */
  readonly replay: string
}

export interface Sum {
  /** How many were run; the first was `from`. */
  readonly seeds: number
  readonly from: number
  readonly faults: Counts
  readonly outcomes: Counts
  readonly moments: Counts
  readonly failures: ReadonlyArray<Failure>
}

export const replayCommand = (seed: number, flag: string): string =>
  `npm run simulate -- ${flag === "" ? "" : `${flag} `}--seed ${seed}`

/**
 * Seeds `from`, `from` + 1, ...; `count` 0 is for ever. `onRun` hears of each, and of the sum so far. `flag`: what a replay
 * needs besides the seed.
 */
export const runMany = async (
  from: number,
  count: number,
  onRun: (run: Run, sum: Sum) => void = () => undefined,
  flag = "",
): Promise<Sum> => {
  const failures: Array<Failure> = []
  const sum = { seeds: 0, from, faults: {}, outcomes: {}, moments: {}, failures }
  for (let seed = from; count === 0 || seed < from + count; seed++) {
    const run = await simulate(seed)
    const { faults, moments, outcomes, theme, violations } = run
    sum.seeds++
    addTo(sum.faults, faults)
    addTo(sum.outcomes, outcomes)
    addTo(sum.moments, moments)
    if (violations.length > 0) failures.push({ seed, theme, violations, replay: replayCommand(seed, flag) })
    onRun(run, sum)
  }
  return sum
}
