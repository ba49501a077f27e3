/**
 * The draft: what waits, as the next batch will write it if the one under way commits. Made while that is on its way, so
 * that the next one can follow at once: both the ledger's work and ours lie on the way of every buyer of a hot product.
 *
 * Law: it begins behind a batch that was sent, holds the first decisions that wait, in order, and is dropped as soon as
 * memory goes back. Limits: those of the batch that is taken (`room.ts`).
 */
import type { Builder } from "./batch.ts"
import type { Entry } from "./entry.ts"
import { BATCH_SIZE_MAX } from "./limits.ts"
import { Room } from "./room.ts"

export class Draft {
  #builder: Builder | null = null
  readonly #max: number
  #room: Room

  /** `max`: decisions of a batch. */
  constructor(max = BATCH_SIZE_MAX) {
    this.#max = max
    this.#room = new Room(max)
  }

  /** `waiting`: what was decided already, in order. */
  begin(builder: Builder, waiting: ReadonlyArray<Entry>): void {
    this.#builder = builder
    this.#room = new Room(this.#max)
    for (const entry of waiting) this.add(entry)
  }

  add({ outcome, trace }: Entry): void {
    if (this.#builder === null || outcome?._tag !== "Decision" || !this.#room.takes(outcome)) return
    this.#builder.add(outcome, trace)
  }

  /** For the batch that was just taken; null: there is none. */
  take(): Builder | null {
    const builder = this.#builder
    this.#builder = null
    return builder
  }

  drop(): void {
    this.#builder = null
  }
}
