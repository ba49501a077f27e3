/**
 * Orders whose attempts were made at another payment provider, before `PAYMENT` was changed. Only there the charge can be looked up,
 * barred or given back: here it would be made anew. They wait, and the log says so now and then.
 */
import { Clock, Effect } from "effect"
import type { Order } from "../domain/order.ts"
import * as Throttle from "../std/throttle.ts"

/** From one line of the log to the next, milliseconds. */
const LOG_EVERY_MS = 60_000

/** True: it is such an order. `name`: of the provider that is asked here. */
export const make = (name: string | null) => {
  const throttle = Throttle.make(LOG_EVERY_MS)
  return Effect.fnUntraced(function* ({ id, payment: { provider } }: Order) {
    if (provider === null || provider === name) return false
    if (throttle(yield* Clock.currentTimeMillis) !== null)
      yield* Effect.logWarning(
        `orders wait for the provider they were begun with: ${id} and others for PAYMENT=${provider}`,
      )
    return true
  })
}
