/** What a payment provider reports by itself: a hint, after which the order's payment is read, and nothing else. */
import { Clock, Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import * as Health from "../../src/app/health.ts"
import * as PaymentWebhooks from "../../src/app/payment-webhook.ts"
import { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { ABSENT, CHARGED, Payment, REFUNDED, type Reading, UNKNOWN } from "../../src/ports/payment.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { paymentCalls } from "../support/guard.ts"
import * as RecordingProbe from "../support/recording-probe.ts"
import { freshId } from "../support/scribe.ts"

const EUR = { amount: 250, currency: "EUR" }
const HOLD_MS = 600_000
/** When buyers act (ms). */
const ACTED_AT = 500
const ASKED: Reading = {
  _tag: "ActionRequired",
  action: { kind: "redirect", url: "https://a.example/", clientSecret: null },
}

const acted = (now: number): Reading => (now < ACTED_AT ? ASKED : CHARGED)

/** Times in ms since the beginning of a test. */
interface Story {
  readonly hear: (id: string, ref?: string) => Effect.Effect<string>
  readonly drive: Effect.Effect<void>
  /** Records what is known of the payment, as something else has. */
  readonly record: (...commands: ReadonlyArray<Order.Command>) => void
  readonly order: () => Order.Order
  /** What was asked of the provider, and when. */
  readonly asked: Array<string>
}

const story = <A>(
  reading: (now: number) => Reading,
  check: (story: Story) => Effect.Effect<A, unknown>,
  attempt: Order.Attempt | null = { token: "tok", startedAt: 0, action: null },
) =>
  Effect.gen(function* () {
    let order = Order.place(
      { id: OrderId.make(freshId()), customerId: "kim", lines: [], total: EUR, createdAt: 0, expiresAt: HOLD_MS },
      attempt,
    )
    const asked: Array<string> = []
    const ask = <B>(what: string, answer: (now: number) => B) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        asked.push(`${what} ${now}`)
        return answer(now)
      })
    const record = (...commands: ReadonlyArray<Order.Command>): void => {
      for (const command of commands) {
        const decided = Order.decide(command, order)
        if (decided._tag === "Failure") throw new Error(decided.failure._tag)
        if (decided.success !== null) order = Order.evolve(order, decided.success)
      }
    }
    const payment = Payment.of({
      ...{ name: null, defaultToken: null, prepare: null },
      confirm: () => ask("confirm", () => ASKED),
      read: () => ask("read", reading),
      capture: () => ask("capture", () => UNKNOWN),
      void: () => ask("void", () => UNKNOWN),
      refund: () => ask("refund", () => REFUNDED),
      list: () => ask("list", () => UNKNOWN),
    })
    const inventory = Inventory.of({
      submit: (command) =>
        Effect.sync(() => {
          if (command._tag === "RecordPayment") record(command.record)
          else if (command._tag === "RecordRefund") record({ _tag: "RecordRefund" })
          else throw new Error(command._tag)
          return { reply: { _tag: "Order", order, elsewhere: [], ending: null }, replayed: false }
        }),
    })
    const context = yield* Layer.build(
      PaymentWebhooks.layer.pipe(
        Layer.provideMerge(CheckoutRunner.layer({ graceMs: 0 })),
        Layer.provide(paymentCalls(2_000, "off")),
        Layer.provide(Layer.mergeAll(Layer.succeed(Payment, payment), Layer.succeed(Inventory, inventory))),
        Layer.provide(Layer.succeed(UnsettledOrders, { list: () => Effect.succeed({ rows: [], next: null }) })),
        Layer.provide(Layer.mergeAll(RecordingProbe.silent, Layer.provide(MemoryInbox.layer, MemoryStore.layer))),
        Layer.provide(Health.Readiness.layer),
      ),
    )
    const webhooks = Context.get(context, PaymentWebhooks.PaymentWebhooks)
    const runner = Context.get(context, CheckoutRunner.CheckoutRunner)
    return yield* check({
      hear: (id, ref = order.id) => {
        const hint = { provider: "http", id, orderId: order.id, ref, at: 0 }
        return Effect.orDie(Effect.suspend(() => webhooks.hear(hint, order)))
      },
      drive: Effect.suspend(() => runner.begin(order, null)),
      record,
      order: () => order,
      asked,
    })
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)

it("has the payment read at once that a buyer was asked to act on", async () => {
  await story(
    acted,
    Effect.fnUntraced(function* ({ asked, drive, hear, order }) {
      yield* drive
      yield* TestClock.adjust(1_000)
      expect(asked).toEqual(["confirm 0", "read 0"])
      expect(yield* hear("1")).toBe("news")
      yield* TestClock.adjust(1)
      expect([asked, order().status]).toEqual([["confirm 0", "read 0", "read 1000"], "paid"])
    }),
  )
})

it("believes nothing but what is read", async () => {
  await story(
    () => ASKED,
    Effect.fnUntraced(function* ({ asked, drive, hear, order }) {
      yield* drive
      yield* TestClock.adjust(1_000)
      expect(yield* hear("1")).toBe("news")
      yield* TestClock.adjust(1)
      expect([asked.length, order().status]).toEqual([3, "reserved"])
    }),
  )
})

it("is known when it comes again, and has nothing read", async () => {
  await story(
    () => ASKED,
    Effect.fnUntraced(function* ({ asked, drive, hear }) {
      yield* drive
      yield* TestClock.adjust(1_000)
      expect([yield* hear("1"), yield* hear("2")]).toEqual(["news", "news"])
      yield* TestClock.adjust(1)
      const before = [...asked]
      expect(before).toContain("read 1000")
      expect([yield* hear("2"), yield* hear("1")]).toEqual(["known", "known"])
      yield* TestClock.adjust(1)
      expect(asked).toEqual(before)
    }),
  )
})

it("is ignored when it names another charge than the order's", async () => {
  await story(
    acted,
    Effect.fnUntraced(function* ({ asked, drive, hear, order, record }) {
      record({ _tag: "RecordRef", ref: "pi_1" })
      yield* drive
      yield* TestClock.adjust(1_000)
      expect(yield* hear("1", "pi_2")).toBe("ignored")
      expect(yield* hear("2", order().id)).toBe("ignored")
      yield* TestClock.adjust(1)
      expect([asked.length, order().status]).toEqual([2, "reserved"])
      expect(yield* hear("3", "pi_1")).toBe("news")
      yield* TestClock.adjust(1)
      expect(order().status).toBe("paid")
    }),
  )
})

it("brings to light a charge of an order that has ended without it, which is given back once", async () => {
  await story(
    () => CHARGED,
    Effect.fnUntraced(function* ({ asked, hear, order, record }) {
      record({ _tag: "Expire", at: HOLD_MS, voided: "voided" })
      yield* TestClock.adjust(HOLD_MS)
      for (const id of ["1", "2"]) {
        expect(yield* hear(id)).toBe("news")
        yield* TestClock.adjust(1)
      }
      expect(order()).toMatchObject({ status: "expired", refund: "done" })
      expect(asked).toEqual([`read ${HOLD_MS}`, `refund ${HOLD_MS}`])
    }),
  )
})

it("leaves an order that has ended as it is when nothing was charged", async () => {
  for (const answer of [ABSENT, UNKNOWN, { _tag: "Declined", code: "canceled", retryable: false } as const])
    await story(
      () => answer,
      Effect.fnUntraced(function* ({ hear, order, record }) {
        record({ _tag: "Expire", at: HOLD_MS, voided: "voided" })
        const before = order()
        yield* hear("1")
        yield* TestClock.adjust(60_000)
        expect(order()).toBe(before)
      }),
    )
})

it("leaves to its request an attempt that has just begun, and asks nothing for what is settled", async () => {
  await story(
    () => CHARGED,
    Effect.fnUntraced(function* ({ asked, hear, record }) {
      expect(yield* hear("1")).toBe("news")
      record({ _tag: "RecordCharge" })
      yield* TestClock.adjust(10_000)
      expect(yield* hear("2")).toBe("news")
      yield* TestClock.adjust(1)
      expect(asked).toEqual([])
    }),
  )
})
