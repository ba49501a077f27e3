/** How long placing and paying may take. */
import type * as CheckoutRunner from "../app/checkout-runner.ts"
import type * as PlaceOrder from "../app/place-order.ts"
import { ConfigProblem, type Env, integer } from "./knob.ts"

export interface Payment {
  readonly placing: PlaceOrder.Options
  readonly checkout: CheckoutRunner.Options
}

export const read = (env: Env): Payment => {
  const deadlineMs = integer(env, "PAYMENT_DEADLINE_MS", { fallback: 2_000, min: 1, max: 60_000 })
  const holdMs = integer(env, "HOLD_SECONDS", { fallback: 600, min: 1, max: 86_400 }) * 1_000
  const graceMs = integer(env, "PAYMENT_GRACE_SECONDS", { fallback: 60, min: 0, max: 3_600 }) * 1_000
  if (deadlineMs > holdMs)
    throw new ConfigProblem({ message: "PAYMENT_DEADLINE_MS must not be longer than HOLD_SECONDS" })
  return { placing: { deadlineMs, holdMs }, checkout: { callTimeoutMs: deadlineMs, graceMs } }
}
