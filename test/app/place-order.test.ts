/** Placing and paying while the database is away: nobody waits for it beyond the point where there is something to say. */
import { Context, Effect, Exit, Layer, Schedule } from "effect"
import { describe, expect, it } from "vitest"
import { Recording } from "../../src/adapters/memory/probe.ts"
import { Shop } from "../../src/app/shop.ts"
import { LedgerDown } from "../../src/ports/ledger.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import * as Trial from "../support/trial.ts"

describe("an outcome that cannot be recorded", () => {
  it("is not waited for: the buyer hears 503, the order is paid later, and the key tells what was promised", async () => {
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
