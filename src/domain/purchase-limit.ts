/**
 * Purchase limits: at most `limit` units of a product for one customer over all live and paid orders.
 *
 * The units a customer has are kept per (product, customer) by the product's owner, so two orders cannot race.
 */
import { Result } from "effect"
import type { ProductId } from "./ids.ts"

export interface Exceeded {
  readonly _tag: "PurchaseLimitExceeded"
  readonly productId: ProductId
  readonly limit: number
  /** Units the customer may still order. */
  readonly remaining: number
}

/** The customer's new count, or the refusal. */
export const take = (
  productId: ProductId,
  limit: number,
  units: number,
  quantity: number,
): Result.Result<number, Exceeded> =>
  units + quantity > limit
    ? Result.fail({ _tag: "PurchaseLimitExceeded", productId, limit, remaining: Math.max(0, limit - units) })
    : Result.succeed(units + quantity)
