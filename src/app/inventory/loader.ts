/**
 * The loader: all that is missing in memory, and all that the gate asks for, comes in one query; one load in flight, so that
 * an older answer never overtakes.
 */
import { Effect, Result } from "effect"
import { Ledger } from "../../ports/ledger.ts"
import { Probe } from "../../ports/probe.ts"
import type { Missing, Owner } from "./owner.ts"

/** Rows that contradict themselves, each logged once; beyond so many none is, for the log would say nothing new. */
const LOGGED_MAX = 1_000

/** `worker`: the number it is counted under. Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner, worker: number) {
  const ledger = yield* Ledger
  const probe = yield* Probe
  const failed = (detail: string): void => probe.emit({ _tag: "LoadFailed", worker, detail })
  const logged = new Set<string>()
  for (;;) {
    yield* owner.toLoad.wait
    for (let missing = owner.takeMissing(); missing !== null; missing = owner.takeMissing())
      yield* load(ledger, owner, missing, logged, failed)
  }
})

const load = Effect.fnUntraced(function* (
  ledger: Ledger["Service"],
  owner: Owner,
  missing: Missing,
  logged: Set<string>,
  failed: (detail: string) => void,
) {
  const result = yield* Effect.result(ledger.load(missing.wanted))
  if (Result.isFailure(result)) {
    failed(result.failure.detail)
    return owner.fail(missing.entries, "database")
  }
  for (const id of result.success.unreadable)
    if (!logged.has(id) && logged.size < LOGGED_MAX) {
      logged.add(id)
      yield* Effect.logError(`${id} is in the database and cannot be read; its commands are refused, others go on`)
    }
  owner.loaded(missing, result.success)
})
