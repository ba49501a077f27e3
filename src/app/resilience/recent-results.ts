/**
 * A sliding window over the newest results of calls, by count and by age: a ring with running sums, so that a result costs the same
 * however many are kept.
 */

/** Results older than this do not count (ms): a failure of an hour ago says nothing of now. */
const WINDOW_MS = 60_000

export class RecentResults {
  readonly #at: Float64Array
  /** 1: it failed; 2: it was slow; 3: both. */
  readonly #flags: Uint8Array
  #oldest = 0
  #count = 0
  #failures = 0
  #slow = 0

  constructor(capacity: number) {
    this.#at = new Float64Array(capacity)
    this.#flags = new Uint8Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** Share of them that failed, and that were slow; 0 of none. */
  get failures(): number {
    return this.#count === 0 ? 0 : this.#failures / this.#count
  }

  get slow(): number {
    return this.#count === 0 ? 0 : this.#slow / this.#count
  }

  add(now: number, isFailure: boolean, isSlow: boolean): void {
    if (this.#count === this.#at.length) this.#drop()
    const place = (this.#oldest + this.#count) % this.#at.length
    this.#at[place] = now
    this.#flags[place] = (isFailure ? 1 : 0) + (isSlow ? 2 : 0)
    this.#count++
    if (isFailure) this.#failures++
    if (isSlow) this.#slow++
    this.trim(now)
  }

  trim(now: number): void {
    while (this.#count > 0 && this.#at[this.#oldest]! <= now - WINDOW_MS) this.#drop()
  }

  clear(): void {
    this.#count = 0
    this.#failures = 0
    this.#slow = 0
  }

  #drop(): void {
    const flags = this.#flags[this.#oldest]!
    this.#oldest = (this.#oldest + 1) % this.#at.length
    this.#count--
    this.#failures -= flags & 1
    this.#slow -= flags >> 1
  }
}
