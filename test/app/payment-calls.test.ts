/** What calls to the payment provider say of its health: a silence is a failure, and its word that nothing is decided yet is none. */
import { it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import { PaymentCalls } from "../../src/app/payment-calls.ts"
import { Payment, PENDING, type Reading, UNKNOWN } from "../../src/ports/payment.ts"
import { paymentCalls } from "../support/guard.ts"
import * as RecordingProbe from "../support/recording-probe.ts"

/** More than the breaker looks at. */
const CALLS = 200

/** How many of so many readings reached a provider that answers each of them so. */
const reached = (answer: Reading) => {
  let asked = 0
  const payment = Layer.succeed(Payment, {
    ...{ name: null, defaultToken: null, prepare: null, confirm: () => Effect.never, capture: () => Effect.never },
    ...{ void: () => Effect.never, refund: () => Effect.never, list: () => Effect.never },
    read: () =>
      Effect.sync(() => {
        asked++
        return answer
      }),
  })
  return Effect.gen(function* () {
    const { read } = yield* PaymentCalls
    for (let count = 0; count < CALLS; count++) {
      const reading = yield* Effect.forkChild(read(0, `ref-${count}`, 1), { startImmediately: true })
      // Longer than the pause before a call is made once more.
      yield* TestClock.adjust("200 millis")
      expect((yield* Fiber.join(reading))._tag).toBe("Unknown")
    }
    return asked
  }).pipe(Effect.provide(Layer.provide(paymentCalls(2_000), Layer.merge(payment, RecordingProbe.silent))))
}

it.effect("a provider that has not decided yet is asked again and again, once each time", () =>
  Effect.gen(function* () {
    expect(yield* reached(PENDING)).toBe(CALLS)
  }),
)

it.effect("one that says nothing of use is left alone soon", () =>
  Effect.gen(function* () {
    expect(yield* reached(UNKNOWN)).toBeLessThan(CALLS / 2)
  }),
)
