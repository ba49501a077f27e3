/**
 * Identifiers as the machine mints them: UUIDv7, growing within this thread, unguessable in their last 62 bits.
 *
 * Node's own ids of one millisecond come in no order, and lists are ordered by id. So the 12 bits after the time count
 * within the millisecond, from a random start in their lower half (RFC 9562, method 1).
 */
import { randomUUIDv7 } from "node:crypto"
import { Layer } from "effect"
import { Ids } from "../../ports/ids.ts"

const COUNTER_BITS = 12

export const make = (): Ids["Service"] => {
  /** Milliseconds and counter of the last id, as one number: exact until the year 2039. Overflowing counts borrow time. */
  let last = 0
  return {
    next: () => {
      const fresh = randomUUIDv7()
      const start = Number.parseInt(fresh.slice(15, 18), 16) >> 1
      const milliseconds = Number.parseInt(fresh.slice(0, 8) + fresh.slice(9, 13), 16)
      last = Math.max(last + 1, milliseconds * 2 ** COUNTER_BITS + start)
      const digits = last.toString(16).padStart(15, "0")
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(12)}${fresh.slice(18)}`
    },
  }
}

export const layer: Layer.Layer<Ids> = Layer.sync(Ids, make)
