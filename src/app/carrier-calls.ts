/** Calls to the carrier, each with a time limit and announced to the probe. Past the limit nobody knows: unknown. */
import { Clock, Effect } from "effect"
import { Carrier, type Registration } from "../ports/carrier.ts"
import { Probe } from "../ports/probe.ts"

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

  const silence: Registration = { _tag: "Unknown", reason: `no answer within ${limitMs} ms` }
  return Carrier.of({
    register: (consignment) =>
      timed("register", carrier.register(consignment), silence, ({ _tag }) => _tag.toLowerCase()),
    cancel: (key) => timed("cancel", carrier.cancel(key), "unknown", (outcome) => outcome),
  })
})
