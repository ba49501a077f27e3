/**
 * Calls to the payment provider as the application makes them: the port, behind a guard (`resilience/guard.ts`). Of a call that was
 * not made, or not answered in time, the outcome is unknown.
 *
 * Law: what the provider says is cleaned here, whichever adapter brings it: a character that the database refuses would fail the
 * commit of orders that have nothing to do with it.
 */
import { Context, Effect, type Latch, Layer } from "effect"
import * as Checkout from "../domain/checkout.ts"
import * as Text from "../domain/text.ts"
import {
  ACTION_MAX,
  type Capturing,
  type ChargeOutcome,
  CODE_MAX,
  type Confirmation,
  type Listing,
  Payment,
  PENDING,
  type Preparation,
  type Prepared,
  REF_MAX,
  type Reading,
  type Refunding,
  UNKNOWN,
  type Voiding,
} from "../ports/payment.ts"
import type { Kind } from "./resilience/call.ts"
import * as Guard from "./resilience/guard.ts"

/** As the port has them; `urgency`: the earliest goes first, ms since 1970, where calls wait for a place or their turn. */
export class PaymentCalls extends Context.Service<
  PaymentCalls,
  {
    readonly name: string | null
    /** Null: there is nothing to prepare. */
    readonly prepare: ((urgency: number, preparation: Preparation) => Effect.Effect<Prepared>) | null
    readonly confirm: (urgency: number, confirmation: Confirmation) => Effect.Effect<ChargeOutcome>
    readonly read: (urgency: number, ref: string, attempt: number) => Effect.Effect<Reading>
    readonly capture: (
      urgency: number,
      ref: string,
      money: Preparation["money"],
      key: string,
    ) => Effect.Effect<Capturing>
    readonly void: (urgency: number, ref: string) => Effect.Effect<Voiding>
    readonly refund: (
      urgency: number,
      ref: string,
      money: Preparation["money"],
      key: string,
    ) => Effect.Effect<Refunding>
    /** Behind all that an order waits for. */
    readonly list: (since: number, after: string | null) => Effect.Effect<Listing>
    /** As its guard has them (`resilience/guard.ts`). */
    readonly openForMs: () => number
    readonly queues: () => boolean
    readonly healthy: Latch.Latch
    /** So many calls are under way or wait, at most. */
    readonly callsMax: number
    /** Charges that may leave a second, where a charge takes as many calls as it has to; infinity: as they come. */
    readonly chargesPerSecond: number
  }
>()("jaego/app/PaymentCalls") {}

const cleanedOrNull = (text: string | null): string | null => (text === null ? null : Text.clean(text, ACTION_MAX))

/** Generic in the answer, which keeps its form. */
const cleaned = <A extends Checkout.ProviderAnswer>(answer: A): A => {
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

/** Nothing was said, or nothing that can be trusted. */
const isUnknown = (answer: Checkout.ProviderAnswer): boolean => answer._tag === "Unknown" && answer !== PENDING

/** A declined charge is business, and no illness; nor is one that is not decided yet. */
const kind = (name: string, isTransient: (answer: Checkout.ProviderAnswer) => boolean) => ({
  ...{ name, isTransient, isFailure: isUnknown, onTimeout: UNKNOWN },
  outcome: ({ _tag }: Checkout.ProviderAnswer) => Checkout.WORDS[_tag],
})

const PREPARE: Kind<Prepared> = kind("prepare", isUnknown)
/** Of one that may have happened it is read first what became of it. */
const CONFIRM: Kind<ChargeOutcome> = kind("confirm", () => false)
const READ: Kind<Reading> = kind("read", isUnknown)
const CAPTURE: Kind<Capturing> = kind("capture", isUnknown)
const VOID: Kind<Voiding> = kind("void", isUnknown)
const REFUND: Kind<Refunding> = kind("refund", isUnknown)
const isNoPage = ({ _tag }: Listing): boolean => _tag === "Unknown"
const LIST: Kind<Listing> = {
  ...{ name: "list", isTransient: isNoPage, isFailure: isNoPage, onTimeout: UNKNOWN },
  outcome: (answer) => (isNoPage(answer) ? Checkout.WORDS.Unknown : "listed"),
}

/** The answer to a call that was refused here, so was not made: what is known is what was known before. */
export const NOT_MADE: typeof UNKNOWN = { ...UNKNOWN }

const notMade = () => NOT_MADE

export const layer = (settings: Guard.Settings) =>
  Layer.effect(
    PaymentCalls,
    Effect.gen(function* () {
      const payment = yield* Payment
      const { prepare } = payment
      const { concurrency, perSecond, queueMax } = settings.bulkhead
      const guard = yield* Guard.make(settings)
      const made = <A extends Checkout.ProviderAnswer>(kind: Kind<A>, urgency: number, work: Effect.Effect<A>) =>
        Effect.match(guard.run(kind, urgency, work), { onSuccess: cleaned, onFailure: notMade })
      return {
        name: payment.name,
        prepare: prepare === null ? null : (urgency, preparation) => made(PREPARE, urgency, prepare(preparation)),
        confirm: (urgency, confirmation) => made(CONFIRM, urgency, payment.confirm(confirmation)),
        read: (urgency, ref, attempt) => made(READ, urgency, payment.read(ref, attempt)),
        capture: (urgency, ref, money, key) => made(CAPTURE, urgency, payment.capture(ref, money, key)),
        void: (urgency, ref) => made(VOID, urgency, payment.void(ref)),
        refund: (urgency, ref, money, key) => made(REFUND, urgency, payment.refund(ref, money, key)),
        list: (since, after) =>
          Effect.match(guard.run(LIST, Number.POSITIVE_INFINITY, payment.list(since, after)), {
            onSuccess: (page) => page,
            onFailure: notMade,
          }),
        openForMs: () => guard.openForMs(),
        queues: () => guard.queues(),
        healthy: guard.healthy,
        callsMax: concurrency + queueMax,
        chargesPerSecond: (perSecond ?? Number.POSITIVE_INFINITY) / (prepare === null ? 1 : 2),
      }
    }),
  )
