/**
 * Whether some of the changes that are under way add up to a state that was seen. A filter of the search: it ignores
 * whether they could be taken in any order, so it may say yes in vain, but never no.
 *
 * Half of the deeds at a time: each has few sums, and a target is reached by a sum of one half and one of the other.
 */
import * as History from "./history.ts"

/** A state that is looked for; `reserved` null: whatever is reserved. */
export interface Target {
  readonly available: number
  readonly reserved: number | null
}

/** A sum of changes, of what is available and of what is reserved, as one number. */
const SPREAD = 2 ** 24
const codeOf = (available: number, reserved: number): number => available * SPREAD + reserved

type Ahead = ReadonlyArray<ReadonlyArray<History.Step>>

/** Every sum that some of the changes have; of each deed the first so many. */
const sumsOf = (ahead: Ahead): ReadonlySet<number> => {
  let all = new Set([0])
  for (const steps of ahead) {
    const grown = new Set(all)
    let code = 0
    for (const { onHand, reserved } of steps) {
      code += codeOf(onHand - reserved, reserved)
      for (const sum of all) grown.add(sum + code)
    }
    all = grown
  }
  return all
}

const availableOnly = (codes: ReadonlySet<number>): ReadonlySet<number> =>
  new Set([...codes].map((code) => Math.round(code / SPREAD)))

/** Whether one of each add up to the number. */
const meet = (some: ReadonlySet<number>, others: ReadonlySet<number>, wanted: number): boolean => {
  for (const one of some) if (others.has(wanted - one)) return true
  return false
}

/** Sums of one half, beyond which the question costs more than what it saves. */
const SUMS_MAX = 20_000

const waysOf = (ahead: Ahead): number => ahead.reduce((ways, steps) => ways * (steps.length + 1), 1)

/** `deeds`: of each the changes it could make next, one after another. */
export const canReach = (state: History.State, deeds: Ahead, targets: ReadonlyArray<Target>): boolean => {
  if (targets.length === 0) return false
  const ahead = deeds.filter((steps) => steps.length > 0)
  const middle = ahead.length >>> 1
  if (Math.max(waysOf(ahead.slice(0, middle)), waysOf(ahead.slice(middle))) > SUMS_MAX) return true
  const halves = [sumsOf(ahead.slice(0, middle)), sumsOf(ahead.slice(middle))] as const
  const now = History.available(state)
  return targets.some(({ available, reserved }) =>
    reserved === null
      ? meet(availableOnly(halves[0]), availableOnly(halves[1]), available - now)
      : meet(halves[0], halves[1], codeOf(available - now, reserved - state.reserved)),
  )
}
