/**
 * A product: what is sold, as a decider. Its name, price, purchase limit and whether it is archived can be edited, by its owner, one
 * version after another: 1 at creation, +1 per edit. They are counted apart from those of its stock.
 *
 * Law: I15, an order bears the price of the version that was current when its units were reserved, and an archived version sells none.
 * Fails: ProductChanged, CurrencyFixed, PurchaseLimitFixed (values).
 */
import { Result } from "effect"
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
  readonly version: number
  /** It is not sold any more. What was ordered before goes on. */
  readonly archived: boolean
}

/** What an owner has to know to sell it: millions of these are in memory. What is for people stays in the ledger. */
export type ForSale = Pick<Product, "id" | "price" | "purchaseLimit" | "archived">

export const forSale = ({ archived, id, price, purchaseLimit }: Product): ForSale => ({
  id,
  price,
  purchaseLimit,
  archived,
})

/** The values that are to be; what is not named stays. */
export interface Edit {
  readonly name?: string
  readonly price?: Money
  readonly purchaseLimit?: number | null
  readonly archived?: boolean
}

export interface Command {
  readonly edit: Edit
  /** Of the product as it may be edited; null: whichever it has. */
  readonly versions: ReadonlyArray<number> | null
}

/** Whether units of it were ever reserved; `perhaps`: that is not known for certain. */
export type Past = "unsold" | "sold" | "perhaps"

/** It is not sold any more. */
export interface Archived {
  readonly _tag: "ProductArchived"
  readonly productId: ProductId
}

export type Rejection =
  /** It has another version than the editor has seen. */
  | { readonly _tag: "ProductChanged"; readonly productId: ProductId; readonly version: number }
  /** A product is priced in one currency for ever. */
  | { readonly _tag: "CurrencyFixed"; readonly productId: ProductId; readonly currency: string }
  /** Units are counted for a limit from the first order on, or never: what customers have by now cannot be counted afterwards. */
  | { readonly _tag: "PurchaseLimitFixed"; readonly productId: ProductId; readonly purchaseLimit: number | null }

const isSame = (one: Product, other: Product): boolean =>
  one.name === other.name &&
  one.price.amount === other.price.amount &&
  one.purchaseLimit === other.purchaseLimit &&
  one.archived === other.archived

/** The product as it becomes; null: it is so already, and keeps its version. */
export const decide = (
  { edit, versions }: Command,
  product: Product,
  past: Past,
): Result.Result<Product | null, Rejection> => {
  const { id, price, purchaseLimit, version } = product
  if (versions !== null && !versions.includes(version))
    return Result.fail({ _tag: "ProductChanged", productId: id, version })
  const after = { ...product, ...edit, version: version + 1 }
  if (after.price.currency !== price.currency)
    return Result.fail({ _tag: "CurrencyFixed", productId: id, currency: price.currency })
  if ((after.purchaseLimit === null) !== (purchaseLimit === null) && past !== "unsold")
    return Result.fail({ _tag: "PurchaseLimitFixed", productId: id, purchaseLimit })
  return Result.succeed(isSame(after, product) ? null : after)
}
