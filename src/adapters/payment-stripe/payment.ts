/**
 * Stripe, through its official library: an order is one PaymentIntent. It is made first, and its id journalled as the ref; then
 * it is confirmed, once for each attempt, under `<order>:confirm:<n>`.
 *
 * An answer that was given before (`Idempotent-Replayed`) is what Stripe said then: where that was not final, the intent is read.
 * So a decline that followed on a buyer's action is found, though the intent does not know attempts by number.
 *
 * Law: nothing is repeated here, which the guard does; a confirmation is sent again only under its key.
 * Limits: Stripe knows a key for 24 hours, longer than a hold lives, and keeps money for about 7 days. Saved cards and Connect are
 * not used.
 * Fails: never; a key that Stripe does not take is logged, and unknown.
 */
import { Effect, Layer } from "effect"
import Stripe from "stripe"
import {
  ABSENT,
  type ChargeOutcome,
  type Confirmation,
  type Listing,
  Payment,
  type Reading,
  UNKNOWN,
} from "../../ports/payment.ts"
import { amountOf } from "./amounts.ts"
import * as Answers from "./answers.ts"
import { Client } from "./http-client.ts"

export interface Options {
  readonly secretKey: string
  readonly base: { readonly protocol: "http" | "https"; readonly host: string; readonly port: number }
  /** Of a whole call (ms). */
  readonly timeoutMs: number
  /** Where a buyer comes back to who had to act elsewhere; null: no way of paying is offered that leads elsewhere. */
  readonly returnUrl: string | null
}

/** Intents on a page of the books: as many as Stripe gives. */
const PAGE = 100

/** A price that Stripe's units have no number for. */
const NO_SUCH_AMOUNT = { _tag: "Declined", code: "amount_not_chargeable", retryable: false } as const

/** A confirmation token of Stripe.js, or a payment method. */
const methodOf = (token: string): Stripe.PaymentIntentConfirmParams =>
  token.startsWith("ctoken_") ? { confirmation_token: token } : { payment_method: token }

type Failed = Extract<Parameters<typeof Answers.confirmFailed>[0], Error>

const isOurFault = ({ statusCode }: Failed): boolean => statusCode === 401 || statusCode === 403

/** What Stripe was asked, and an error of it as a value; everything else that is thrown is a defect. */
const asked = <A, B>(call: () => Promise<A>, failed: (error: Failed) => B): Effect.Effect<A | B> =>
  Effect.tryPromise({ try: call, catch: (error) => error }).pipe(
    Effect.catch((error) => {
      if (!Answers.isFailure(error)) return Effect.die(error)
      const said = Effect.succeed(failed(error))
      return isOurFault(error)
        ? Effect.andThen(Effect.logWarning(`Stripe refuses our key (${error.statusCode})`), said)
        : said
    }),
  )

/** Stripe has said this before. */
const isReplay = (headers: unknown): boolean =>
  (headers as Readonly<Record<string, string>> | undefined)?.["idempotent-replayed"] === "true"

const capturing =
  (intents: Stripe["paymentIntents"]): Payment["Service"]["capture"] =>
  (ref, money, key) => {
    const amount = amountOf(money)
    if (amount === null) return Effect.succeed(UNKNOWN)
    const taken = asked(
      async () => Answers.capturing(await intents.capture(ref, { amount_to_capture: amount }, { idempotencyKey: key })),
      () => UNKNOWN,
    )
    // An error may be the first answer under this key again: where the intent stands now, it says itself.
    const standing = asked(
      async () => Answers.capturing(await intents.retrieve(ref)),
      () => UNKNOWN,
    )
    return Effect.flatMap(taken, (said) => (said === UNKNOWN ? standing : Effect.succeed(said)))
  }

const preparing =
  (intents: Stripe["paymentIntents"], returnUrl: string | null): Payment["Service"]["prepare"] =>
  ({ capture, customerId, key, money }) => {
    const amount = amountOf(money)
    if (amount === null) return Effect.succeed(NO_SUCH_AMOUNT)
    const currency = money.currency.toLowerCase()
    const redirects = returnUrl === null ? "never" : "always"
    const offered = { automatic_payment_methods: { enabled: true, allow_redirects: redirects } } as const
    const later = capture === "auto" ? {} : ({ capture_method: "manual" } as const)
    const parameters = { amount, currency, ...offered, ...later, metadata: { order: key, customer: customerId } }
    return asked(async () => {
      const { id }: { readonly id?: string } = await intents.create(parameters, { idempotencyKey: `${key}:create` })
      return id === undefined ? UNKNOWN : ({ _tag: "Prepared", ref: id } as const)
    }, Answers.prepareFailed)
  }

const refunding =
  ({ paymentIntents, refunds }: Pick<Stripe, "paymentIntents" | "refunds">): Payment["Service"]["refund"] =>
  (ref, money, key) => {
    const amount = amountOf(money)
    if (amount === null) return Effect.succeed(UNKNOWN)
    const refunded = asked(
      async () => Answers.refunding(await refunds.create({ payment_intent: ref, amount }, { idempotencyKey: key })),
      Answers.refundFailed,
    )
    const whatIsOwed = asked(async () => Answers.owed(await paymentIntents.retrieve(ref)), Answers.absent)
    return Effect.flatMap(refunded, (said) => (said === null ? whatIsOwed : Effect.succeed(said)))
  }

const make = ({ base, returnUrl, secretKey, timeoutMs }: Options): Payment["Service"] => {
  const stripe = new Stripe(secretKey, {
    ...base,
    ...{ httpClient: new Client(), timeout: timeoutMs, maxNetworkRetries: 0, telemetry: false },
  })
  const intents = stripe.paymentIntents

  /** Where the intent's last attempt stands now. */
  const present = (ref: string): Effect.Effect<ChargeOutcome> =>
    asked(
      async () => Answers.lastAttempt(await intents.retrieve(ref)),
      () => UNKNOWN,
    )

  const first = ({ attempt, key, ref, token }: Confirmation) => {
    const parameters = { ...methodOf(token), ...(returnUrl === null ? {} : { return_url: returnUrl }) }
    return asked(
      async () => {
        const intent = await intents.confirm(ref, parameters, { idempotencyKey: `${key}:confirm:${attempt}` })
        return { said: Answers.lastAttempt(intent), replayed: isReplay(intent.lastResponse.headers) }
      },
      (error) => ({ said: Answers.confirmFailed(error), replayed: isReplay(error.headers) }),
    )
  }

  const isOpen = ({ _tag }: ChargeOutcome): boolean => _tag === "Unknown" || _tag === "ActionRequired"

  return {
    name: "stripe",
    defaultToken: null,
    prepare: preparing(intents, returnUrl),
    confirm: (confirmation) =>
      Effect.flatMap(first(confirmation), ({ replayed, said }) =>
        replayed && isOpen(said) ? present(confirmation.ref) : Effect.succeed(said),
      ),
    read: (ref) =>
      asked<Reading, Reading>(
        async () => Answers.standing(await intents.retrieve(ref)) ?? ABSENT,
        () => UNKNOWN,
      ),
    capture: capturing(intents),
    void: (ref) => asked(async () => Answers.voiding(await intents.cancel(ref)), Answers.voidFailed),
    refund: refunding(stripe),
    list: (since, after) => {
      const page = { limit: PAGE, created: { gte: Math.floor(since / 1_000) }, expand: ["data.latest_charge"] }
      return asked<Listing, Listing>(
        async () =>
          Answers.listing(await intents.list({ ...page, ...(after === null ? {} : { starting_after: after }) })),
        () => UNKNOWN,
      )
    },
  }
}

export const layer = (options: Options): Layer.Layer<Payment> => Layer.sync(Payment, () => make(options))
