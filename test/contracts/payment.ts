/** What every payment provider promises for one key: one charge at most, a truth that does not change, a void that bars. */
import { randomUUIDv7 } from "node:crypto"
import { Effect, Fiber, type Layer } from "effect"
import { expect } from "vitest"
import { Payment } from "../../src/ports/payment.ts"
import { type Check, check, runAll } from "./check.ts"

const charge = (token: string) => ({ key: randomUUIDv7(), token, money: { amount: 1_250, currency: "EUR" } })

/** Milliseconds: long enough to do something meanwhile, short enough for a test. */
const DELAY = "tok_delay_200"

export const checks: ReadonlyArray<Check<Payment>> = [
  check("charges, says so again when it is repeated, and when it is looked up", function* () {
    const payment = yield* Payment
    const one = charge("tok_ok")
    expect(yield* payment.charge(one)).toBe("charged")
    expect(yield* payment.charge(one)).toBe("charged")
    expect(yield* payment.lookUp(one.key)).toBe("charged")
  }),

  check("charges its default token, if it has one", function* () {
    const payment = yield* Payment
    if (payment.defaultToken === null) return
    expect(yield* payment.charge(charge(payment.defaultToken))).toBe("charged")
  }),

  check("declines what it should and what it does not know", function* () {
    const payment = yield* Payment
    for (const token of ["tok_decline", "tok_of_somebody_else", "tok_delay_", "tok_delay_9999999999", ""]) {
      const one = charge(token)
      expect(yield* payment.charge(one)).toBe("declined")
      expect(yield* payment.lookUp(one.key)).toBe("declined")
    }
  }),

  check("lets the first charge of a key stand, whatever the second says", function* () {
    const payment = yield* Payment
    const one = charge("tok_decline")
    yield* payment.charge(one)
    expect(yield* payment.charge({ ...one, token: "tok_ok" })).toBe("declined")
    expect(yield* payment.lookUp(one.key)).toBe("declined")
  }),

  check("has never heard of a key that was not charged", function* () {
    expect(yield* (yield* Payment).lookUp(randomUUIDv7())).toBe("absent")
  }),

  check("answers unknown when the answer is lost, and the truth when it is looked up", function* () {
    const payment = yield* Payment
    for (const outcome of ["charged", "declined"] as const) {
      const one = charge(`tok_unknown_${outcome}`)
      expect(yield* payment.charge(one)).toBe("unknown")
      expect(yield* payment.lookUp(one.key)).toBe(outcome)
    }
  }),

  check("says unknown while a charge is running, and charges once for all who ask", function* () {
    const payment = yield* Payment
    const one = charge(DELAY)
    const first = yield* Effect.forkScoped(payment.charge(one), { startImmediately: true })
    expect(yield* payment.lookUp(one.key)).toBe("unknown")
    expect(yield* payment.charge(one)).toBe("charged")
    expect(yield* Fiber.join(first)).toBe("charged")
    expect(yield* payment.lookUp(one.key)).toBe("charged")
  }),

  check("goes on charging when the caller has given up", function* () {
    const payment = yield* Payment
    const one = charge(DELAY)
    const caller = yield* Effect.forkScoped(payment.charge(one), { startImmediately: true })
    yield* Fiber.interrupt(caller)
    expect(yield* payment.lookUp(one.key)).toBe("unknown")
    // Repeating waits for the charge that runs.
    expect(yield* payment.charge(one)).toBe("charged")
  }),

  check("bars a key that was never charged", function* () {
    const payment = yield* Payment
    const one = charge("tok_ok")
    expect(yield* payment.void(one.key)).toBe("voided")
    expect(yield* payment.void(one.key)).toBe("voided")
    expect(yield* payment.charge(one)).not.toBe("charged")
    expect(yield* payment.lookUp(one.key)).not.toBe("charged")
  }),

  check("bars a charge that is still running", function* () {
    const payment = yield* Payment
    const one = charge(DELAY)
    const caller = yield* Effect.forkScoped(payment.charge(one), { startImmediately: true })
    expect(yield* payment.void(one.key)).toBe("voided")
    expect(yield* Fiber.join(caller)).not.toBe("charged")
    // A charge begun after it with the same delay has run out, so the barred one would have too.
    yield* payment.charge(charge(DELAY))
    expect(yield* payment.lookUp(one.key)).not.toBe("charged")
  }),

  check("does not void what has been charged", function* () {
    const payment = yield* Payment
    for (const token of ["tok_ok", "tok_unknown_charged"]) {
      const one = charge(token)
      yield* payment.charge(one)
      expect(yield* payment.void(one.key)).toBe("charged")
      expect(yield* payment.lookUp(one.key)).toBe("charged")
    }
  }),

  check("voids a charge that was declined", function* () {
    const payment = yield* Payment
    const one = charge("tok_unknown_declined")
    yield* payment.charge(one)
    expect(yield* payment.void(one.key)).toBe("voided")
  }),

  check("refunds a charge, and says so again when it is repeated", function* () {
    const payment = yield* Payment
    const one = charge("tok_ok")
    yield* payment.charge(one)
    expect(yield* payment.refund(one.key)).toBe("refunded")
    expect(yield* payment.refund(one.key)).toBe("refunded")
    // A refunded charge stays one: repeating it takes no money again.
    expect(yield* payment.charge(one)).toBe("charged")
  }),
]

export const paymentContract = (name: string, adapter: Layer.Layer<Payment, unknown>): void =>
  runAll(`a payment provider (${name})`, checks, adapter)
