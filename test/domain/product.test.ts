import { describe, expect, it } from "vitest"
import { type Command, decide, type Past, type Product } from "../../src/domain/product.ts"
import * as Scribe from "../support/scribe.ts"

const product = Scribe.product({ version: 3, purchaseLimit: 4 })
const free: Product = { ...product, purchaseLimit: null }

const decided = (command: Partial<Command>, of = product, past: Past = "unsold") =>
  decide({ edit: {}, versions: null, ...command }, of, past)

const success = (value: unknown) => expect.objectContaining({ _tag: "Success", success: value })
const failure = (value: object) => expect.objectContaining({ _tag: "Failure", failure: value })

describe("an edit of a product", () => {
  it("sets what it names, and makes the next version", () => {
    const edit = { name: "Stale bread", price: { amount: 1, currency: "EUR" }, archived: true }
    expect(decided({ edit })).toEqual(success({ ...product, ...edit, version: 4 }))
    expect(decided({ edit: { purchaseLimit: 9 } }, product, "sold")).toEqual(
      success({ ...product, purchaseLimit: 9, version: 4 }),
    )
  })

  it("is of a version that it names, or of any", () => {
    const edit = { name: "Stale bread" }
    for (const versions of [null, [3], [1, 3]]) expect(decided({ edit, versions })._tag).toBe("Success")
    for (const versions of [[], [2], [4], [1, 2, 4]])
      expect(decided({ edit, versions })).toEqual(
        failure({ _tag: "ProductChanged", productId: product.id, version: 3 }),
      )
  })

  it("that changes nothing makes no version, but must name one that there is", () => {
    const same = { name: product.name, price: { ...product.price }, purchaseLimit: 4, archived: false }
    expect(decided({ edit: same, versions: [3] })).toEqual(success(null))
    expect(decided({ edit: {} })).toEqual(success(null))
    expect(decided({ edit: same, versions: [2] })._tag).toBe("Failure")
  })

  it("leaves the currency, also of an amount that stays", () => {
    for (const amount of [250, 1])
      expect(decided({ edit: { price: { amount, currency: "KRW" } } })).toEqual(
        failure({ _tag: "CurrencyFixed", productId: product.id, currency: "EUR" }),
      )
  })

  it.each(["sold", "perhaps"] as const)("gives and takes no purchase limit of one that is %s", (past) => {
    const fixed = (purchaseLimit: number | null) =>
      failure({ _tag: "PurchaseLimitFixed", productId: product.id, purchaseLimit })
    expect(decided({ edit: { purchaseLimit: null } }, product, past)).toEqual(fixed(4))
    expect(decided({ edit: { purchaseLimit: 1 } }, free, past)).toEqual(fixed(null))
    expect(decided({ edit: { purchaseLimit: null, name: "x" } }, free, past)._tag).toBe("Success")
    expect(decided({ edit: { purchaseLimit: 1 } }, product, past)._tag).toBe("Success")
  })

  it("gives and takes a purchase limit of one that was never sold", () => {
    expect(decided({ edit: { purchaseLimit: null } })).toEqual(success({ ...free, version: 4 }))
    expect(decided({ edit: { purchaseLimit: 1 } }, free)).toEqual(success({ ...free, purchaseLimit: 1, version: 4 }))
  })
})
