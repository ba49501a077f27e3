/** How the list of products is shown where a cache stands before the catalogue; null: there is none, and the catalogue is asked itself. */
import { Context, Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Product } from "../../domain/product.ts"
import type { Catalog } from "../../ports/catalog.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Refused } from "../../ports/inventory.ts"
import type { Page, PageRequest } from "../../ports/page.ts"

/** How long a page of the list counts as fresh (ms). */
export const LIST_TTL_MS = 10_000

export interface ShownProducts {
  readonly page: Page<Product, ProductId>
  /** How long ago it was read from the database (ms); null: it is a page that is not cached, and was read just now. */
  readonly ageMs: number | null
}

export const ProductLists = Context.Reference<{
  readonly read: (request: PageRequest<ProductId>) => Effect.Effect<ShownProducts, Unavailable>
  /** A product was edited, or is new: pages that were read before are outdated. */
  readonly changed: Effect.Effect<void>
} | null>("jaego/app/reads/ProductLists", { defaultValue: () => null })

/** A page as the catalogue has it now. */
export const uncached =
  (catalog: Pick<Catalog["Service"], "list">) =>
  (request: PageRequest<ProductId>): Effect.Effect<ShownProducts, Unavailable> =>
    Effect.map(catalog.list({ ...request, sku: null, words: null }), (page) => ({ page, ageMs: null }))

/** Around what changes the list: pages that were read before are outdated, also when its outcome is unknown. */
export const renewing = Effect.map(
  ProductLists,
  (lists) =>
    <A>(changing: Effect.Effect<A, Refused | Unavailable>): Effect.Effect<A, Refused | Unavailable> =>
      lists === null
        ? changing
        : changing.pipe(
            Effect.tap(() => lists.changed),
            Effect.tapError((failure) => (failure._tag === "Unavailable" ? lists.changed : Effect.void)),
          ),
)
