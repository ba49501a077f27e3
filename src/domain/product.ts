/**
 * A product: what is sold. It never changes once created, so it may be cached anywhere; its stock may not.
 */
import type { ProductId } from "./ids.ts"
import type { Money } from "./money.ts"

/** Longest SKU, code points. */
export const SKU_MAX = 128

/** Longest name, code points: enough for a title line. */
export const NAME_MAX = 256

export interface Product {
  readonly id: ProductId
  /** The shop's own name for it, unique. */
  readonly sku: string
  readonly name: string
  readonly price: Money
  /** Units one customer may have over all live and paid orders; null is no limit. */
  readonly purchaseLimit: number | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** What an owner has to know to sell it: millions of these are in memory. What is for people stays in the ledger. */
export type ForSale = Pick<Product, "id" | "price" | "purchaseLimit">

export const forSale = ({ id, price, purchaseLimit }: Product): ForSale => ({ id, price, purchaseLimit })
