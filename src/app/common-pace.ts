/**
 * A back-off that all drivers have in common: while the provider is silent, repeated calls come one after another, however many
 * orders wait.
 */

/** After so many unanswered calls in a row, whichever orders they were for, it is the provider that is silent. */
const SILENT_CALLS = 16
/** Between two calls that are repeated while the provider is silent, over all orders (ms). */
const SILENT_GAP_MS = 10

export class CommonPace {
  #silences = 0
  #nextAt = 0

  get isSilent(): boolean {
    return this.#silences >= SILENT_CALLS
  }

  /** The pause before an order is asked for again (ms), after it was met with silence. */
  silence(now: number, ownMs: number): number {
    if (++this.#silences < SILENT_CALLS) return ownMs
    this.#nextAt = Math.max(this.#nextAt + SILENT_GAP_MS, now + ownMs)
    return this.#nextAt - now
  }

  answered(): void {
    this.#silences = 0
    this.#nextAt = 0
  }
}
