/** Counts as differences: the shelf is right once the newest count is applied, whatever was sold meanwhile. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as StockCount from "../../src/domain/stock-count.ts"

/** The goods themselves, and the books that are kept of them: a loss is in no book until it is counted. */
class Shop {
  shelf = 100
  version = 1
  readonly onHand = new Map([[1, 100]])
  readonly corrections: Array<StockCount.Correction> = []
  readonly counts: Array<StockCount.Count> = []
  lost = 0

  get book(): number {
    return this.onHand.get(this.version)!
  }

  write(delta: number): void {
    this.onHand.set(this.version + 1, this.book + delta)
    this.version++
  }

  trade(units: number): void {
    this.shelf += units
    this.write(units)
  }

  lose(units: number): void {
    this.shelf -= units
    this.lost += units
  }

  count(): void {
    this.counts.push({ counted: this.shelf, version: this.version })
    this.lost = 0
  }

  apply(count: StockCount.Count): Result.Result<number, StockCount.Rejection> {
    const { corrections, version } = this
    const decided = StockCount.difference(count, { version, onHandThen: this.onHand.get(count.version)!, corrections })
    if (Result.isSuccess(decided)) {
      if (decided.success !== 0) this.write(decided.success)
      this.corrections.push({ countedAt: count.version, version: this.version, delta: decided.success })
    }
    return decided
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant("trade" as const), units: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ do: fc.constant("lose" as const), units: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("count" as const) }),
  fc.record({ do: fc.constant("apply" as const), which: fc.nat(20) }),
)

const perform = (shop: Shop, todo: typeof step extends fc.Arbitrary<infer S> ? S : never): void => {
  if (todo.do === "trade") shop.trade(todo.units)
  else if (todo.do === "lose") shop.lose(todo.units)
  else if (todo.do === "count") shop.count()
  else if (shop.counts.length > 0) shop.apply(shop.counts[todo.which % shop.counts.length]!)
}

describe("a stock count", () => {
  it("leaves what is on the shelf in the books, however late, often and out of order counts are applied", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const shop = new Shop()
        for (const todo of steps) perform(shop, todo)
        const newest = shop.counts.at(-1)
        if (newest === undefined) return
        expect(Result.isSuccess(shop.apply(newest))).toBe(true)
        // What was lost since the newest count is in no book yet.
        expect(shop.book - shop.lost).toBe(shop.shelf)
        for (const count of shop.counts) if (count.version < newest.version) shop.apply(count)
        expect(shop.book - shop.lost).toBe(shop.shelf)
      }),
      { numRuns: 2_000 },
    )
  })

  it("keeps what was sold while it was on its way", () => {
    const books = { version: 9, onHandThen: 100, corrections: [] }
    expect(StockCount.difference({ counted: 97, version: 4 }, books)).toEqual(Result.succeed(-3))
  })

  it("changes nothing when it is applied again", () => {
    const corrections = [{ countedAt: 4, version: 10, delta: -3 }]
    const books = { version: 10, onHandThen: 100, corrections }
    expect(StockCount.difference({ counted: 97, version: 4 }, books)).toEqual(Result.succeed(0))
  })

  it("is refused once a later count was applied, which saw more", () => {
    const corrections = [{ countedAt: 6, version: 10, delta: -3 }]
    const refused = StockCount.difference({ counted: 99, version: 4 }, { version: 10, onHandThen: 100, corrections })
    expect(refused).toEqual(Result.fail({ _tag: "CountSuperseded", countedAt: 6 }))
  })

  it("is refused at a version that the stock has not had yet", () => {
    const refused = StockCount.difference({ counted: 9, version: 4 }, { version: 3, onHandThen: 0, corrections: [] })
    expect(refused).toEqual(Result.fail({ _tag: "VersionAhead", version: 3 }))
  })
})
