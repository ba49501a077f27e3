/** What a worker has in memory: nothing leaves that is still needed, and nothing is taken for settled that is not. */
import { describe, expect, it } from "vitest"
import { RESIDENT_ORDERS_MAX, RESIDENT_UNITS_MAX } from "../../src/app/inventory/limits.ts"
import { Owner } from "../../src/app/inventory/owner.ts"
import { Registry } from "../../src/app/inventory/registry.ts"
import { Turns } from "../../src/app/inventory/turn.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import { type Loaded, nothingWanted, type Wanted } from "../../src/ports/ledger.ts"
import * as MemoryIds from "../support/counting-ids.ts"
import * as Scribe from "../support/scribe.ts"

const nothing: Wanted & Loaded = { ...nothingWanted, holds: [], known: [], takenSkus: [], unreadable: [] } as never

const price = { amount: 1, currency: "EUR" }

const orders = (count: number): ReadonlyArray<Order.Order> => {
  const ids = MemoryIds.make(1)
  const terms = { customerId: "c", lines: [], total: price, createdAt: 0, expiresAt: 1 }
  return Array.from({ length: count }, () => Order.place({ ...terms, id: ids.next() as OrderId }, null))
}

describe("a registry", () => {
  it("has everything that one load brought, also when that is more than it keeps", () => {
    const registry = new Registry()
    const loaded = orders(RESIDENT_ORDERS_MAX + 10_000)
    const productId = MemoryIds.make(2).next() as ProductId
    const counted = Array.from({ length: RESIDENT_UNITS_MAX + 20_000 }, (_, n) => ({ productId, customerId: `c${n}` }))
    const units = counted.map((cell) => ({ ...cell, units: 1 }))
    registry.admit({ ...nothing, units: counted }, { ...nothing, orders: loaded, units }, () => true)
    expect(loaded.filter(({ id }) => !registry.orders.has(id))).toEqual([])
    const wrong = counted.filter((cell) => registry.units.get(cell.productId + cell.customerId)?.current.count !== 1)
    expect(wrong).toEqual([])
  })

  it("does not take a count that went and came back for the durable one", () => {
    const registry = new Registry()
    const [productId, orderId] = [MemoryIds.make(3).next() as ProductId, MemoryIds.make(4).next() as OrderId]
    const product = {
      id: productId,
      sku: "s",
      name: "",
      price,
      purchaseLimit: 5,
      createdAt: 0,
      version: 1,
      archived: false,
    }
    const cell = { productId, customerId: "c" }
    const loaded = { ...nothing, products: [{ product, stock: { onHand: 5, reserved: 0, version: 1 } }] }
    registry.admit({ ...nothing, units: [cell] }, { ...loaded, units: [{ ...cell, units: 2 }] }, () => true)
    const turns = new Turns(registry, () => true)
    const claim = { route: "orders", key: "k", fingerprint: "" } as const
    const lines = [{ productId, quantity: 1 }]
    const terms = { orderId, customerId: "c", lines, held: [], token: null, createdAt: 0, expiresAt: 9, claim }
    turns.decide({ _tag: "PlaceOrder", ...terms }, 0)
    turns.decide({ _tag: "CancelOrder", orderId, reason: null, claim: null }, 0)
    const { current, durable } = registry.units.get(`${productId}c`)!
    expect([current, durable]).toEqual([{ count: 2 }, { count: 2 }])
    expect(current).not.toBe(durable)
  })

  it("does not ask again for what an earlier load has brought meanwhile", () => {
    const productId = MemoryIds.make(5).next() as ProductId
    const owner = new Owner([{ lane: Lane.of(productId), epoch: 1, seq: 0 }], () => 0)
    const product = Scribe.product({ id: productId })
    const read = () => owner.submit({ _tag: "ReadStock", productId }, () => undefined)
    read()
    const first = owner.takeMissing()!
    read()
    const stock = { onHand: 5, reserved: 0, version: 1 }
    owner.loaded(first, { ...nothing, products: [{ product, stock }] })
    expect(first.wanted.products).toEqual([productId])
    expect(owner.takeMissing()?.wanted.products).toEqual([])
  })
})
