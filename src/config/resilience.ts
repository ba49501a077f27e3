/** How calls to the outside are guarded: circuit breaker, places, queue, rate, time limit. */
import type * as CircuitBreaker from "../app/resilience/circuit-breaker.ts"
import type * as Guard from "../app/resilience/guard.ts"
import { type Env, integer, oneOf, share } from "./knob.ts"
import type * as Payment from "./payment.ts"

export interface Resilience {
  readonly payment: Guard.Settings
  readonly carrier: Guard.Settings
}

/** The runner has as many shipments on their way at most (`app/shipping-runner.ts`): none ever waits. */
const CARRIER_CONCURRENCY = 128

/** A day (ms). */
const LONGEST_OPEN_MS = 86_400_000

/** An open circuit is looked at again at least so often (ms). */
const OPEN_MAX_MS = 60_000

/** How much longer than a call's own time limit a probe may take before it counts as failed (ms). */
const PROBE_SPARE_MS = 1_000

/** Calls a second. Real providers allow about a hundred; one that is played in the process (0: none) takes them as they come. */
const RATES = { fallbacks: { simulated: 0, http: 100, stripe: 100 }, min: 1, max: 1_000_000 } as const

export const read = (env: Env, provider: Payment.Provider["kind"]): Resilience => {
  const mode = oneOf(env, "BREAKER_MODE", ["on", "observe", "off"])
  const calls = integer(env, "BREAKER_CALLS", { fallback: 50, min: 1, max: 10_000 })
  const openMs = integer(env, "BREAKER_OPEN_MS", { fallback: 5_000, min: 1, max: LONGEST_OPEN_MS })
  const breaker = (timeoutMs: number): CircuitBreaker.Settings => ({
    failureRate: share(env, "BREAKER_FAILURE_RATE", 0.5),
    slowRate: share(env, "BREAKER_SLOW_RATE", 0.5),
    slowMs: integer(env, "BREAKER_SLOW_MS", { fallback: 2_000, min: 1, max: 60_000 }),
    calls,
    minCalls: integer(env, "BREAKER_MIN_CALLS", { fallback: Math.min(20, calls), min: 1, max: calls }),
    openMs,
    openMaxMs: Math.max(openMs, OPEN_MAX_MS),
    probeMs: timeoutMs + PROBE_SPARE_MS,
  })
  const carrierMs = integer(env, "CARRIER_TIMEOUT_MS", { fallback: 2_000, min: 1, max: 60_000 })
  const paymentMs = integer(env, "PAYMENT_TIMEOUT_MS", { fallback: 5_000, min: 1, max: 60_000 })
  return {
    payment: {
      dependency: "payment",
      timeoutMs: paymentMs,
      mode,
      breaker: breaker(paymentMs),
      bulkhead: {
        concurrency: integer(env, "PAYMENT_CONCURRENCY", { fallback: 64, min: 1, max: 10_000 }),
        queueMax: integer(env, "PAYMENT_QUEUE", { fallback: 10_000, min: 1, max: 1_000_000 }),
        perSecond: integer(env, "PAYMENT_RATE", { ...RATES, fallback: RATES.fallbacks[provider] }) || null,
      },
    },
    carrier: {
      dependency: "carrier",
      timeoutMs: carrierMs,
      mode,
      breaker: breaker(carrierMs),
      bulkhead: { concurrency: CARRIER_CONCURRENCY, queueMax: CARRIER_CONCURRENCY, perSecond: null },
    },
  }
}
