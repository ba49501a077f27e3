/** Money and purchase limits: exact sums, and counts that cannot be passed. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Money from "../../src/domain/money.ts"
import * as PurchaseLimit from "../../src/domain/purchase-limit.ts"
import { MAX_PER_LINE } from "../../src/domain/quantity.ts"

const priced = (amount: number, quantity: number, currency = "EUR"): Money.Priced => ({
  quantity,
  unitPrice: { amount, currency },
})

describe("a total", () => {
  it("is the exact sum of its lines, or too large to be one", () => {
    const line = fc.tuple(fc.nat({ max: Money.MAX_PRICE }), fc.integer({ min: 1, max: MAX_PER_LINE }))
    const small = fc.tuple(fc.nat({ max: 100_000 }), fc.integer({ min: 1, max: 100 }))
    fc.assert(
      fc.property(fc.array(fc.oneof(line, small), { minLength: 1, maxLength: 100 }), (lines) => {
        const exact = lines.reduce((sum, [amount, quantity]) => sum + BigInt(amount) * BigInt(quantity), 0n)
        expect(Money.total(lines.map(([amount, quantity]) => priced(amount, quantity)))).toEqual(
          exact <= BigInt(Number.MAX_SAFE_INTEGER)
            ? { amount: Number(exact), currency: "EUR" }
            : { _tag: "TotalTooLarge" },
        )
      }),
    )
  })

  it("adds up prices in one currency", () => {
    expect(Money.total([priced(250, 2), priced(100, 1)])).toEqual({ amount: 600, currency: "EUR" })
  })

  it("does not mix currencies", () => {
    expect(Money.total([priced(250, 2), priced(100, 1, "KRW")])).toEqual({ _tag: "MixedCurrencies" })
  })

  it("of gifts is nothing", () => {
    expect(Money.total([priced(0, 3)])).toEqual({ amount: 0, currency: "EUR" })
  })
})

describe("a currency", () => {
  it.each(["EUR", "USD", "KRW", "JPY", "XAF"])("is %s", (code) => expect(Money.isCurrency(code)).toBe(true))
  it.each(["ZZZ", "XXX", "XTS", "XAU", "eur", "EURO", ""])("is not %j", (code) =>
    expect(Money.isCurrency(code)).toBe(false),
  )
})

describe("a purchase limit", () => {
  const ID = "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId

  it("is never exceeded by what is taken and given back, and says what is left", () => {
    const limit = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(limit, fc.array(fc.integer({ min: -5, max: 12 }).filter((n) => n !== 0)), (most, quantities) => {
        let units = 0
        for (const quantity of quantities) {
          if (quantity < 0) {
            units = Math.max(0, units + quantity)
            continue
          }
          const taken = PurchaseLimit.take(ID, most, units, quantity)
          const left = most - units
          expect(taken).toEqual(
            quantity <= left
              ? Result.succeed(units + quantity)
              : Result.fail({ _tag: "PurchaseLimitExceeded", productId: ID, limit: most, remaining: left }),
          )
          if (Result.isSuccess(taken)) units = taken.success
          expect(units).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it("lets a customer have exactly as many as it says", () => {
    expect(PurchaseLimit.take(ID, 2, 0, 2)).toEqual(Result.succeed(2))
    expect(Result.isFailure(PurchaseLimit.take(ID, 2, 1, 2))).toBe(true)
  })

  it("has nothing left, not less, for who has more than it", () => {
    expect(PurchaseLimit.take(ID, 2, 5, 1)).toMatchObject({ failure: { remaining: 0 } })
  })
})
