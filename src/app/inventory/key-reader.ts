/**
 * The key reader: reads the keys the ledger holds into `KnownKeys`, in the background, page by page; again when outgrown.
 *
 * Limits: it rests PAUSES times as long as a page took, so that millions of keys are read beside the trade and not before
 * it. Until all are read, refusals ask the ledger.
 */
import { Clock, Effect, Schedule } from "effect"
import { type KeyPosition, Ledger } from "../../ports/ledger.ts"
import { KEYS_PAGE } from "./limits.ts"
import type { Owner } from "./owner.ts"

/** A fifth of a thread's time, and of a session's. */
const PAUSES = 4

/** The ledger was not reached: nobody waits for this. */
const AGAIN = Schedule.spaced("1 second")

/** Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner) {
  const ledger = yield* Ledger
  const { knownKeys } = owner
  const readAll = Effect.gen(function* () {
    let after: KeyPosition | null = null
    do {
      const begun = yield* Clock.currentTimeMillis
      const page: { readonly names: ReadonlyArray<string>; readonly next: KeyPosition | null } = yield* ledger
        .boundKeys(after, KEYS_PAGE)
        .pipe(Effect.retry(AGAIN))
      for (const name of page.names) knownKeys.add(name)
      after = page.next
      if (after !== null) yield* Effect.sleep(PAUSES * ((yield* Clock.currentTimeMillis) - begun))
    } while (after !== null)
  })
  // Not while a commit is on its way: its keys are in neither, and the ledger may be read before it has them.
  const regrow = Effect.callback<void>((resume) =>
    owner.betweenBatches(() => {
      knownKeys.regrow()
      resume(Effect.void)
    }),
  )
  return yield* Effect.gen(function* () {
    for (;;) {
      yield* readAll
      if (!knownKeys.isOutgrown) knownKeys.complete()
      // The notification may be of a filter that was replaced since.
      while (!knownKeys.isOutgrown) yield* owner.keysOutgrown.wait
      yield* regrow
    }
  })
})
