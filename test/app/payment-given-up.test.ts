/** A charge whose time has passed: it is barred only once its order has given it up, whatever another process records meanwhile. */
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Order from "../../src/domain/order.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { AUTHORIZED, CHARGED, Payment, UNKNOWN, VOIDED } from "../../src/ports/payment.ts"
import * as OneCheckout from "../support/one-checkout.ts"

const HOLD_MS = 60_000

const pending = (): Order.Order => OneCheckout.pending(HOLD_MS)

interface Story {
  /** What another process records just before what this one does. */
  readonly meanwhile?: (command: Order.Command) => Order.Command | null
  /** Records that are not possible, from the first on. */
  readonly outages?: number
  readonly outcome?: typeof AUTHORIZED | typeof UNKNOWN
  readonly voided?: typeof VOIDED | typeof CHARGED
  readonly start?: Order.Order
}

/** Drives one order until past its hold; every call and every record, in order. */
const driven = ({ meanwhile, outages = 0, outcome = UNKNOWN, start = pending(), voided = VOIDED }: Story) =>
  Effect.gen(function* () {
    let order = start
    let away = outages
    const steps: Array<string> = []
    const said = <A>(step: string, answer: A) =>
      Effect.sync(() => {
        if (steps.at(-1) !== step) steps.push(step)
        return answer
      })
    const payment = Payment.of({
      ...{ name: null, defaultToken: null, prepare: null },
      confirm: () => said("confirm", outcome),
      read: () => said("read", outcome),
      void: () => said("void", voided),
      capture: () => Effect.never,
      refund: () => Effect.never,
      list: () => Effect.never,
    })
    const apply = (command: Order.Command | null, by: string): void => {
      const decided = command === null ? null : Order.decide(command, order)
      if (decided?._tag !== "Success" || decided.success === null) return
      order = Order.evolve(order, decided.success)
      steps.push(`${by}${decided.success._tag}`)
    }
    const inventory = Inventory.of({
      submit: (command) =>
        Effect.suspend(() => {
          if (command._tag !== "RecordPayment" && command._tag !== "ExpireOrder") throw new Error(command._tag)
          if (away-- > 0) return Effect.fail(unavailable("database"))
          const recorded: Order.Command =
            command._tag === "ExpireOrder" ? { _tag: "Expire", at: HOLD_MS, voided: command.voided } : command.record
          apply(meanwhile?.(recorded) ?? null, "another's ")
          apply(recorded, "")
          return Effect.succeed({
            reply: { _tag: "Order" as const, order, elsewhere: [], ending: null },
            replayed: false,
          })
        }),
    })
    yield* OneCheckout.begin(order, payment, inventory)
    yield* TestClock.adjust(HOLD_MS * 2)
    return { steps, order }
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)

it("gives the charge up, durably, before it is barred", async () => {
  const { order, steps } = await driven({})
  expect(steps).toEqual(["confirm", "read", "PaymentGivenUp", "void", "Expired"])
  expect(order).toMatchObject({ status: "expired", refund: "none" })
})

it("bars nothing for as long as that cannot be recorded", async () => {
  const { order, steps } = await driven({ outages: 50 })
  expect(steps).toEqual(["confirm", "read", "PaymentGivenUp", "void", "Expired"])
  expect(order.status).toBe("expired")
})

it("leaves a charge alone that another process records as kept just before: the order is paid", async () => {
  const { order, steps } = await driven({
    meanwhile: ({ _tag }) => (_tag === "GiveUp" ? { _tag: "RecordAuthorization" } : null),
  })
  expect(steps).toEqual(["confirm", "read", "another's Paid"])
  expect(order).toMatchObject({ status: "paid", payment: { capture: "due" } })
})

it("lets go what is found to be kept after another process has given it up", async () => {
  const { order, steps } = await driven({
    outcome: AUTHORIZED,
    meanwhile: ({ _tag }) => (_tag === "RecordAuthorization" ? { _tag: "GiveUp", attempt: 1 } : null),
  })
  expect(steps).toEqual(["confirm", "another's PaymentGivenUp", "void", "Expired"])
  expect(order).toMatchObject({ status: "expired", refund: "none" })
})

it("is paid when the provider had charged it before it could be barred", async () => {
  const { order, steps } = await driven({ voided: CHARGED })
  expect(steps.slice(-3)).toEqual(["PaymentGivenUp", "void", "Paid"])
  expect(order).toMatchObject({ status: "paid", payment: { capture: null } })
})

it("goes on barring what a process that died had given up, at once", async () => {
  const givenUp = Order.evolve(pending(), { _tag: "PaymentGivenUp" })
  const { steps } = await driven({ start: givenUp })
  expect(steps.slice(0, 2)).toEqual(["void", "Expired"])
})
