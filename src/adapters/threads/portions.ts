/**
 * Portions (chunked delivery): what another thread sent at once is handled a little at a time, in order. Between two portions this
 * thread reads its sockets, so that the callers that were answered first can already be served anew while the others are answered.
 *
 * Law: what waits grows shorter in every turn, however much is read meanwhile: a portion is never less than a quarter of it. A fixed
 * portion would let answers wait for seconds where a turn reads more requests than it gives answers, unseen by every queue that is watched.
 */

/** Handled at once whatever waits: about a millisecond of work. One commit may answer hundreds. */
const PORTION = 32
/** Of what waits, handled at once. */
const SHARE = 1 / 4

export class Portions<Thing> {
  readonly #hear: (thing: Thing) => void
  readonly #waiting: Array<Thing> = []

  constructor(hear: (thing: Thing) => void) {
    this.#hear = hear
  }

  add(things: ReadonlyArray<Thing>): void {
    const isFirst = this.#waiting.length === 0
    for (const thing of things) this.#waiting.push(thing)
    if (isFirst) this.#next()
  }

  /** All that waits, now. */
  flush(): void {
    for (const thing of this.#waiting.splice(0)) this.#hear(thing)
  }

  #next(): void {
    const portion = Math.max(PORTION, Math.ceil(this.#waiting.length * SHARE))
    for (const thing of this.#waiting.splice(0, portion)) this.#hear(thing)
    if (this.#waiting.length > 0) setImmediate(() => this.#next())
  }
}
