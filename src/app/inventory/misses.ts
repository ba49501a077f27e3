/**
 * Misses: what waiting commands need in memory and do not have yet, gathered for one load. A command is looked at again
 * after its load, because what was loaded may need more: an order names its products, a limited product its customer's
 * count.
 */
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import type { Command, RequestedLine } from "../../ports/inventory.ts"
import type { Wanted } from "../../ports/ledger.ts"
import type { Absent } from "./absent.ts"
import * as Commands from "./commands.ts"
import { type Registry, unitsKey } from "./registry.ts"

export class Misses implements Commands.Lookup {
  readonly #registry: Registry
  readonly #mine: (id: ProductId | OrderId) => boolean
  readonly #products = new Set<ProductId>()
  readonly #details = new Set<ProductId>()
  readonly #orders = new Set<OrderId>()
  readonly #holdsOf = new Set<OrderId>()
  readonly #units = new Map<string, Wanted["units"][number]>()
  readonly #unpaid = new Map<string, Wanted["unpaid"][number]>()
  readonly #countsUnpaid: boolean
  /** Ids that an earlier load of the command at hand did not find; null: nothing was loaded for it. */
  #absent: Absent | null = null

  /** `countsUnpaid`: a customer's unpaid holds of a product are needed too. */
  constructor(registry: Registry, mine: (id: ProductId | OrderId) => boolean, countsUnpaid: boolean) {
    this.#countsUnpaid = countsUnpaid
    this.#registry = registry
    this.#mine = mine
  }

  get isEmpty(): boolean {
    const orders = this.#orders.size + this.#holdsOf.size
    return this.#products.size + this.#details.size + orders + this.#units.size + this.#unpaid.size === 0
  }

  /** Adds what `command` lacks; true if it lacks anything. `absent`: ids that an earlier load of it did not find. */
  add(command: Command, absent: Absent | null): boolean {
    this.#absent = absent
    return Commands.misses(command, this)
  }

  /**
   * Everything, to be loaded now. Not what an earlier load has brought meanwhile: it may run ahead, settle and leave while
   * the ledger is read, and what was read of it would be older than what memory knew.
   */
  take(): Omit<Wanted, "keys" | "skus"> {
    const registry = this.#registry
    const wanted = {
      products: [...this.#products].filter((id) => !registry.products.has(id)),
      details: [...this.#details].filter((id) => !registry.details.has(id)),
      orders: [...this.#orders].filter((id) => !registry.orders.has(id)),
      holdsOf: [...this.#holdsOf].filter((id) => !registry.holds.has(id)),
      units: [...this.#units].flatMap(([key, cell]) => (registry.units.has(key) ? [] : [cell])),
      unpaid: [...this.#unpaid].flatMap(([key, cell]) => (registry.unpaid.has(key) ? [] : [cell])),
    }
    this.clear()
    return wanted
  }

  clear(): void {
    this.#products.clear()
    this.#details.clear()
    this.#orders.clear()
    this.#holdsOf.clear()
    this.#units.clear()
    this.#unpaid.clear()
  }

  product(id: ProductId): boolean {
    if (this.#registry.products.get(id) !== undefined || this.#absent?.has(id)) return false
    this.#products.add(id)
    return true
  }

  details(id: ProductId): boolean {
    if (this.#registry.details.has(id) || this.#absent?.has(id)) return false
    this.#details.add(id)
    return true
  }

  lines(wanted: ReadonlyArray<RequestedLine>, customerId: CustomerId): boolean {
    let missing = false
    for (const { productId } of wanted) {
      if (!this.#mine(productId)) continue
      if (this.product(productId) || this.#unitsOf(productId, customerId)) missing = true
      if (this.#countsUnpaid && this.#unpaidOf(productId, customerId)) missing = true
    }
    return missing
  }

  order(id: OrderId): boolean {
    const cell = this.#registry.orders.get(id)
    if (cell !== undefined) return this.lines(cell.current.lines, cell.current.customerId)
    if (this.#absent?.has(id)) return false
    this.#orders.add(id)
    return true
  }

  holds(id: OrderId): boolean {
    const cell = this.#registry.holds.get(id)
    if (cell !== undefined) return this.lines(cell.current, cell.current[0]!.customerId)
    if (this.#absent?.has(id)) return false
    this.#holdsOf.add(id)
    return true
  }

  #unitsOf(productId: ProductId, customerId: CustomerId): boolean {
    const limit = this.#registry.products.get(productId)?.product.purchaseLimit ?? null
    if (limit === null) return false
    const key = unitsKey(productId, customerId)
    if (this.#registry.units.get(key) !== undefined) return false
    this.#units.set(key, { productId, customerId })
    return true
  }

  #unpaidOf(productId: ProductId, customerId: CustomerId): boolean {
    const key = unitsKey(productId, customerId)
    if (this.#registry.unpaid.get(key) !== undefined) return false
    this.#unpaid.set(key, { productId, customerId })
    return true
  }
}
