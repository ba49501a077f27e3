/**
 * Capture of an authorized payment: what is kept for an order is taken when it is on its way out (`PAYMENT_CAPTURE=on-shipment`).
 *
 * Law: under one key for ever, so it is taken once; it is taken only where it is kept, and durable in the order before this ends.
 */
import { Effect } from "effect"
import * as Checkout from "../domain/checkout.ts"
import type { Order } from "../domain/order.ts"
import type { Unavailable } from "../ports/failures.ts"
import type { Command } from "../ports/inventory.ts"
import type { Capturing } from "../ports/payment.ts"
import type * as OtherProvider from "./other-provider.ts"
import type { PaymentCalls } from "./payment-calls.ts"

/** `Taken`, durably: the order as it is now, which may have ended meanwhile. */
export type Captured =
  | { readonly _tag: "Taken"; readonly order: Order }
  /** It is kept at another provider, which is not asked here. */
  | { readonly _tag: "Elsewhere" }
  | Exclude<Capturing, { readonly _tag: "Charged" }>

export interface Means {
  readonly payment: PaymentCalls["Service"]
  readonly isElsewhere: ReturnType<typeof OtherProvider.make>
  readonly record: (command: Command) => Effect.Effect<Order, Unavailable>
  /** How far behind charges it waits (ms). */
  readonly laterMs: number
}

/** Of an order whose money is here already nothing is asked. */
export const make = ({
  isElsewhere,
  laterMs,
  payment,
  record,
}: Means): ((order: Order) => Effect.Effect<Captured, Unavailable>) =>
  Effect.fnUntraced(function* (order: Order) {
    const { expiresAt, id: orderId, payment: paid, total } = order
    if (paid.capture !== "due") return { _tag: "Taken", order } as const
    if (yield* isElsewhere(order)) return { _tag: "Elsewhere" } as const
    const said = yield* payment.capture(expiresAt + laterMs, paid.ref ?? orderId, total, Checkout.captureKey(orderId))
    if (said._tag !== "Charged") return said
    const what = { _tag: "RecordCapture" } as const
    const now = yield* record({ _tag: "RecordPayment", orderId, record: what, expiresAt, claim: null })
    return { _tag: "Taken", order: now } as const
  })
