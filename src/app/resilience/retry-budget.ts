/**
 * A retry budget: retries are at most a share of all first attempts, so that they cannot multiply the load on a dependency
 * that is already ill. A token bucket: each first attempt brings `share` of a token, each retry takes a whole one.
 */

/** Tokens saved at most: retries that a quiet dependency allows at once. */
const SAVED_MAX = 10

export class RetryBudget {
  readonly #share: number
  #tokens = SAVED_MAX

  /** `share`: retries for each first attempt, 0.1 for one in ten. */
  constructor(share: number) {
    this.#share = share
  }

  attempted(): void {
    this.#tokens = Math.min(SAVED_MAX, this.#tokens + this.#share)
  }

  /** False: the budget is spent, and the retry has to wait. */
  takeRetry(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
