/** A bundle: what one event-loop turn has to say, said in one message; a long turn says it in several. */

/** More would let the other thread wait for a whole turn of this one. */
const MAX = 32

export class Bundle<Thing> {
  readonly #post: (things: ReadonlyArray<Thing>) => void
  #things: Array<Thing> = []

  constructor(post: (things: ReadonlyArray<Thing>) => void) {
    this.#post = post
  }

  add(thing: Thing): void {
    const count = this.#things.push(thing)
    if (count === 1) setImmediate(() => this.flush())
    else if (count >= MAX) this.flush()
  }

  flush(): void {
    if (this.#things.length === 0) return
    const things = this.#things
    this.#things = []
    this.#post(things)
  }
}
