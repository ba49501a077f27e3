/**
 * Calls to the payment provider, each with a time limit and announced to the probe. Past the limit the outcome is unknown.
 *
 * Law: what the provider says is cleaned here, whichever adapter brings it: a character that the database refuses would fail the
 * commit of orders that have nothing to do with it.
 */
import { Clock, Effect } from "effect"
import * as Checkout from "../domain/checkout.ts"
import * as Text from "../domain/text.ts"
import { ACTION_MAX, CODE_MAX, Payment, REF_MAX, UNKNOWN } from "../ports/payment.ts"
import { type PaymentCall, Probe } from "../ports/probe.ts"

const cleanedOrNull = (text: string | null): string | null => (text === null ? null : Text.clean(text, ACTION_MAX))

/** Generic in the answer, which keeps its form. */
const cleaned = <A extends Checkout.Answer>(answer: A): A => {
  switch (answer._tag) {
    case "Prepared":
      return { ...answer, ref: Text.clean(answer.ref, REF_MAX) }
    case "Declined":
      return { ...answer, code: Text.clean(answer.code, CODE_MAX) }
    case "ActionRequired": {
      const { clientSecret, kind, url } = answer.action
      const action = {
        kind: Text.clean(kind, CODE_MAX),
        url: cleanedOrNull(url),
        clientSecret: cleanedOrNull(clientSecret),
      }
      return { ...answer, action }
    }
    default:
      return answer
  }
}

/** `limitMs`: how long one call may take, milliseconds. Same shape as the port it wraps. */
export const make = Effect.fnUntraced(function* (limitMs: number) {
  const payment = yield* Payment
  const { prepare } = payment
  const probe = yield* Probe
  const limit = { duration: limitMs, orElse: () => Effect.succeed(UNKNOWN) }

  const timed = Effect.fnUntraced(function* <A extends Checkout.Answer>(call: PaymentCall, asking: Effect.Effect<A>) {
    const before = yield* Clock.currentTimeMillis
    const answer: A | typeof UNKNOWN = yield* Effect.timeoutOrElse(asking, limit)
    const seconds = ((yield* Clock.currentTimeMillis) - before) / 1_000
    probe.emit({ _tag: "PaymentAnswered", call, outcome: Checkout.WORDS[answer._tag], seconds })
    return cleaned(answer)
  })

  return Payment.of({
    defaultToken: payment.defaultToken,
    prepare: prepare === null ? null : (preparation) => timed("prepare", prepare(preparation)),
    confirm: (confirmation) => timed("confirm", payment.confirm(confirmation)),
    read: (ref, attempt) => timed("read", payment.read(ref, attempt)),
    void: (ref) => timed("void", payment.void(ref)),
    refund: (ref, money, key) => timed("refund", payment.refund(ref, money, key)),
  })
})
