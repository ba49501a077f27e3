/** Placing and paying: what is charged, and what is answered while the database is away or the service ends. */
import { it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { CheckoutRunner } from "../../src/app/checkout-runner.ts"
import * as Readiness from "../../src/app/health.ts"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "../../src/app/inventory/limits.ts"
import * as PlaceOrder from "../../src/app/place-order.ts"
import { Shop } from "../../src/app/shop.ts"
import { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { type Unavailable, unavailable } from "../../src/ports/failures.ts"
import { Ids } from "../../src/ports/ids.ts"
import { type Command, Inventory, Refused } from "../../src/ports/inventory.ts"
import { LedgerDown } from "../../src/ports/ledger.ts"
import { Payment } from "../../src/ports/payment.ts"
import { Probe } from "../../src/ports/probe.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { Recording } from "../support/recording-probe.ts"
import * as Trial from "../support/trial.ts"

describe("an outcome that cannot be recorded", () => {
  it("is not waited for: the buyer hears 503, the order is paid later, and the key shows what was promised", async () => {
    let away = false
    const books = Trial.wrapped((ledger) => ({
      ...ledger,
      commit: (batch) =>
        away && batch.orderUpdates.length > 0
          ? Effect.fail(new LedgerDown({ detail: "planned" }))
          : Effect.tap(ledger.commit(batch), () => Effect.sync(() => (away ||= batch.orders.length > 0))),
    }))
    const program = Effect.gen(function* () {
      const context = yield* Layer.build(MemoryShop.over(books, { workers: 1 }))
      const shop = Context.get(context, Shop)
      const recording = Context.get(context, Recording)
      const bread = { sku: "bread", name: "bread", price: { amount: 250, currency: "EUR" }, onHand: 5 }
      const made = yield* shop
        .createProduct({ ...bread, purchaseLimit: null, claim: null })
        .pipe(Effect.retry(Schedule.spaced("5 millis")))
      const place = shop.placeOrder({
        customerId: "kim",
        lines: [{ productId: made.value.id, quantity: 1 }],
        paying: { _tag: "Token", token: "tok_ok", answer: "wait" },
        claim: { route: "orders", key: "k", fingerprint: "018f0000-0000-7000-8000-000000000000" },
      })
      const first = yield* Effect.exit(place)
      expect(Exit.isFailure(first) && JSON.stringify(first.cause)).toContain("database")
      away = false
      yield* recording.until(({ _tag }) => _tag === "OrderEnded")
      const again = yield* place
      expect(again).toMatchObject({ replayed: true, value: { outcome: "reserved" } })
      expect(yield* shop.getOrder(again.value.order.id)).toMatchObject({ status: "paid" })
    })
    await Effect.runPromise(Effect.scoped(program))
  })
})

describe("an outcome that is being recorded when the deadline comes", () => {
  const id = OrderId.make("018f0000-0000-7000-8000-000000000001")
  const lines = [{ productId: ProductId.make(id), quantity: 1 }]
  const deadlineMs = 2_000
  const decisionMs = 9_000
  const terms = {
    customerId: "kim",
    lines: [],
    total: { amount: 250, currency: "EUR" },
    createdAt: 0,
    expiresAt: 60_000,
  }
  const order = Order.place({ id, ...terms }, { token: "tok", startedAt: 0, action: null }, 1, null)
  const reply = { _tag: "Order", order, ending: null, elsewhere: [] } as const
  const claim = { route: "orders", key: "k", fingerprint: id } as const
  const never = () => Effect.never

  it.effect("is waited for as long as a decision and the deadline may take together", () =>
    Effect.gen(function* () {
      const { payOrder, placeOrder } = yield* PlaceOrder.make({ deadlineMs, holdMs: 60_000, attemptsMax: 3 })
      const paying = { _tag: "Token", token: "tok", answer: "wait" } as const
      const asked = Effect.all(
        [
          Effect.exit(placeOrder({ customerId: "kim", lines, paying, claim })),
          Effect.exit(payOrder({ orderId: id, token: "tok", answer: "wait", claim: null })),
        ],
        { concurrency: 2 },
      )
      const waiting = yield* Effect.forkChild(asked, { startImmediately: true })
      yield* TestClock.adjust(COMMAND_PATIENCE_MS + PATIENCE_LOOK_MS + deadlineMs - 1)
      expect(waiting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      const unknown = Exit.fail(unavailable("database", "unknown"))
      expect(waiting.pollUnsafe()).toEqual(Exit.succeed([unknown, unknown]))
    }).pipe(
      Effect.scoped,
      Effect.provideService(
        Inventory,
        Inventory.of({ submit: () => Effect.delay(Effect.succeed({ reply, replayed: false } as never), decisionMs) }),
      ),
      Effect.provideService(Payment, {
        ...{ name: null, defaultToken: null, prepare: null },
        ...{ confirm: never, read: never, capture: never, void: never, refund: never, list: never },
      }),
      Effect.provideService(CheckoutRunner, {
        begin: (_, waiter) =>
          Effect.sync(() => {
            waiter!.state = "recording"
          }),
        ...{ look: never, capture: never, delayMs: () => 0, refusal: () => null, etaOf: () => null },
      }),
      Effect.provideService(Ids, { next: () => id }),
      Effect.provideService(Probe, { emit: () => undefined }),
      Effect.provide(Readiness.Readiness.layer),
    ),
  )
})

describe("a service that is asked to end", () => {
  const bread = { sku: "bread", name: "bread", price: { amount: 250, currency: "EUR" }, onHand: 5, purchaseLimit: null }

  /** Deadline and charge are far longer than the test may take. */
  const program = Effect.gen(function* () {
    const context = yield* Layer.build(MemoryShop.layer({ workers: 1, deadlineMs: 60_000 }))
    const shop = Context.get(context, Shop)
    const recording = Context.get(context, Recording)
    const made = yield* shop.createProduct({ ...bread, claim: null }).pipe(Effect.retry(Schedule.spaced("5 millis")))
    const place = (token: string, number: number) =>
      shop.placeOrder({
        customerId: "kim",
        lines: [{ productId: made.value.id, quantity: 1 }],
        paying: { _tag: "Token", token, answer: "wait" },
        claim: { route: "orders", key: token, fingerprint: `018f0000-0000-7000-8000-00000000000${number}` },
      })
    const slow = yield* Effect.forkChild(place("tok_delay_50000", 1))
    yield* recording.until(({ _tag }) => _tag === "OrderPlaced")
    yield* Readiness.become(Context.get(context, Readiness.Readiness), "draining")
    const [late, quick] = yield* Effect.all([place("tok_delay_50001", 2), place("tok_ok", 3)], { concurrency: 2 })
    return { early: yield* Fiber.join(slow), late, quick }
  }).pipe(Effect.scoped)

  it("keeps no caller waiting for a slow charge, and still answers what is known soon", async () => {
    const { early, late, quick } = await Effect.runPromise(program)
    expect([early.value.outcome, late.value.outcome, quick.value.outcome]).toEqual(["reserved", "reserved", "paid"])
  })
})

describe("what is charged when the buyer names no token", () => {
  const id = "018f0000-0000-7000-8000-000000000001"
  const claim = { route: "orders", key: "k", fingerprint: id } as const
  const lines = [{ productId: ProductId.make(id), quantity: 1 }]

  /** What reaches the inventory, with a provider of this default. */
  const submitted = async (defaultToken: string | null, refusal: Unavailable | null = null) => {
    const commands: Array<Command> = []
    const never = () => Effect.never
    const inventory = Inventory.of({
      submit: (command) =>
        Effect.suspend(() => {
          commands.push(command)
          return Effect.fail(new Refused({ _tag: "MixedCurrencies" }))
        }),
    })
    const exits = PlaceOrder.make({ deadlineMs: 1, holdMs: 1, attemptsMax: 3 }).pipe(
      Effect.flatMap(({ payOrder, placeOrder }) =>
        Effect.all([
          Effect.exit(
            placeOrder({ customerId: "kim", lines, paying: { _tag: "Token", token: null, answer: "wait" }, claim }),
          ),
          Effect.exit(payOrder({ orderId: OrderId.make(id), token: null, answer: "wait", claim: null })),
        ]),
      ),
      Effect.scoped,
      Effect.provideService(Inventory, inventory),
      Effect.provideService(Payment, {
        ...{ name: null, defaultToken, prepare: null },
        ...{ confirm: never, read: never, capture: never, void: never, refund: never, list: never },
      }),
      Effect.provideService(CheckoutRunner, {
        begin: never,
        look: never,
        capture: never,
        delayMs: () => 0,
        refusal: () => refusal,
        etaOf: () => null,
      }),
      Effect.provideService(Ids, { next: () => id }),
      Effect.provideService(Probe, { emit: () => undefined }),
      Effect.provide(Readiness.Readiness.layer),
    )
    return { exits: await Effect.runPromise(exits), commands }
  }

  it("is the provider's default", async () => {
    const { commands } = await submitted("tok_house_account")
    expect(commands).toMatchObject([
      { _tag: "PlaceOrder", token: "tok_house_account" },
      { _tag: "StartPayment", token: "tok_house_account" },
    ])
  })

  it("is nothing of an order that could not be charged in time: it is refused before it takes a unit", async () => {
    const backlog = unavailable("payment-backlog")
    const { commands, exits } = await submitted("tok_house_account", backlog)
    expect(commands.map(({ _tag }) => _tag)).toEqual(["StartPayment"])
    expect(JSON.stringify(exits[0])).toContain("payment-backlog")
  })

  it("is nothing when the provider has none: the buyer is asked for one", async () => {
    const { commands, exits } = await submitted(null)
    expect(commands).toEqual([])
    for (const exit of exits) expect(exit).toEqual(Exit.fail(new Refused({ _tag: "TokenRequired" })))
  })
})
