/**
 * A supervisor: keeps one thread alive. A thread that dies is replaced, with exponential back-off, until `closing`.
 *
 * Law: none is started once `closing` is completed.
 */
import { Deferred, Effect } from "effect"

/** The longest pause before a thread that died is replaced (ms). */
const PAUSE_MAX_MS = 5_000

/** A thread that has run this long (ms) did not die of how it was started: the back-off begins anew. */
const STEADY_MS = 10_000

/**
 * What a thread has beyond the drain of what runs in it (ms), to end itself and to say so, also on a busy machine; then it is
 * terminated.
 */
export const ENDING_MS = 5_000

export interface Supervised {
  /** Runs one thread; succeeds with what it died of. A defect (a system that refuses the thread, say) is a death too. */
  readonly life: Effect.Effect<unknown>
  /** Completed before the thread is asked to end: then it is not replaced. */
  readonly closing: Deferred.Deferred<void>
  readonly died: (error: unknown) => Effect.Effect<void>
  /** The pause before the first replacement (ms); it doubles each time. */
  readonly pauseMs: number
}

/** One thread after the other, until `closing`. */
export const keepAlive = Effect.fnUntraced(function* ({ closing, died, life, pauseMs }: Supervised) {
  const end = Deferred.await(closing)
  for (let deaths = 0; !Deferred.isDoneUnsafe(closing); deaths++) {
    const bornAt = performance.now()
    const error = yield* Effect.catchDefect(life, Effect.succeed)
    if (Deferred.isDoneUnsafe(closing)) return
    if (performance.now() - bornAt > STEADY_MS) deaths = 0
    yield* died(error)
    yield* Effect.raceFirst(Effect.sleep(Math.min(PAUSE_MAX_MS, pauseMs * 2 ** deaths)), end)
  }
})
