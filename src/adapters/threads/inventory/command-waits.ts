/**
 * How long commands wait for a worker and their answers for this thread, beside their commit: the least of all that were answered of late.
 *
 * Why it exists: where processors are short, what waits does not stand in a mailbox, whose worker has not even read it, but in the
 * ports between the threads. The mailbox is within it: this is the whole queue as its callers have it.
 */

/** Between two announcements (ms). */
const EVERY_MS = 20

export class CommandWaits {
  readonly #announce: (waitMs: number) => void
  /** Of the batch that was committed last. */
  #commitMs = 0
  #least = Number.POSITIVE_INFINITY
  #announcedAt = 0

  constructor(announce: (waitMs: number) => void) {
    this.#announce = announce
  }

  committed(seconds: number): void {
    this.#commitMs = seconds * 1_000
  }

  /** A command that was submitted then, ms of the clock of `now`. */
  answered(submittedAt: number, now: number): void {
    const waitMs = Math.max(0, now - submittedAt - this.#commitMs)
    if (waitMs < this.#least) this.#least = waitMs
    if (now - this.#announcedAt < EVERY_MS) return
    this.#announce(this.#least)
    this.#least = Number.POSITIVE_INFINITY
    this.#announcedAt = now
  }
}
