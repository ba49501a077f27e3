/** A provider that makes up its own refs: what it calls a charge is journalled before the charge can be made. */
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Checkout from "../../src/domain/checkout.ts"
import * as Order from "../../src/domain/order.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import {
  ABSENT,
  CHARGED,
  type ChargeOutcome,
  Payment,
  type Prepared,
  UNKNOWN,
  VOIDED,
} from "../../src/ports/payment.ts"
import * as OneCheckout from "../support/one-checkout.ts"

const HOLD_MS = 600_000

const pending = (): Order.Order => OneCheckout.pending(HOLD_MS)

/** Drives one order for `milliseconds`; every call and every record, in order. */
const driven = (
  prepared: (now: number) => Prepared,
  milliseconds: number,
  truth: ChargeOutcome = CHARGED,
  start = pending(),
) =>
  Effect.gen(function* () {
    let order = start
    const steps: Array<string> = []
    const said = <A>(step: string, answer: A) =>
      Effect.sync(() => {
        steps.push(step)
        return answer
      })
    const payment = Payment.of({
      name: "this one",
      defaultToken: null,
      prepare: ({ key }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          steps.push(key === order.id ? "prepare" : "prepare another")
          return prepared(now)
        }),
      confirm: ({ attempt, ref }) => said(`confirm ${ref} ${attempt}`, truth),
      read: (ref) => said(`read ${ref}`, truth === CHARGED ? ABSENT : truth),
      void: (ref) => said(`void ${ref}`, VOIDED),
      capture: () => Effect.never,
      refund: () => Effect.never,
      list: () => Effect.never,
    })
    const inventory = Inventory.of({
      submit: (command) =>
        Effect.sync(() => {
          if (command._tag !== "RecordPayment" && command._tag !== "ExpireOrder") throw new Error(command._tag)
          const recorded: Order.Command =
            command._tag === "ExpireOrder"
              ? { _tag: "Expire", at: HOLD_MS * 2, voided: command.voided }
              : command.record
          const decided = Order.decide(recorded, order)
          if (decided._tag === "Failure" || decided.success === null)
            throw new Error(`nothing came of ${recorded._tag}`)
          order = Order.evolve(order, decided.success)
          steps.push(decided.success._tag)
          return { reply: { _tag: "Order", order, elsewhere: [], ending: null }, replayed: false }
        }),
    })
    yield* OneCheckout.begin(order, payment, inventory)
    yield* TestClock.adjust(milliseconds)
    return { steps, order }
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)

const NAMED: Prepared = { _tag: "Prepared", ref: "pi_1" }

it("names the charge, journals the name, and only then makes the first attempt", async () => {
  const { order, steps } = await driven(() => NAMED, 1_000)
  expect(steps).toEqual(["prepare", "PaymentPrepared", "confirm pi_1 1", "Paid"])
  expect(order).toMatchObject({ status: "paid", payment: { ref: "pi_1", attempts: 1 } })
})

it("asks for the name again under the same key while the provider says nothing, and charges nothing before", async () => {
  const { steps } = await driven((now) => (now < 1_000 ? UNKNOWN : NAMED), 10_000)
  const named = steps.indexOf("PaymentPrepared")
  expect(named).toBeGreaterThan(2)
  expect(new Set(steps.slice(0, named))).toEqual(new Set(["prepare"]))
  expect(steps.slice(named + 1)).toEqual(["read pi_1", "confirm pi_1 1", "Paid"])
})

it("ends an order that the provider will never charge, with its code", async () => {
  const { order } = await driven(() => ({ _tag: "Declined", code: "amount_too_small", retryable: false }), 1_000)
  expect(order).toMatchObject({ status: "payment_failed", payment: { lastError: "amount_too_small" } })
})

it("ends an order on time whose charge has no name by then, and asks for none: no attempt was made", async () => {
  const { order, steps } = await driven(() => UNKNOWN, HOLD_MS * 2)
  expect(new Set(steps.slice(0, -2))).toEqual(new Set(["prepare"]))
  expect(steps.slice(-2)).toEqual(["PaymentGivenUp", "Expired"])
  expect(order.status).toBe("expired")
  expect(Checkout.next(order, HOLD_MS * 2, 0)._tag).toBe("Settled")
})

it("bars by its name a charge that has one", async () => {
  const { order, steps } = await driven(() => NAMED, HOLD_MS * 2, UNKNOWN)
  expect(steps.slice(0, 3)).toEqual(["prepare", "PaymentPrepared", "confirm pi_1 1"])
  expect(steps.slice(-3)).toEqual(["PaymentGivenUp", "void pi_1", "Expired"])
  expect(order.status).toBe("expired")
})

it("leaves alone what was begun at another provider, which alone knows what became of it", async () => {
  const begunAt = (provider: string): Order.Order => ({ ...pending(), payment: { ...Order.TRIED_ONCE, provider } })
  expect((await driven(() => NAMED, HOLD_MS * 2, CHARGED, begunAt("another"))).steps).toEqual([])
  expect((await driven(() => NAMED, 1_000, CHARGED, begunAt("this one"))).steps).toContain("Paid")
})

it("begins anew at another provider when the attempt before was declined, without the name it had", () => {
  const declined = [
    { _tag: "PaymentPrepared", ref: "pi_1" },
    { _tag: "PaymentDeclined", code: "no" },
  ] as const
  const order = declined.reduce<Order.Order>(Order.evolve, pending())
  const started = {
    _tag: "PaymentStarted",
    attemptsMax: 3,
    attempt: { token: "tok", startedAt: 0, action: null },
  } as const
  expect(Order.evolve(order, { ...started, provider: "another" }).payment).toMatchObject({
    provider: "another",
    ref: null,
  })
  expect(Order.evolve(order, { ...started, provider: null }).payment).toMatchObject({ provider: null, ref: "pi_1" })
})
