/**
 * A notification for one waiter (an auto-reset event, tokio's `Notify`): `notify` wakes the fiber that waits, or the next one that
 * will. Any number of notifications before a wait count as one.
 */
import { Effect } from "effect"

export class Notify {
  #isNotified = false
  #wake: ((effect: Effect.Effect<void>) => void) | null = null

  notify(): void {
    if (this.#wake === null) {
      this.#isNotified = true
      return
    }
    const wake = this.#wake
    this.#wake = null
    wake(Effect.void)
  }

  readonly wait: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.#isNotified) {
      this.#isNotified = false
      resume(Effect.void)
      return
    }
    this.#wake = resume
    return Effect.sync(() => {
      this.#wake = null
    })
  })
}
