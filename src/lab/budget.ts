/**
 * The time of a run: what each piece was foreseen to take, what it has taken, and so what is left for those that come. On a machine
 * that is slower than the plan foresees the pieces that come are taken to be as much slower, and the ones that can are cut.
 *
 * Limits: what is asked for in addition (the sweeps) has no budget.
 */
import type { Piece, Took } from "./report.ts"

export type Foreseen = Readonly<Partial<Record<Piece, number>>>

/** In this order; of these the whole run consists. */
const PIECES: ReadonlyArray<Piece> = ["setUp", "guards", "oversell", "tails", "audits", "faults"]

/** How long they take does not depend on what is left for them. */
const MEASURING: ReadonlyArray<Piece> = ["setUp", "audits"]

const SECOND_MS = 1_000

export class Budget {
  readonly took: Array<Took> = []
  readonly #foreseen: Foreseen
  readonly #seconds: number
  readonly #begun: number
  readonly #now: () => number

  /** `seconds`: null: as long as it takes. `begun`: the run, ms. */
  constructor(foreseen: Foreseen, seconds: number | null, begun: number, now: () => number = () => performance.now()) {
    this.#foreseen = foreseen
    this.#seconds = seconds ?? Number.POSITIVE_INFINITY
    this.#begun = begun
    this.#now = now
  }

  get spent(): number {
    return (this.#now() - this.#begun) / SECOND_MS
  }

  /** Times as long as foreseen; a machine that is faster gives no time away. */
  get slowness(): number {
    const known = this.took.filter(({ piece }) => MEASURING.includes(piece))
    const [took, foreseen] = (["tookSeconds", "foreseenSeconds"] as const).map((name) =>
      known.reduce((sum, each) => sum + each[name], 0),
    )
    return foreseen! > 0 ? Math.max(1, took! / foreseen!) : 1
  }

  /** Seconds from now on, if the pieces after it have theirs. */
  leftFor(piece: Piece): number {
    const later = PIECES.slice(PIECES.indexOf(piece) + 1)
    const others = later.reduce((sum, each) => sum + (this.#foreseen[each] ?? 0), 0)
    return this.#seconds - this.spent - others * this.slowness
  }

  async during<A>(piece: Piece, body: () => Promise<A>): Promise<A> {
    const since = this.#now()
    try {
      return await body()
    } finally {
      this.ended(piece, since)
    }
  }

  /** That has begun at `since`, ms. */
  ended(piece: Piece, since: number): void {
    const tookSeconds = (this.#now() - since) / SECOND_MS
    this.took.push({ piece, foreseenSeconds: this.#foreseen[piece] ?? 0, tookSeconds })
  }
}
