/** The tests of docs/guide/00-first-test.md, in the order in which the page writes them. */
import { Result } from "effect"
import { expect, it } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Stock from "../../src/domain/stock.ts"
import { day, holdFirst, payFirst } from "../../src/learn/hold-first.ts"

const JAR = "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId

const after = (stock: Stock.Stock, command: Stock.Command): Stock.Stock =>
  Stock.evolve(stock, Result.getOrThrow(Stock.decide(JAR, command, stock)))

it("a unit that is held is not for sale, and still on the shelf", () => {
  const stock = after({ onHand: 1, reserved: 0, version: 1 }, { _tag: "Reserve", quantity: 1 })
  expect(stock).toEqual({ onHand: 1, reserved: 1, version: 2 })
})

it("the second buyer of one unit is answered no, and how many are left", () => {
  const held = after({ onHand: 1, reserved: 0, version: 1 }, { _tag: "Reserve", quantity: 1 })
  const second = Stock.decide(JAR, { _tag: "Reserve", quantity: 1 }, held)
  expect(second).toEqual(Result.fail(expect.objectContaining({ _tag: "InsufficientStock", available: 0 })))
})

it("a unit that was paid for leaves the shelf, one that was not is for sale again", () => {
  const held = after({ onHand: 1, reserved: 0, version: 1 }, { _tag: "Reserve", quantity: 1 })
  expect(after(held, { _tag: "Confirm", quantity: 1 })).toMatchObject({ onHand: 0, reserved: 0 })
  expect(after(held, { _tag: "Release", quantity: 1 })).toMatchObject({ onHand: 1, reserved: 0 })
})

it("who pays first pays for nothing; who holds first does not", async () => {
  const paying = await day(payFirst)
  expect(paying.refunds).toBe(paying.charges - paying.sold)
  expect(paying.refunds).toBeGreaterThan(0)
  const holding = await day(holdFirst)
  expect(holding).toMatchObject({ refunds: 0, charges: holding.sold, waitedForNothingMs: 0 })
})
