/** Dice: everything that is left to chance in a simulated run, from one seed. */
import { mulberry32 } from "../../src/std/mulberry32.ts"

export class Dice {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = mulberry32(seed)
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
