/**
 * Portions (chunked delivery): what another thread sent at once is handled a little at a time, in order. Between two portions this
 * thread reads its sockets, so that the callers that were answered first can already be served anew while the others are answered.
 */

/** Most messages handled at once: about a millisecond of work. One commit may answer hundreds. */
const PORTION = 32

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
    for (const thing of this.#waiting.splice(0, PORTION)) this.#hear(thing)
    if (this.#waiting.length > 0) setImmediate(() => this.#next())
  }
}
