/**
 * Calls to the carrier, each with a time limit and announced to the probe. Past the limit it is not known what happened.
 *
 * Law: what the carrier says is cleaned here, whichever adapter brings it: a character that the database refuses would fail the commit
 * of orders that have nothing to do with it.
 */
import { Clock, Effect } from "effect"
import * as Text from "../domain/text.ts"
import { Carrier, REASON_MAX, type Registration, TRACKING_ID_MAX } from "../ports/carrier.ts"
import { Probe } from "../ports/probe.ts"
import * as Throttle from "../std/throttle.ts"

const cleaned = (said: Registration): Registration => {
  switch (said._tag) {
    case "Registered":
      return { ...said, trackingId: Text.clean(said.trackingId, TRACKING_ID_MAX) }
    case "Refused":
      return { ...said, reason: Text.clean(said.reason, REASON_MAX) }
    case "Unknown":
      return said
  }
}

const isClean = (said: Registration): boolean =>
  said._tag === "Unknown" || Text.isClean(said._tag === "Registered" ? said.trackingId : said.reason)

/** A carrier that says such things says them often: one line of the log in so many milliseconds. */
const LOG_EVERY_MS = 60_000

const SILENCE: Registration = { _tag: "Unknown", code: "no-answer" }

/** `limitMs`: how long one call may take, milliseconds. Same shape as the port it wraps. */
export const make = Effect.fnUntraced(function* (limitMs: number) {
  const carrier = yield* Carrier
  const probe = yield* Probe

  const timed = Effect.fnUntraced(function* <A>(
    call: "register" | "cancel",
    asking: Effect.Effect<A>,
    late: A,
    word: (answer: A) => string,
  ) {
    const before = yield* Clock.currentTimeMillis
    const answer = yield* Effect.timeoutOrElse(asking, { duration: limitMs, orElse: () => Effect.succeed(late) })
    const seconds = ((yield* Clock.currentTimeMillis) - before) / 1_000
    probe.emit({ _tag: "CarrierAnswered", call, outcome: word(answer), seconds })
    return answer
  })

  const throttle = Throttle.make(LOG_EVERY_MS)
  const logUnclean = Effect.fnUntraced(function* (said: Registration) {
    if (isClean(said) || throttle(yield* Clock.currentTimeMillis) === null) return
    yield* Effect.logWarning(
      "the carrier said control characters or lone surrogates (NUL, say): each is kept as U+FFFD",
    )
  })

  return Carrier.of({
    register: (consignment) =>
      timed("register", carrier.register(consignment), SILENCE, ({ _tag }) => _tag.toLowerCase()).pipe(
        Effect.tap(logUnclean),
        Effect.map(cleaned),
      ),
    cancel: (key) => timed("cancel", carrier.cancel(key), "unknown", (outcome) => outcome),
  })
})
