/** What the simulator promises beyond the contract of the port: what its books say, and that they stay bounded. */
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import * as Simulator from "../../../src/adapters/payment-simulator/payment.ts"
import { Payment } from "../../../src/ports/payment.ts"

const MONEY = { amount: 100, currency: "EUR" }
const charge = (ref: string, token: string) => ({
  key: ref,
  ref,
  attempt: 1,
  token,
  money: MONEY,
  customerId: "kim",
  capture: "auto" as const,
})

it.effect("takes the time its token says, by the clock, without a caller waiting", () =>
  Effect.gen(function* () {
    const payment = yield* Payment
    const caller = yield* Effect.forkChild(payment.confirm(charge("slow", "tok_delay_5000")), {
      startImmediately: true,
    })
    yield* Fiber.interrupt(caller)
    yield* TestClock.adjust("4999 millis")
    expect((yield* payment.read("slow", 1))._tag).toBe("Unknown")
    yield* TestClock.adjust("1 millis")
    expect((yield* payment.read("slow", 1))._tag).toBe("Charged")
  }).pipe(Effect.provide(Simulator.layer)),
)

it.effect("never charges a key that was barred while its charge was running", () =>
  Effect.gen(function* () {
    const payment = yield* Payment
    const caller = yield* Effect.forkChild(payment.confirm(charge("slow", "tok_delay_5000")), {
      startImmediately: true,
    })
    yield* TestClock.adjust("1 seconds")
    expect((yield* payment.void("slow"))._tag).toBe("Voided")
    expect((yield* Fiber.join(caller))._tag).toBe("Declined")
    yield* TestClock.adjust("1 hours")
    expect((yield* Simulator.Books).accounts().get("slow")?.state).toBe("voided")
  }).pipe(Effect.provide(Simulator.layer)),
)

it.effect("writes a refund down once, and none for what was not charged", () =>
  Effect.gen(function* () {
    const payment = yield* Payment
    yield* payment.confirm(charge("paid", "tok_ok"))
    yield* payment.confirm(charge("unpaid", "tok_decline"))
    for (const key of ["paid", "paid", "unpaid", "unheard of"])
      expect((yield* payment.refund(key, MONEY, key))._tag).toBe("Refunded")
    const accounts = (yield* Simulator.Books).accounts()
    expect([...accounts].map(([key, { state }]) => [key, state])).toEqual([
      ["unpaid", "declined"],
      ["paid", "refunded"],
    ])
  }).pipe(Effect.provide(Simulator.layer)),
)

it.effect("remembers 100,000 keys, and forgets the oldest beyond them", () =>
  Effect.gen(function* () {
    const payment = yield* Payment
    for (let key = 0; key <= 100_000; key++) yield* payment.confirm(charge(String(key), "tok_ok"))
    expect((yield* Simulator.Books).accounts().size).toBe(100_000)
    expect((yield* payment.read("0", 1))._tag).toBe("Absent")
    expect((yield* payment.read("1", 1))._tag).toBe("Charged")
  }).pipe(Effect.provide(Simulator.layer)),
)
