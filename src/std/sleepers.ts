/** Sleeps that can be ended early (an alarm each), by the key of the sleeper. Limits: one sleep a key, the newest. */
import { Deferred, Effect } from "effect"

export class Sleepers<K> {
  readonly #alarms = new Map<K, Deferred.Deferred<void>>()

  sleep(key: K, milliseconds: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const alarm = Deferred.makeUnsafe<void>()
      this.#alarms.set(key, alarm)
      return Effect.timeoutOption(Deferred.await(alarm), milliseconds).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            if (this.#alarms.get(key) === alarm) this.#alarms.delete(key)
          }),
        ),
        Effect.asVoid,
      )
    })
  }

  /** False: it does not sleep. */
  wake(key: K): boolean {
    const alarm = this.#alarms.get(key)
    return alarm !== undefined && Deferred.doneUnsafe(alarm, Effect.void)
  }
}
