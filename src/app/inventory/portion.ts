/**
 * The portion: how many decisions the next batch may have. All there is room for, mostly; after a contest no more than what is
 * left of the old batch; and after the database refused a value, half of those among which it must be (a binary search).
 */
import { BATCH_SIZE_MAX } from "./limits.ts"

export class Portion {
  readonly #max: number
  #next: number
  /** The first so many that wait have the value among them, or had; 0: none is looked for. */
  #suspects = 0

  /** `max`: decisions of any batch. */
  constructor(max = BATCH_SIZE_MAX) {
    this.#max = max
    this.#next = max
  }

  get isWhole(): boolean {
    return this.#suspects === 0
  }

  /** For one batch. */
  take(): number {
    const next = this.#suspects === 0 ? this.#next : Math.max(1, this.#suspects >> 1)
    this.#next = this.#max
    return next
  }

  /** The next batch goes without newcomers. */
  limit(decisions: number): void {
    if (decisions > 0) this.#next = Math.min(this.#max, decisions)
  }

  passed(decisions: number): void {
    this.#suspects = Math.max(0, this.#suspects - decisions)
  }

  /** It is among these; one alone is the one. */
  refused(decisions: number): void {
    this.#suspects = decisions === 1 ? 0 : decisions
  }
}
