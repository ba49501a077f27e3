/** The loader: all that is missing in memory comes in one query; one load in flight, so that an older answer never overtakes. */
import { Effect, Result } from "effect"
import { Ledger } from "../../ports/ledger.ts"
import type { Owner } from "./owner.ts"

/** Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner) {
  const ledger = yield* Ledger
  return yield* Effect.gen(function* () {
    for (;;) {
      yield* owner.toLoad.wait
      for (let taken = owner.takeWanted(); taken !== null; taken = owner.takeWanted()) {
        const { wanted, entries } = taken
        const result = yield* Effect.result(ledger.load(wanted))
        if (Result.isFailure(result)) owner.fail(entries, "database")
        else owner.loaded(wanted, entries, result.success)
      }
    }
  })
})
