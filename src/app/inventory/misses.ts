/**
 * What a command needs in memory and does not have yet. Asked again after each load, because what is loaded may need more:
 * an order names its products, a limited product its customer's count.
 */
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import type { Command, RequestedLine } from "../../ports/inventory.ts"
import type { Wanted } from "../../ports/ledger.ts"
import type { Absent } from "./absent.ts"
import { type Registry, unitsKey } from "./registry.ts"

export interface Misses {
  readonly products: Set<ProductId>
  readonly orders: Set<OrderId>
  readonly holdsOf: Set<OrderId>
  readonly units: Map<string, { readonly productId: ProductId; readonly customerId: CustomerId }>
}

export const none = (): Misses => ({ products: new Set(), orders: new Set(), holdsOf: new Set(), units: new Map() })

export const isEmpty = (wants: Misses): boolean =>
  wants.products.size + wants.orders.size + wants.holdsOf.size + wants.units.size === 0

/**
 * What to load of it now. Not what an earlier load has brought meanwhile: it may run ahead, settle and leave while the
 * ledger is read, and what was read of it would be older than what memory knew.
 */
export const toWanted = (wants: Misses, registry: Registry): Wanted => ({
  products: [...wants.products].filter((id) => !registry.products.has(id)),
  orders: [...wants.orders].filter((id) => !registry.orders.has(id)),
  holdsOf: [...wants.holdsOf].filter((id) => !registry.holds.has(id)),
  units: [...wants.units].flatMap(([key, cell]) => (registry.units.has(key) ? [] : [cell])),
})

/**
 * Adds the misses of `command` to `into`; true if there were any. `absent`: ids that an earlier load of this command did
 * not find.
 */
export const add = (
  command: Command,
  registry: Registry,
  mine: (id: ProductId | OrderId) => boolean,
  absent: Absent | null,
  into: Misses,
): boolean => {
  const product = (id: ProductId): boolean => {
    if (registry.products.get(id) !== undefined || absent?.has(id)) return false
    into.products.add(id)
    return true
  }
  const lines = (wanted: ReadonlyArray<RequestedLine>, customerId: CustomerId): boolean => {
    let missing = false
    for (const { productId } of wanted) {
      if (!mine(productId)) continue
      if (product(productId)) missing = true
      else if (units(productId, customerId)) missing = true
    }
    return missing
  }
  const units = (productId: ProductId, customerId: CustomerId): boolean => {
    const limit = registry.products.get(productId)?.product.purchaseLimit ?? null
    const key = unitsKey(productId, customerId)
    if (limit === null || registry.units.get(key) !== undefined) return false
    into.units.set(key, { productId, customerId })
    return true
  }
  switch (command._tag) {
    case "CreateProduct":
      return false
    case "Receive":
    case "Adjust":
    case "ReadStock":
      return product(command.productId)
    case "PlaceOrder":
    case "HoldTentatively":
      return lines(command.lines, command.customerId)
    case "EndHolds": {
      const cell = registry.holds.get(command.orderId)
      if (cell !== undefined) return lines(cell.current, cell.current[0]!.customerId)
      if (absent?.has(command.orderId)) return false
      into.holdsOf.add(command.orderId)
      return true
    }
    default: {
      const cell = registry.orders.get(command.orderId)
      if (cell !== undefined) return lines(cell.current.lines, cell.current.customerId)
      if (absent?.has(command.orderId)) return false
      into.orders.add(command.orderId)
      return true
    }
  }
}
