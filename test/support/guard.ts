/** Guards with the service's own settings, for tests that look at something else, or change one of them. */
import { Layer } from "effect"
import * as PaymentCalls from "../../src/app/payment-calls.ts"
import * as Dependencies from "../../src/app/resilience/dependencies.ts"
import type * as Guard from "../../src/app/resilience/guard.ts"
import * as Resilience from "../../src/config/resilience.ts"

export const guard = (dependency: "payment" | "carrier"): Guard.Settings => Resilience.read({}, "simulated")[dependency]

/** Calls to the payment provider, each given up after so many milliseconds. */
export const paymentCalls = (timeoutMs: number, mode: Dependencies.Mode = "on") =>
  PaymentCalls.layer({ ...guard("payment"), timeoutMs, mode }).pipe(Layer.provide(Dependencies.layer))
