/**
 * Orders whose attempts were made at another payment provider, before `PAYMENT` was changed. Only there the charge can be looked up,
 * barred or given back: here it would be made anew. They wait, the log says so now and then, and reconciliation lists them.
 */
import { Clock, Effect } from "effect"
import type { Order } from "../domain/order.ts"
import * as Throttle from "../std/throttle.ts"

/** From one line of the log to the next (milliseconds). */
const LOG_EVERY_MS = 60_000

/** `name`: of the provider that is asked here; null: one that is played in the process. */
export const isOf = ({ payment: { provider } }: Order, name: string | null): boolean =>
  provider !== null && provider !== name

/** True: it is such an order. `name`: of the provider that is asked here. */
export const make = (name: string | null) => {
  const throttle = Throttle.make(LOG_EVERY_MS)
  return Effect.fnUntraced(function* (order: Order) {
    if (!isOf(order, name)) return false
    if (throttle(yield* Clock.currentTimeMillis) !== null)
      yield* Effect.logWarning(
        `orders wait for the provider they were begun with, units held or refunds due: ${order.id} and others for PAYMENT=${order.payment.provider}; jaego reconcile lists them, and they are settled once PAYMENT is set back`,
      )
    return true
  })
}
