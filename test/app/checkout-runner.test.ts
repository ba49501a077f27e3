/** What one process began, another takes up: without waiting for a request that lives in neither. */
import { Context, Effect, Exit, Layer, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import { Shop } from "../../src/app/shop.ts"
import * as Books from "../support/books.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { Recording } from "../support/recording-probe.ts"

const asksTheProvider = (recording: Recording["Service"]) => recording.count(({ _tag }) => _tag === "CallAnswered")

it("an attempt that was begun by another process is looked up at the first sweep, however young it is", async () => {
  const program = Effect.gen(function* () {
    const books = Layer.succeedContext(yield* Layer.build(Books.memory))
    const open = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(MemoryShop.over(books, { workers: 1 }), scope)
      yield* TestClock.adjust("1 second")
      return { scope, shop: Context.get(context, Shop), recording: Context.get(context, Recording) }
    })
    const first = yield* open
    const second = yield* open
    // The second has stood by for a while when the attempt begins.
    yield* TestClock.adjust("1 minute")
    const bread = { sku: "bread", name: "bread", price: { amount: 250, currency: "EUR" }, onHand: 5 }
    const made = yield* first.shop
      .createProduct({ ...bread, purchaseLimit: null, claim: null })
      .pipe(Effect.retry(Schedule.spaced("5 millis")))
    const placed = yield* first.shop.placeOrder({
      customerId: "kim",
      lines: [{ productId: made.value.id, quantity: 1 }],
      paying: { _tag: "Token", token: "tok_delay_600000", answer: "async" },
      claim: { route: "orders", key: "k", fingerprint: "018f0000-0000-7000-8000-000000000000" },
    })
    expect(placed.value.outcome).toBe("reserved")
    expect(asksTheProvider(second.recording)).toBe(0)
    yield* TestClock.adjust("10 millis")
    yield* Effect.raceFirst(Scope.close(first.scope, Exit.void), Effect.forever(TestClock.adjust("10 millis")))
    // A sweep a second, and one call that does not find the charge.
    yield* TestClock.adjust("1100 millis")
    expect(asksTheProvider(second.recording)).toBeGreaterThan(0)
    yield* Effect.raceFirst(Scope.close(second.scope, Exit.void), Effect.forever(TestClock.adjust("1 second")))
  })
  await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(TestClock.layer())))
})
