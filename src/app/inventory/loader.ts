/**
 * The loader: all that is missing in memory, and all that the gate asks for, comes in one query; one load in flight, so that
 * an older answer never overtakes.
 */
import { Effect, Result } from "effect"
import { Ledger } from "../../ports/ledger.ts"
import type { Missing, Owner } from "./owner.ts"

/** Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner) {
  const ledger = yield* Ledger
  for (;;) {
    yield* owner.toLoad.wait
    for (let missing = owner.takeMissing(); missing !== null; missing = owner.takeMissing())
      yield* load(ledger, owner, missing)
  }
})

const load = Effect.fnUntraced(function* (ledger: Ledger["Service"], owner: Owner, missing: Missing) {
  const result = yield* Effect.result(ledger.load(missing.wanted))
  if (Result.isFailure(result)) owner.fail(missing.entries, "database")
  else owner.loaded(missing, result.success)
})
