/**
 * Webhooks of a payment provider, in any order, again and again. It is a hint and no more: the order's
 * payment is read before anything changes, by the driver that the order has, or a new one.
 *
 * Law: one that names another order's charge, or none of ours, changes nothing. Each is taken once; the inbox knows it when it
 * comes again. What a lost hint would have said is found by the sweep, or by reconciliation.
 * Fails: `Unavailable` (not now, and the provider is to call again).
 */
import { Context, Effect, Layer } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import type { Unavailable } from "../ports/failures.ts"
import { Inbox } from "../ports/inbox.ts"
import { Probe } from "../ports/probe.ts"
import * as DatedId from "../std/dated-id.ts"
import { CheckoutRunner } from "./checkout-runner.ts"

export interface Hint {
  readonly provider: string
  /** The provider's own, of this piece of news. */
  readonly id: string
  readonly orderId: OrderId
  /** What the provider calls the charge. */
  readonly ref: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** `ignored`: it is about no charge of ours. */
export type Heard = "news" | "known" | "ignored"

export class PaymentWebhooks extends Context.Service<
  PaymentWebhooks,
  {
    /** `order`: the one that is named; null: there is none. */
    readonly hear: (hint: Hint, order: Order | null) => Effect.Effect<Heard, Unavailable>
  }
>()("jaego/app/PaymentWebhooks") {}

const isOf = (order: Order | null, { ref }: Hint): order is Order =>
  order !== null && (order.payment.ref ?? order.id) === ref

export const layer: Layer.Layer<PaymentWebhooks, never, CheckoutRunner | Inbox | Probe> = Layer.effect(
  PaymentWebhooks,
  Effect.gen(function* () {
    const runner = yield* CheckoutRunner
    const inbox = yield* Inbox
    const probe = yield* Probe

    const once = Effect.fnUntraced(function* (hint: Hint, order: Order | null) {
      if (!isOf(order, hint)) return "ignored"
      const consumer = `webhooks/${hint.provider}`
      const eventId = DatedId.of(hint.at, hint.id)
      if (yield* inbox.isHandled(consumer, eventId)) return "known"
      yield* runner.look(order)
      yield* inbox.handled(consumer, eventId)
      return "news"
    })

    return {
      hear: (hint, order) =>
        Effect.tap(once(hint, order), (heard) =>
          Effect.sync(() => probe.emit({ _tag: "PaymentHinted", provider: hint.provider, heard })),
        ),
    }
  }),
)
