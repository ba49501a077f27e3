/**
 * A low-water mark of work that is kept in an index by its time: what lies before it was found done, so the next look begins there.
 *
 * Why it exists: while any snapshot is open in the database, the entries of what is done stay in the index. A look from the beginning
 * meets all of them, every time: 0.3 s behind 200,000.
 *
 * Law: the mark never passes what a look found open, nor comes nearer to now than the lag, within which what is decided becomes
 * readable. What becomes due behind it all the same (a consumer that lagged, a clock that was set back, a driver that died) is found
 * late, and not never: a look from the beginning comes REWIND_MS (or as said) after the last one.
 * Limits: looks from the beginning take at most a fiftieth of the time: the longer one took, the later the next; by SHARE_MAX_MS at
 * most, because one that took long may have waited for a database that was away.
 */

/** From one look from the beginning to the next (ms): how late something behind the mark may begin. */
export const REWIND_MS = 5_000

/** A look from the beginning that took a second has the next one wait for fifty. */
const SHARE = 50
export const SHARE_MAX_MS = 60_000

export interface Look {
  /** Where it begins (ms since 1970). */
  readonly since: number
  readonly begunAt: number
}

export class LowWaterMark {
  readonly #lagMs: number
  readonly #rewindMs: number
  #mark = Number.NEGATIVE_INFINITY
  #rewoundAt = Number.NEGATIVE_INFINITY
  #waitMs = 0

  /**
   * `lagMs`: from a decision until a look sees it, at most; longer is late, not lost. `rewindMs`: how late that may be found;
   * several times the pause between two looks.
   */
  constructor(lagMs: number, rewindMs = REWIND_MS) {
    this.#lagMs = lagMs
    this.#rewindMs = rewindMs
  }

  /** A look that begins now. One that fails just ends without `reached`. */
  begin(now: number): Look {
    const since = Math.min(this.#mark, now - this.#lagMs)
    if (now >= this.#rewoundAt && now - this.#rewoundAt < this.#waitMs) return { since, begunAt: now }
    this.#rewoundAt = now
    this.#waitMs = this.#rewindMs
    return { since: Number.NEGATIVE_INFINITY, begunAt: now }
  }

  /** What a look has seen, when it ends at `now`: the time of the oldest that is open, or null, none was. */
  reached({ begunAt, since }: Look, oldest: number | null, now: number): void {
    this.#mark = Math.min(oldest ?? Number.POSITIVE_INFINITY, begunAt - this.#lagMs)
    if (since !== Number.NEGATIVE_INFINITY) return
    this.#waitMs = Math.max(this.#rewindMs, Math.min(SHARE_MAX_MS, SHARE * (now - begunAt)))
  }

  /** The next look begins at the beginning: another process had the work meanwhile, or some of it was left undone. */
  rewind(): void {
    this.#waitMs = 0
  }
}
