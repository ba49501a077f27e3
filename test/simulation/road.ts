/** The road to a party outside: a request arrives late, or twice, and its answer may be lost. */
import { Effect } from "effect"
import type { Dice } from "./dice.ts"
import type { Journal } from "./journal.ts"
import type { Node } from "./world.ts"

/** What befalls a call, once in so many; 0: never. */
export interface Moods {
  readonly lostAnswer: number
  readonly slow: number
  readonly twice: number
}

/** Microseconds. */
export interface Span {
  readonly least: number
  readonly most: number
}

export interface Lengths {
  readonly there: Span
  /** For what is late. */
  readonly detour: Span
  readonly back: Span
}

export interface Way {
  readonly to: Node
  /** What its faults are called. */
  readonly name: string
  readonly journal: Journal
  readonly dice: Dice
  readonly lengths: Lengths
  /** Those of the moment. */
  readonly moods: () => Moods
}

/** How much later the second of two that are one arrives. */
const BEHIND: Span = { least: 0, most: 3_000_000 }

export class Road {
  readonly #way: Way

  constructor(way: Way) {
    this.#way = way
  }

  ask<A>(from: Node, what: string, serve: (answer: (value: A) => void) => void): Effect.Effect<A> {
    return Effect.callback<A>((resume) => {
      const { lengths, moods, to } = this.#way
      const { lostAnswer, slow, twice } = moods()
      const isLost = this.#befalls(lostAnswer, `${what}: answer lost`)
      const isSlow = this.#befalls(slow, `${what}: late`)
      const travel = this.#pick(isSlow ? lengths.detour : lengths.there)
      const answer = (value: A) => {
        if (!isLost) to.world.post(from, this.#pick(lengths.back), () => resume(Effect.succeed(value)))
      }
      to.world.post(to, travel, () => serve(answer))
      if (this.#befalls(twice, `${what}: delivered twice`))
        to.world.post(to, travel + this.#pick(BEHIND), () => serve(() => undefined))
    })
  }

  #befalls(times: number, fault: string): boolean {
    const { dice, journal, name } = this.#way
    const befalls = dice.oneIn(times)
    if (befalls) journal.fault(`${name} ${fault}`)
    return befalls
  }

  #pick({ least, most }: Span): number {
    return this.#way.dice.between(least, most)
  }
}
