/**
 * Identifiers as the machine mints them: UUIDv7, growing within this thread, unguessable in their last 62 bits.
 *
 * Node's own ids of one millisecond come in no order, and lists are ordered by id. So the 12 bits after the time count
 * within the millisecond, from a random start in their lower half (RFC 9562, method 1).
 */
import { randomUUIDv7 } from "node:crypto"
import { Layer } from "effect"
import { Ids } from "../../ports/ids.ts"

/** Counts of one millisecond, as three digits. */
const COUNTS = Array.from({ length: 4_096 }, (_, count) => count.toString(16).padStart(3, "0"))

export const make = (): Ids["Service"] => {
  let millisecond = 0
  let count = 0
  /** The id up to its count: the same for a whole millisecond. */
  let prefix = ""
  const begin = (at: number, start: number): void => {
    millisecond = at
    count = start
    const digits = at.toString(16).padStart(12, "0")
    prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`
  }
  return {
    next: () => {
      const fresh = randomUUIDv7()
      const now = Date.now()
      if (now > millisecond) begin(now, Number.parseInt(fresh.slice(15, 18), 16) >> 1)
      // More than a millisecond has counts for, or a clock that was set back: time is borrowed.
      else if (++count === COUNTS.length) begin(millisecond + 1, 0)
      return prefix + COUNTS[count] + fresh.slice(18)
    },
  }
}

export const layer: Layer.Layer<Ids> = Layer.sync(Ids, make)
