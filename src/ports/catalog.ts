/** The catalogue: products as they are read, newest first. Each has a version, by which two copies of one are told apart. */
import { Context, type Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Product } from "../domain/product.ts"
import type { Stock } from "../domain/stock.ts"
import type { Unavailable } from "./failures.ts"
import type { Movement } from "./ledger.ts"
import type { Page, PageRequest } from "./page.ts"

/** All of it must be true of a product; null: anything. */
export interface ProductFilter {
  readonly sku: string | null
  /** Words that its name or SKU contain (`domain/product-words.ts`). */
  readonly words: ReadonlyArray<string> | null
}

export interface CommittedStock {
  readonly productId: ProductId
  readonly sku: string
  readonly stock: Stock
}

export class Catalog extends Context.Service<
  Catalog,
  {
    readonly get: (id: ProductId) => Effect.Effect<Product | null, Unavailable>
    /** Newest first, position is the id of the last product. */
    readonly list: (
      request: PageRequest<ProductId> & ProductFilter,
    ) => Effect.Effect<Page<Product, ProductId>, Unavailable>
    /** Each product's stock as it was committed, newest product first. */
    readonly stock: (request: PageRequest<ProductId>) => Effect.Effect<Page<CommittedStock, ProductId>, Unavailable>
    /** A product's ledger, newest first; position is a version. Of an unknown product: empty. */
    readonly movements: (
      id: ProductId,
      request: PageRequest<number>,
    ) => Effect.Effect<Page<Movement, number>, Unavailable>
  }
>()("jaego/ports/Catalog") {}
