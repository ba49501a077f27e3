/** What an owner keeps of products that are edited: two states, as long as an edit is under way, and nothing afterwards. */
import { describe, expect, it } from "vitest"
import { type Decision, settle, undo } from "../../src/app/inventory/decision.ts"
import { productCell, Registry, Shelf } from "../../src/app/inventory/registry.ts"
import { Turns } from "../../src/app/inventory/turn.ts"
import { type Edit, forSale } from "../../src/domain/product.ts"
import type { Command } from "../../src/ports/inventory.ts"
import { nothingWanted } from "../../src/ports/ledger.ts"
import * as Scribe from "../support/scribe.ts"

const product = Scribe.product({ purchaseLimit: null })
const productId = product.id

/** An owner's memory with the product in it, as if an edit of it were about to be decided. */
const memory = (isSold = false) => {
  const registry = new Registry()
  const stock = { onHand: 9, reserved: 0, version: 3 }
  const loaded = { orders: [], holds: [], units: [], unpaid: [], known: [], takenSkus: [], unreadable: [] }
  const details = [{ product, stockVersion: 3, isSold }]
  registry.admit(nothingWanted, { ...loaded, products: [{ product, stock }], details }, () => true)
  const turns = new Turns(registry, () => true)
  const ask = (command: Command) => turns.decide(command, 0)
  const edit = (edit: Edit): Command => ({ _tag: "EditProduct", productId, edit, versions: null })
  const decided = (what: Edit) => {
    const outcome = ask(edit(what))
    if (outcome._tag !== "Decision") throw new Error(JSON.stringify(outcome))
    return outcome as Decision
  }
  const order: Command = {
    ...{ _tag: "PlaceOrder", orderId: Scribe.order([product]).id, customerId: "kim", held: [], token: null },
    ...{ lines: [{ productId, quantity: 1 }], createdAt: 0, expiresAt: 9, claim: Scribe.claim() },
  }
  return { registry, ask, edit, decided, order, cell: registry.products.get(productId)! }
}

describe("an owner that edits a product", () => {
  it("sells by the edit at once, and as before when it could not be committed", () => {
    const { ask, cell, decided, order, registry } = memory()
    const first = decided({ price: { amount: 7, currency: "EUR" } })
    const second = decided({ archived: true })
    expect(ask(order)).toMatchObject({ _tag: "Refusal", rejection: { _tag: "ProductArchived", productId } })
    undo(registry, first)
    undo(registry, second)
    expect([cell.product, registry.details.get(productId)?.current]).toEqual([forSale(product), product])
    expect(ask(order)).toMatchObject({ stock: [{ after: { reserved: 1 } }], holds: [{ unitPrice: 250 }] })
  })

  it("goes back to the edit that is durable, not to the first", () => {
    const { cell, decided, registry } = memory()
    const first = decided({ price: { amount: 7, currency: "EUR" } })
    const second = decided({ price: { amount: 8, currency: "EUR" } })
    settle(registry, first)
    undo(registry, second)
    expect(cell.product.price.amount).toBe(7)
    expect(registry.details.get(productId)).toMatchObject({ durable: { version: 2 }, current: { version: 2 } })
  })

  it("forgets what it needed for it as soon as it is durable, or was refused", () => {
    const { ask, decided, edit, registry } = memory()
    const done = decided({ name: "Stale bread" })
    registry.forgetDetails()
    expect(registry.details.size).toBe(1)
    settle(registry, done)
    expect(registry.details.size).toBe(0)
    const other = memory()
    expect(other.ask({ ...edit({ name: "x" }), versions: [9] } as Command)._tag).toBe("Refusal")
    other.registry.forgetDetails()
    expect([other.registry.details.size, ask(edit({}))._tag]).toEqual([0, "Refusal"])
  })

  it("says no to a purchase limit when stock has moved since it was looked up, and yes when it has not", () => {
    const { ask, edit, order } = memory()
    ask({ _tag: "Receive", productId, quantity: 1, claim: null })
    expect(ask(edit({ purchaseLimit: 2 }))).toMatchObject({ rejection: { _tag: "PurchaseLimitFixed" } })
    expect(memory().ask(edit({ purchaseLimit: 2 }))._tag).toBe("Decision")
    expect(memory(true).ask(edit({ purchaseLimit: 2 }))._tag).toBe("Refusal")
    expect(ask(order)._tag).toBe("Decision")
  })

  it("keeps a product in memory while an edit of it is not durable", () => {
    const { cell, decided, registry } = memory()
    const done = decided({ archived: true })
    const isSettled = (each: typeof cell) => each.current === each.durable && each.product === each.durableProduct
    const shelf = new Shelf<string, typeof cell>(1, isSettled)
    shelf.put("edited", cell)
    // Twice: what was used lately gets a second chance.
    for (const key of ["a", "b", "c"])
      shelf.put(key, { ...productCell(forSale(product), cell.current, cell.current), recent: false })
    expect(shelf.has("edited")).toBe(true)
    settle(registry, done)
    for (const key of ["d", "e", "f"])
      shelf.put(key, { ...productCell(forSale(product), cell.current, cell.current), recent: false })
    expect(shelf.has("edited")).toBe(false)
  })
})
