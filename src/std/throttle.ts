/**
 * A throttle: lets the first of many through, and the next one only after a while. For lines of a log that the same trouble would
 * repeat without end.
 */

/** At the time `now` (ms): how many were held back since the last that went through; null: this one is, too. */
export type Throttle = (now: number) => number | null

export const make = (everyMs: number): Throttle => {
  let next = Number.NEGATIVE_INFINITY
  let held = 0
  return (now) => {
    if (now < next) {
      held++
      return null
    }
    const before = held
    next = now + everyMs
    held = 0
    return before
  }
}
