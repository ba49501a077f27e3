/**
 * The room of one batch: which of the decisions that wait it still takes. A decision of many rows takes much of it, and where the
 * first does not fit the batch ends: none overtakes.
 *
 * Limits: BATCH_SIZE_MAX decisions (or what `Portion` gives), and BATCH_ROWS_MAX rows; one decision alone always fits.
 */
import type { Decision } from "./decision.ts"
import { BATCH_ROWS_MAX } from "./limits.ts"

/** A change of stock is three rows: the stock, its movement, its fact. */
const STOCK_ROWS = 3

/** The version that ends, the one that begins, and its fact. */
const EDIT_ROWS = 3

/** The order, its fact, and the key, new or with its outcome. */
const ORDER_ROWS = 3

const rowsOf = ({ edit, holdChanges, holds, stock, units }: Decision): number =>
  ORDER_ROWS +
  STOCK_ROWS * stock.length +
  (edit === null ? 0 : EDIT_ROWS) +
  holds.length +
  holdChanges.length +
  units.length

export class Room {
  decisions = 0
  #rows = 0
  #isFull = false
  readonly #max: number

  /** `max`: decisions. */
  constructor(max: number) {
    this.#max = max
  }

  /** False, from then on for good: it goes with a later batch. */
  takes(decision: Decision): boolean {
    this.#rows += rowsOf(decision)
    this.#isFull ||= this.decisions === this.#max || (this.#rows > BATCH_ROWS_MAX && this.decisions > 0)
    if (!this.#isFull) this.decisions++
    return !this.#isFull
  }
}
