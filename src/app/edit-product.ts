/**
 * Editing a product: its owner decides, from its own memory, and what is shown is written through: who reads here after the answer
 * reads the new version, and lists are outdated.
 *
 * Law: I8, I15. Carried to its end although its caller hangs up, so that the cache never stays behind a commit that was answered.
 * Fails: `Refused` (ProductChanged, CurrencyFixed, PurchaseLimitFixed, ProductNotFound); `Unavailable` of unknown outcome: repeating
 * it with the same versions does it once at most, and with none sets the same values again.
 */
import { Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Edit, Product } from "../domain/product.ts"
import { Inventory } from "../ports/inventory.ts"
import * as ProductLists from "./reads/product-lists.ts"
import { ProductReads } from "./reads/product-reads.ts"

export interface Request {
  readonly productId: ProductId
  readonly edit: Edit
  /** Of which the product must have one; null: any. */
  readonly versions: ReadonlyArray<number> | null
}

export const make = Effect.gen(function* () {
  const inventory = yield* Inventory
  const { renewed } = (yield* ProductReads) ?? { renewed: () => Effect.void }
  const renewing = yield* ProductLists.renewing
  return Effect.fnUntraced(function* (request: Request) {
    const { reply } = yield* renewing(inventory.submit({ _tag: "EditProduct", ...request }))
    if (reply._tag !== "Product") throw new Error(`a product was edited, the inventory answered ${reply._tag}`)
    yield* renewed(reply.product)
    return reply.product satisfies Product
  }, Effect.uninterruptible)
})
