/**
 * The key reader: reads the keys that are bound into the owner's filter, in the background, page by page.
 *
 * Limits: it rests PAUSES times as long as a page took, so that millions of keys are read beside the trade and not before
 * it. Until all are read, every key is looked up before its command is decided.
 */
import { Clock, Effect, Schedule } from "effect"
import { type KeyPosition, Ledger } from "../../ports/ledger.ts"
import type { Idempotency } from "./idempotency.ts"
import { KEYS_PAGE } from "./limits.ts"

/** A fifth of a thread's time, and of a session's. */
const PAUSES = 4

/** It rests no longer than this (ms): a page that took a quarter of it waited for a database that was away, or a clock was set forward. */
export const REST_MAX_MS = 5_000

/** Retries when the ledger was not reached; no caller waits for this. */
const RETRIES = Schedule.spaced("1 second")

type KeysPage = Effect.Success<ReturnType<Ledger["Service"]["boundKeys"]>>

/** Runs until all are read. */
export const run = Effect.fnUntraced(function* (keys: Idempotency) {
  const ledger = yield* Ledger
  let after: KeyPosition | null = null
  do {
    const begun = yield* Clock.currentTimeMillis
    const page: KeysPage = yield* ledger.boundKeys(after, KEYS_PAGE).pipe(Effect.retry(RETRIES))
    keys.read(page.names)
    after = page.next
    if (after !== null) yield* Effect.sleep(Math.min(REST_MAX_MS, PAUSES * ((yield* Clock.currentTimeMillis) - begun)))
  } while (after !== null)
  keys.complete()
})
