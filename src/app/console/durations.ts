/**
 * How long things took within a second, as a histogram with exponential buckets, so that its cost is one increment.
 *
 * Limits: a quantile is off by at most a tenth; from MIN_MS to some five minutes.
 */
const MIN_MS = 0.05
const GROWTH = 1.2
const BUCKETS = 88
const LOG_GROWTH = Math.log(GROWTH)

export class Durations {
  readonly #counts = new Uint32Array(BUCKETS)
  #total = 0

  add(ms: number): void {
    const bucket = ms <= MIN_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / MIN_MS) / LOG_GROWTH))
    this.#counts[bucket]!++
    this.#total++
  }

  /** In milliseconds; 0: there was nothing. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share)
    if (left === 0) return 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket]!
      // The middle of its bucket.
      if (left <= 0) return MIN_MS * GROWTH ** (bucket - 0.5)
    }
    throw new Error("more was counted than there is")
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }
}
