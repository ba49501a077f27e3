/** A bell: `ring` wakes whoever waits, or the next who will. Any number of rings before a wait count as one. */
import { Effect } from "effect"

export class Bell {
  #rung = false
  #wake: ((effect: Effect.Effect<void>) => void) | null = null

  ring(): void {
    if (this.#wake === null) {
      this.#rung = true
      return
    }
    const wake = this.#wake
    this.#wake = null
    wake(Effect.void)
  }

  readonly wait: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.#rung) {
      this.#rung = false
      resume(Effect.void)
      return
    }
    this.#wake = resume
    return Effect.sync(() => {
      this.#wake = null
    })
  })
}
