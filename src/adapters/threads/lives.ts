/**
 * The lives of a thread that nobody waits for: one that dies is replaced, soon at first, and never in a hot loop.
 */
import { Deferred, Effect } from "effect"

/** The longest it is waited before a thread that died is replaced, milliseconds. */
const PAUSE_MAX_MS = 5_000

/** A thread that has lived for so long did not die of how it was started, milliseconds. */
const STEADY_MS = 10_000

export interface Lives {
  /** One life of the thread; ends with what it died of. */
  readonly life: Effect.Effect<unknown>
  /** Completed before the thread is told to end: then it is not replaced. */
  readonly closing: Deferred.Deferred<void>
  readonly died: (error: unknown) => Effect.Effect<void>
  /** Before it is replaced for the first time, milliseconds; twice as long each time. */
  readonly pauseMs: number
}

/** One after the other, until it is closing. */
export const lead = Effect.fnUntraced(function* ({ closing, died, life, pauseMs }: Lives) {
  for (let deaths = 0; ; deaths++) {
    const bornAt = performance.now()
    const error = yield* life
    if (Deferred.isDoneUnsafe(closing)) return
    if (performance.now() - bornAt > STEADY_MS) deaths = 0
    yield* died(error)
    yield* Effect.raceFirst(Effect.sleep(Math.min(PAUSE_MAX_MS, pauseMs * 2 ** deaths)), Deferred.await(closing))
  }
})
