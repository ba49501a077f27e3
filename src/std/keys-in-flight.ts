/**
 * Keys in flight: at most one effect at a time under each key (a keyed try-lock). A second one is refused, it does not wait; a
 * lock that lets others wait is `keyed-lock.ts`.
 *
 * Law: what has begun under a key is carried to its end, also when its caller is interrupted; the key is free again once it has
 * ended, however it ended.
 */
import { Effect } from "effect"

export class KeysInFlight {
  readonly #keys = new Set<string>()

  /** Runs `effect`; `busy`, if another runs under the same key. */
  run<A, E, R, F>(
    key: string,
    effect: Effect.Effect<A, E, R>,
    busy: Effect.Effect<never, F>,
  ): Effect.Effect<A, E | F, R> {
    return Effect.suspend((): Effect.Effect<A, E | F, R> => {
      if (this.#keys.has(key)) return busy
      this.#keys.add(key)
      return Effect.uninterruptible(Effect.onExit(effect, () => Effect.sync(() => this.#keys.delete(key))))
    })
  }
}
