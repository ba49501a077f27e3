/**
 * Calls to the carrier as the application makes them: the port, behind a guard (`resilience/guard.ts`). Of a call that was not
 * made, or not answered in time, the outcome is unknown.
 *
 * Law: what the carrier says is cleaned here, whichever adapter brings it: a character that the database refuses would fail the commit
 * of orders that have nothing to do with it.
 */
import { Clock, Context, Effect, Layer } from "effect"
import * as Text from "../domain/text.ts"
import { type Cancellation, Carrier, REASON_MAX, type Registration, TRACKING_ID_MAX } from "../ports/carrier.ts"
import * as Throttle from "../std/throttle.ts"
import type { Kind } from "./resilience/call.ts"
import * as Guard from "./resilience/guard.ts"

export class CarrierCalls extends Context.Service<
  CarrierCalls,
  Carrier["Service"] & {
    /** How many calls would be made now, and not refused by the guard. */
    readonly room: () => number
  }
>()("jaego/app/CarrierCalls") {}

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

const NO_ANSWER: Registration = { _tag: "Unknown", code: "no-answer" }
const NOT_ASKED: Registration = { _tag: "Unknown", code: "not-asked" }

/** A refusal is business, and no illness. */
const REGISTERING: Kind<Registration> = {
  name: "register",
  isFailure: ({ _tag }) => _tag === "Unknown",
  isTransient: (said) => said._tag === "Unknown" && said.code === "unreachable",
  onTimeout: NO_ANSWER,
  outcome: ({ _tag }) => _tag.toLowerCase(),
}

const CANCELLING: Kind<Cancellation> = {
  name: "cancel",
  isFailure: (said) => said === "unknown",
  isTransient: () => false,
  onTimeout: "unknown",
  outcome: (said) => said,
}

export const layer = (settings: Guard.Settings) =>
  Layer.effect(
    CarrierCalls,
    Effect.gen(function* () {
      const carrier = yield* Carrier
      const guard = yield* Guard.make(settings)
      const throttle = Throttle.make(LOG_EVERY_MS)
      const logUnclean = Effect.fnUntraced(function* (said: Registration) {
        if (isClean(said) || throttle(yield* Clock.currentTimeMillis) === null) return
        yield* Effect.logWarning(
          "the carrier said control characters or lone surrogates (NUL, say): each is kept as U+FFFD",
        )
      })
      return {
        room: () => guard.room(),
        register: (consignment) =>
          guard.run(REGISTERING, 0, carrier.register(consignment)).pipe(
            Effect.orElseSucceed(() => NOT_ASKED),
            Effect.tap(logUnclean),
            Effect.map(cleaned),
          ),
        cancel: (key) =>
          guard.run(CANCELLING, 0, carrier.cancel(key)).pipe(Effect.orElseSucceed((): Cancellation => "unknown")),
      }
    }),
  )
