/** An agenda (a discrete-event simulation): what is to happen happens in order of time, and no time passes between. */
import { Heap } from "../std/heap.ts"
import { mulberry32 } from "../std/mulberry32.ts"

interface Entry {
  readonly at: number
  readonly order: number
  readonly then: () => void
}

export class Agenda {
  readonly #entries = new Heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))
  #now = 0
  #count = 0

  /** Virtual ms. */
  get now(): number {
    return this.#now
  }

  after(ms: number, then: () => void): void {
    this.#entries.push({ at: this.#now + ms, order: this.#count++, then })
  }

  /** `perSecond` times a second, from now on for so many virtual ms; each a little late by chance, the same each time. */
  each(perSecond: number, forMs: number, then: (index: number) => void): void {
    const count = Math.floor((perSecond * forMs) / 1_000)
    const chance = mulberry32(count)
    for (let index = 0; index < count; index++)
      this.after(((index + chance() / 2 ** 32) * 1_000) / perSecond, () => then(index))
  }

  /** Everything that happens up to then. */
  run(untilMs: number): void {
    for (let next = this.#entries.pop(); next !== undefined; next = this.#entries.pop()) {
      if (next.at > untilMs) return
      this.#now = next.at
      next.then()
    }
  }
}
