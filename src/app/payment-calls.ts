/** Calls to the payment provider, each with a time limit and announced to the probe. Past the limit the outcome is unknown. */
import { Clock, Effect } from "effect"
import { Payment } from "../ports/payment.ts"
import { Probe } from "../ports/probe.ts"

type Call = "charge" | "lookUp" | "void" | "refund"

/** `limitMs`: how long one call may take, milliseconds. Same shape as the port it wraps. */
export const make = Effect.fnUntraced(function* (limitMs: number) {
  const payment = yield* Payment
  const probe = yield* Probe
  const limit = { duration: limitMs, orElse: () => Effect.succeed("unknown" as const) }

  const timed = Effect.fnUntraced(function* <A extends string>(call: Call, asking: Effect.Effect<A>) {
    const before = yield* Clock.currentTimeMillis
    const outcome: A | "unknown" = yield* Effect.timeoutOrElse(asking, limit)
    const seconds = ((yield* Clock.currentTimeMillis) - before) / 1_000
    probe.emit({ _tag: "PaymentAnswered", call, outcome, seconds })
    return outcome
  })

  return Payment.of({
    defaultToken: payment.defaultToken,
    charge: (charge) => timed("charge", payment.charge(charge)),
    lookUp: (key) => timed("lookUp", payment.lookUp(key)),
    void: (key) => timed("void", payment.void(key)),
    refund: (key) => timed("refund", payment.refund(key)),
  })
})
