/**
 * The turn in which a product is edited: the orders decided before it were sold as it was, those after it as it is.
 *
 * Law: I15. Its place among the product's other turns is its place in the lane, and in the ledger the version of the stock then.
 */
import { Result } from "effect"
import * as Product from "../../../domain/product.ts"
import type { Of } from "../commands.ts"
import type { Outcome } from "../decision.ts"
import type { DetailsCell, ProductCell } from "../registry.ts"
import { decision, type Memory, refusal } from "./outcome.ts"

/** What was not sold when it was loaded may have been since, if its stock has moved. */
const pastOf = ({ isSold, stockVersion }: DetailsCell, { current }: ProductCell): Product.Past => {
  if (isSold) return "sold"
  return current.version === stockVersion ? "unsold" : "perhaps"
}

export const edit = ({ registry }: Memory, command: Of<"EditProduct">, now: number): Outcome => {
  const { productId } = command
  const cell = registry.products.get(productId)
  const details = registry.details.get(productId)
  if (cell === undefined || details === undefined) return refusal({ _tag: "ProductNotFound", productId })
  const before = details.current
  const decided = Product.decide(command, before, pastOf(details, cell))
  if (Result.isFailure(decided)) return refusal(decided.failure)
  // What changes nothing is committed all the same: the fence says whether memory may be believed.
  const after = decided.success ?? before
  const forSale = after === before ? cell.product : Product.forSale(after)
  details.current = after
  cell.product = forSale
  return decision({ _tag: "Product", product: after }, now, {
    edit: { cell, details, before, after, stockVersion: cell.current.version, forSale },
  })
}
