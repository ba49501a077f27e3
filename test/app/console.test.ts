/** What the console keeps: an hour of numbers a second, durations in buckets, and the hottest products. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Durations } from "../../src/app/console/durations.ts"
import { HOUR, Series } from "../../src/app/console/series.ts"
import { HotProducts } from "../../src/app/inventory/hot-products.ts"
import { ProductId } from "../../src/domain/ids.ts"

describe("a series", () => {
  it("gives what was put, zeroes for seconds left out, and nothing older than an hour", () => {
    const puts = fc.array(
      fc.record({ step: fc.integer({ min: -2, max: 4_000 }), value: fc.integer({ min: 0, max: 99 }) }),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    fc.assert(
      fc.property(puts, fc.integer({ min: 0, max: 5_000 }), (all, back) => {
        const series = new Series(["orders"])
        const model = new Map<number, number>()
        let newest = 1_000_000
        let first: number | null = null
        for (const { step, value } of all) {
          const second = newest + step
          series.put(second, { orders: value })
          if (first !== null && second <= newest) continue
          if (first === null || second - newest >= HOUR) {
            model.clear()
            first = second
          }
          model.set(second, value)
          newest = second
        }
        const { from, values } = series.since(newest - back)
        const oldest = Math.max(first!, newest - HOUR + 1, newest - back)
        expect(from).toBe(oldest)
        expect(values.orders).toEqual(
          Array.from({ length: newest - oldest + 1 }, (_, index) => model.get(oldest + index) ?? 0),
        )
      }),
    )
  })

  it("has nothing before the first put", () => {
    expect(new Series(["orders"]).since(0)).toEqual({ from: 0, values: { orders: [] } })
  })
})

it("a quantile of durations is off by at most a tenth", () => {
  const durations = fc.array(fc.double({ min: 0.06, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.99), (all, share) => {
      const found = new Durations()
      for (const ms of all) found.add(ms)
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1]!
      expect(Math.abs(found.quantile(share) - exact) / exact).toBeLessThan(0.11)
      found.clear()
      expect(found.quantile(share)).toBe(0)
    }),
  )
})

it("the hottest products are those that lost most units since they were asked for, of ten", () => {
  const hot = new HotProducts()
  const ids = Array.from({ length: 12 }, (_, index) =>
    ProductId.make(`01a224f5-0000-7000-8000-0000000000${String(index).padStart(2, "0")}`),
  )
  const commit = (left: (index: number) => number) =>
    hot.committed(
      ids.map((productId, index) => ({
        productId,
        expectedVersion: 1,
        stock: { onHand: left(index), reserved: 0, version: 2 },
      })),
    )
  commit(() => 100)
  commit((index) => 100 - index)
  const first = hot.take()
  expect(first.map(({ units }) => units)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
  expect(first[0]).toEqual({ productId: ids[11], units: 11, available: 89 })
  // What comes back is not sold.
  commit(() => 100)
  commit(() => 99)
  expect(hot.take().map(({ units }) => units)).toEqual(Array.from({ length: 10 }, () => 1))
})
