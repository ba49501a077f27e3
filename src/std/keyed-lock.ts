/**
 * A lock for each key (a keyed mutex): effects under one key run one after another, those of different keys side by side. A
 * key that is not in use costs nothing.
 *
 * Limits: `waitersMax` effects a key, the running one included; beyond them `full` is the answer at once.
 */
import { Effect, Semaphore } from "effect"

interface Lock {
  readonly semaphore: Semaphore.Semaphore
  users: number
}

export type KeyedLock<K> = <A, E, R, B, F>(
  key: K,
  effect: Effect.Effect<A, E, R>,
  full: Effect.Effect<B, F>,
) => Effect.Effect<A | B, E | F, R>

export const make = <K>(waitersMax: number): KeyedLock<K> => {
  const locks = new Map<K, Lock>()
  return <A, E, R, B, F>(key: K, effect: Effect.Effect<A, E, R>, full: Effect.Effect<B, F>) =>
    Effect.suspend((): Effect.Effect<A | B, E | F, R> => {
      const lock = locks.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
      if (lock.users >= waitersMax) return full
      locks.set(key, lock)
      lock.users++
      return lock.semaphore.withPermit(effect).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            if (--lock.users === 0) locks.delete(key)
          }),
        ),
      )
    })
}
