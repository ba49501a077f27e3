/** Dice: everything that is left to chance in a simulated run, from one seed (mulberry32). */

export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }

  /** 0 .. below - 1 */
  below(below: number): number {
    return Math.floor((this.#next() / 2 ** 32) * below)
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True once in `times` on average; never for 0. */
  oneIn(times: number): boolean {
    return times > 0 && this.below(times) === 0
  }

  pick<A>(of: ReadonlyArray<A>): A {
    return of[this.below(of.length)]!
  }

  /** Dice of their own, so that what one part throws does not move what another gets. */
  split(): Dice {
    return new Dice(this.#next())
  }
}
