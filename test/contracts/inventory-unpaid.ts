/**
 * What owners promise beside the contract of every inventory: a customer has at most so many unpaid holds of a product. One transaction
 * a command does not count them (`config/inventory.ts` refuses it).
 */
import { Effect } from "effect"
import { expect } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import { type Check, check } from "./check.ts"
import { buyer, counter, soon } from "./inventory-counter.ts"
import { all, type Needs, outcomes } from "./inventory-looks.ts"

/** What the shop under test is started with: more than any other check of the contract lets one customer have. */
export const UNPAID_MAX = 4

const tooMany = (productId: ProductId) => ({ refused: { _tag: "TooManyUnpaidHolds", productId, limit: UNPAID_MAX } })

export const unpaid: ReadonlyArray<Check<Needs>> = [
  check(
    "counts the unpaid holds that a customer has of a product, however fast they come, and of no other",
    function* () {
      const shop = yield* counter
      const { id } = yield* shop.create({ onHand: 1_000 })
      const other = yield* shop.create({ onHand: 1_000 })
      const customerId = buyer()
      const want = (...ids: ReadonlyArray<ProductId>) =>
        shop.place(
          ids.map((each) => [each, 2]),
          { customerId },
        )
      expect(outcomes(yield* all(Array.from({ length: 20 }, () => want(id))))).toEqual({
        reserved: UNPAID_MAX,
        TooManyUnpaidHolds: 20 - UNPAID_MAX,
      })
      // Also as one line of several, of which then none is held, on whichever worker.
      for (let times = 0; times < 2 * UNPAID_MAX; times++) expect(yield* want(other.id, id)).toEqual(tooMany(id))
      expect(yield* shop.stock(other)).toMatchObject({ reserved: 0 })
      for (let times = 0; times < UNPAID_MAX; times++)
        expect(yield* want(other.id)).toMatchObject({ status: "reserved" })
      expect(yield* want(other.id)).toEqual(tooMany(other.id))
      expect(yield* shop.place([[id, 2]])).toMatchObject({ status: "reserved" })
    },
  ),

  check("lets a customer hold the next one as soon as one is paid, cancelled, declined or over", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 1_000 })
    const other = yield* shop.create({ onHand: 1_000 })
    const customerId = buyer()
    const want = (more: { readonly expiresAt?: number } = {}) =>
      shop.place(
        [
          [id, 1],
          [other.id, 1],
        ],
        { customerId, ...more },
      )
    // An order of its own each time.
    const next = Effect.suspend(want)
    const isFull = Effect.map(next, (answer) =>
      expect(answer).toMatchObject({ refused: { _tag: "TooManyUnpaidHolds" } }),
    )
    const placed = Effect.map(next, (answer) => {
      if ("refused" in answer) throw new Error(`refused: ${JSON.stringify(answer.refused)}`)
      return answer.id
    })
    for (let times = 1; times < UNPAID_MAX; times++) yield* placed
    const paid = yield* placed
    yield* isFull
    yield* shop.paid(paid)
    const cancelled = yield* placed
    yield* isFull
    yield* shop.cancel(cancelled)
    const declined = yield* placed
    yield* isFull
    yield* Effect.andThen(shop.startPayment(declined), shop.record(declined, "declined"))
    const over = yield* want({ expiresAt: soon() })
    if ("id" in over) yield* shop.expired(over.id)
    // Its holds end one after another, on whichever workers they are.
    for (const product of [{ id }, other])
      while ((yield* shop.stock(product)).reserved >= UNPAID_MAX) yield* Effect.sleep("20 millis")
    yield* placed
    yield* isFull
    // It was paid: to cancel it now is no second end of its hold.
    yield* shop.cancel(paid)
    yield* isFull
  }),
]
