/** How single products are shown where a cache stands before the catalogue; null: there is none, and the catalogue is asked itself. */
import { Context, type Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Product } from "../../domain/product.ts"
import type { Unavailable } from "../../ports/failures.ts"

/** How long a product counts as fresh, ms. */
export const TTL_MS = 30_000

export interface ReadProduct {
  /** Null: there is none. */
  readonly product: Product | null
  /** How long ago it was read from the database, ms. */
  readonly ageMs: number
}

export const ProductReads = Context.Reference<{
  readonly read: (id: ProductId) => Effect.Effect<ReadProduct, Unavailable>
  /** One that lies in this process and is fresh, without waiting; null: it has to be read, or there is none. */
  readonly near: (id: ProductId) => { readonly product: Product; readonly ageMs: number } | null
  /** It was just edited: nothing older is shown from now on. */
  readonly renewed: (product: Product) => Effect.Effect<void>
} | null>("jaego/app/reads/ProductReads", { defaultValue: () => null })
