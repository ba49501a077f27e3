/** The faults of the simulated provider: their chances, and how often each has come about (`GET /faults`). */

/** Chances from 0 to 1: first what a charge comes to, then what befalls a request, whatever it is about. */
export interface Faults {
  readonly declines: number
  readonly actions: number
  readonly late: number
  readonly slow: number
  /** It does nothing, and says nothing. */
  readonly silences: number
  readonly errors: number
  /** The connection breaks, and nothing was done. */
  readonly resets: number
  /** It does it, and says nothing. */
  readonly lost: number
}

export class Luck {
  readonly #chances: Faults
  readonly #counts: Record<keyof Faults, number> = {
    ...{ declines: 0, actions: 0, late: 0 },
    ...{ slow: 0, silences: 0, errors: 0, resets: 0, lost: 0 },
  }

  constructor(chances: Faults) {
    this.#chances = chances
  }

  get counts(): Readonly<Record<keyof Faults, number>> {
    return this.#counts
  }

  /** `mood`: it does, whatever its chance. */
  befalls(fault: keyof Faults, mood: "mood" | "chance" = "chance"): boolean {
    const chance = this.#chances[fault]
    const befalls = mood === "mood" || (chance > 0 && Math.random() < chance)
    if (befalls) this.#counts[fault]++
    return befalls
  }
}
