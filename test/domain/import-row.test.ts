/** Rows of bulk imports: what is certain is read, from texts and from values alike, and the rest is refused by its member. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as ImportRow from "../../src/domain/import-row.ts"
import { MAX_PRICE } from "../../src/domain/money.ts"
import { MAX_ON_HAND } from "../../src/domain/quantity.ts"

const MUG = { sku: "MUG-1", name: "Mug", price: 1290, currency: "EUR", stock: 40 }
const NEW_MUG = { name: "Mug", price: { amount: 1290, currency: "EUR" }, onHand: 40 }

const memberOf = (mode: ImportRow.Mode, value: unknown): string | null => {
  const read = ImportRow.read(mode, value)
  if (Result.isSuccess(read)) throw new Error(`it was read: ${JSON.stringify(read.success)}`)
  return read.failure.member
}

describe("a row of an import", () => {
  it("moves stock, counts it, or brings a new product", () => {
    expect(ImportRow.read("delta", { sku: "MUG-1", delta: -3 })).toEqual(
      Result.succeed({ sku: "MUG-1", newcomer: null, change: { _tag: "Move", delta: -3 } }),
    )
    expect(ImportRow.read("absolute", { sku: "MUG-1", stock: 40, version: 7 })).toEqual(
      Result.succeed({ sku: "MUG-1", newcomer: null, change: { _tag: "Count", counted: 40, version: 7 } }),
    )
    const created = Result.succeed({ sku: "MUG-1", newcomer: NEW_MUG, change: { _tag: "Nothing" } })
    expect(ImportRow.read("delta", MUG)).toEqual(created)
    expect(ImportRow.read("absolute", MUG)).toEqual(created)
  })

  it("is the same from the texts of CSV and from the values of JSON", () => {
    const whole = (most: number) => fc.integer({ min: 0, max: most })
    fc.assert(
      fc.property(whole(MAX_PRICE), whole(MAX_ON_HAND), fc.integer({ min: 1 }), (price, stock, version) => {
        const value = { ...MUG, price, stock, version }
        const texts = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]))
        const read = ImportRow.read("absolute", { ...texts, delta: "" })
        expect(Result.isSuccess(read)).toBe(true)
        expect(read).toEqual(ImportRow.read("absolute", { ...value, delta: null }))
      }),
    )
  })

  it.each(["1,000", "1e3", "12.0", " 7", "007", "+1", "0x10", "1000000000001", 1.5, true, [3], {}])(
    "guesses no number from %j",
    (stock) => expect(memberOf("absolute", { sku: "MUG-1", stock, version: 1 })).toBe("stock"),
  )

  it.each([
    ["a SKU that is not in its normal form", { ...MUG, sku: "MUG-1 " }, "sku"],
    ["a SKU that is missing", { delta: 1 }, "sku"],
    ["a SKU of 129 characters", { sku: "x".repeat(129), delta: 1 }, "sku"],
    ["a name with a control character", { ...MUG, name: "Mu\u0007g" }, "name"],
    ["a price without its currency", { ...MUG, currency: "" }, "price"],
    ["a currency without a price", { ...MUG, price: "" }, "currency"],
    ["a currency that is none", { ...MUG, currency: "EURO" }, "currency"],
    ["a column of another table", { ...MUG, colour: "red" }, "colour"],
    ["a version, which only counts have", { sku: "MUG-1", delta: 1, version: 3 }, "version"],
    ["nothing to do", { sku: "MUG-1" }, null],
    ["half of a new product", { sku: "MUG-1", name: "Mug" }, null],
    ["a list", [], null],
    ["a text", "MUG-1", null],
  ])("of mode delta is refused with %s", (_, value, member) => expect(memberOf("delta", value)).toBe(member))

  it("of mode absolute is refused with a delta, a version without its stock, or a stock without its version", () => {
    expect(memberOf("absolute", { sku: "MUG-1", delta: 1 })).toBe("delta")
    expect(memberOf("absolute", { sku: "MUG-1", version: 3 })).toBe("version")
    expect(memberOf("absolute", { sku: "MUG-1", stock: 3 })).toBe(null)
  })

  it("is read or refused, but never thrown, whatever a file has in it", () => {
    const member = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ImportRow.MEMBERS), member), (value) => {
        ImportRow.read("delta", value)
        ImportRow.read("absolute", value)
      }),
    )
  })
})
