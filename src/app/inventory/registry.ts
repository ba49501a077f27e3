/**
 * The registry: what a worker has in memory. Each thing is a cell with two states: `durable`, what the ledger is known to
 * hold, and `current`, which runs ahead of it by the decisions that have not been committed yet.
 *
 * Law: I6, memory is disposable: `rewind` throws away what runs ahead; a cell may leave once both states are one.
 * Limits: RESIDENT_*_MAX; beyond them settled cells leave, least recently used first (second chance).
 */
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import type { Order } from "../../domain/order.ts"
import * as Product from "../../domain/product.ts"
import type { Stock } from "../../domain/stock.ts"
import type { Details, HoldRow, Loaded, Wanted } from "../../ports/ledger.ts"
import { RESIDENT_ORDERS_MAX, RESIDENT_PRODUCTS_MAX, RESIDENT_UNITS_MAX } from "./limits.ts"

/** `durable` is null while the thing itself is not committed yet. */
export interface Cell<State> {
  durable: State | null
  current: State
  /** Used since the last sweep: it gets a second chance. */
  recent: boolean
}

/** Its stock has the two states of a cell; what it is sold as has two of its own, `durableProduct` and `product`, which edits move. */
export interface ProductCell extends Cell<Stock> {
  product: Product.ForSale
  durableProduct: Product.ForSale
}

/** A product that is being edited, and what is known of its past; only as long as an edit of it is under way. */
export interface DetailsCell {
  durable: Product.Product
  current: Product.Product
  /** As they were when it was loaded. */
  readonly stockVersion: number
  readonly isSold: boolean
}
export type OrderCell = Cell<Order>
/** This worker's holds of an order whose home is elsewhere. */
export type HoldsCell = Cell<ReadonlyArray<HoldRow>>
/** A count in a box of its own each time: a count that went and came back is not the durable one. */
export interface Units {
  readonly count: number
}

/** Units a customer has of a limited product; or its unpaid holds of any. */
export interface UnitsCell extends Cell<Units> {
  readonly productId: ProductId
  readonly customerId: CustomerId
}

/** For one that comes, so many of the oldest are looked at: the settled leave, the recently used go to the back of the line. */
const LOOKS = 16

const isSettled = (cell: Cell<unknown>): boolean => cell.current === cell.durable

export class Shelf<Key, C extends Cell<unknown>> {
  readonly #cells = new Map<Key, C>()
  readonly #capacity: number
  readonly #isSettled: (cell: C) => boolean
  /**
   * Kept from look to look: all before it have left or gone to the back. One made anew would step over the places of all
   * that have left.
   */
  #oldest = this.#cells.entries()

  /** `settled`: what of it has to be durable before it leaves; left out, its two states. */
  constructor(capacity: number, settled: (cell: C) => boolean = isSettled) {
    this.#capacity = capacity
    this.#isSettled = settled
  }

  get size(): number {
    return this.#cells.size
  }

  get(key: Key): C | undefined {
    const cell = this.#cells.get(key)
    if (cell !== undefined) cell.recent = true
    return cell
  }

  has(key: Key): boolean {
    return this.#cells.has(key)
  }

  put(key: Key, cell: C): void {
    this.makeRoom(1)
    this.#cells.set(key, cell)
  }

  /**
   * For so many more, as far as settled cells can leave. Looks at each cell at most once: what was used since the last time
   * stays, so that an entry that waits for more finds what it has.
   */
  makeRoom(cells: number): void {
    for (let looks = Math.min(this.#cells.size, LOOKS * cells); looks > 0; looks--) {
      if (this.#cells.size + cells <= this.#capacity) return
      let next = this.#oldest.next()
      if (next.done) {
        this.#oldest = this.#cells.entries()
        next = this.#oldest.next()
        if (next.done) return
      }
      const [key, cell] = next.value
      this.#cells.delete(key)
      if (cell.recent || !this.#isSettled(cell)) {
        cell.recent = false
        this.#cells.set(key, cell)
      }
    }
  }

  /** After room was made for all that come with it: none of them may have to leave for another. What is here stays. */
  admit(key: Key, cell: C): void {
    if (!this.#cells.has(key)) this.#cells.set(key, cell)
  }

  delete(key: Key): void {
    this.#cells.delete(key)
  }
}

export const unitsKey = (productId: ProductId, customerId: CustomerId): string => productId + customerId

export class Registry {
  readonly products = new Shelf<ProductId, ProductCell>(
    RESIDENT_PRODUCTS_MAX,
    (cell) => isSettled(cell) && cell.product === cell.durableProduct,
  )
  readonly details = new Map<ProductId, DetailsCell>()
  readonly orders = new Shelf<OrderId, OrderCell>(RESIDENT_ORDERS_MAX)
  readonly holds = new Shelf<OrderId, HoldsCell>(RESIDENT_ORDERS_MAX)
  readonly units = new Shelf<string, UnitsCell>(RESIDENT_UNITS_MAX)
  /** Unpaid holds that customers have of products; empty unless they are limited. The ledger has them as holds, not as a count. */
  readonly unpaid = new Shelf<string, UnitsCell>(RESIDENT_UNITS_MAX)
  /** SKUs of products that are created but not committed yet. */
  readonly newSkus = new Set<string>()

  /** Takes in what was loaded; what is here already is newer and stays. `mine` keeps the holds of this worker's lanes. */
  admit(wanted: Wanted, loaded: Loaded, mine: (productId: ProductId) => boolean): void {
    this.products.makeRoom(loaded.products.length)
    for (const { product, stock } of loaded.products)
      this.products.admit(product.id, productCell(Product.forSale(product), stock, stock))
    for (const each of loaded.details) this.#admitDetails(each)
    this.orders.makeRoom(loaded.orders.length)
    for (const order of loaded.orders) this.orders.admit(order.id, { durable: order, current: order, recent: true })
    this.units.makeRoom(wanted.units.length)
    for (const { productId, customerId, units } of loaded.units) count(this.units, productId, customerId, units)
    // A customer without a row has none yet.
    for (const { productId, customerId } of wanted.units) count(this.units, productId, customerId, 0)
    this.unpaid.makeRoom(wanted.unpaid.length)
    for (const { productId, customerId, holds } of loaded.unpaid) count(this.unpaid, productId, customerId, holds)
    for (const { productId, customerId } of wanted.unpaid) count(this.unpaid, productId, customerId, 0)
    const holds = new Map<OrderId, Array<HoldRow>>()
    for (const row of loaded.holds) {
      if (!mine(row.productId)) continue
      const rows = holds.get(row.orderId)
      if (rows === undefined) holds.set(row.orderId, [row])
      else rows.push(row)
    }
    this.holds.makeRoom(holds.size)
    for (const [orderId, rows] of holds) this.holds.admit(orderId, { durable: rows, current: rows, recent: true })
  }

  #admitDetails({ isSold, product, stockVersion }: Details): void {
    if (!this.details.has(product.id))
      this.details.set(product.id, { durable: product, current: product, stockVersion, isSold })
  }

  /** Edits are rare: what was loaded for one that was refused does not stay, and its past is read anew for the next. */
  forgetDetails(): void {
    for (const [id, { current, durable }] of this.details) if (current === durable) this.details.delete(id)
  }
}

/** One shape for all, wherever they come from. */
export const productCell = (product: Product.ForSale, durable: Stock | null, current: Stock): ProductCell => ({
  product,
  durableProduct: product,
  durable,
  current,
  recent: true,
})

const count = (shelf: Registry["units"], productId: ProductId, customerId: CustomerId, units: number): void => {
  const state = { count: units }
  shelf.admit(unitsKey(productId, customerId), { productId, customerId, durable: state, current: state, recent: true })
}
