/**
 * A small shop to try things on: seeded into an empty catalogue at start, or by `jaego seed`.
 *
 * Why it exists: the first curl of a newcomer must have something to buy, something that is nearly gone, and something
 * that one may only have so many of. One currency, so that any basket of it is an order.
 */
import { Effect } from "effect"
import type { Money } from "../domain/money.ts"
import { Shop } from "./shop.ts"

export interface DemoProduct {
  readonly sku: string
  readonly name: string
  readonly price: Money
  readonly onHand: number
  readonly purchaseLimit: number | null
}

const product = (
  sku: string,
  name: string,
  cents: number,
  onHand: number,
  purchaseLimit: number | null = null,
): DemoProduct => ({ sku, name, price: { amount: cents, currency: "EUR" }, onHand, purchaseLimit })

export const products: ReadonlyArray<DemoProduct> = [
  // The hot one: fifty units, for as many buyers as you can start.
  product("DROP-001", "Moon jar, numbered edition of 50", 24_900, 50),
  // The limited one: two a customer, however many orders they try it with.
  product("TICKET-001", "Hanok concert, standing ticket", 6_500, 400, 2),
  // The last one on the shelf.
  product("LAST-001", "Celadon tea bowl, last piece", 8_900, 1),
  product("TEA-001", "Green tea from Boseong, 100 g", 1_890, 240),
  product("TEA-002", "Roasted barley tea, 30 bags", 690, 1_000),
  product("CUP-001", "White porcelain cup", 2_400, 180),
  product("PAPER-001", "Hanji paper, 10 sheets", 1_250, 600),
  product("BRUSH-001", "Ink brush, medium", 1_690, 320),
  product("BAG-001", "Bojagi wrapping cloth", 1_990, 410),
  product("BOOK-001", "The Shelf That Never Lied, paperback", 1_450, 2_500),
  product("SNACK-001", "Honey cookies, box of 12", 890, 5_000),
  product("GIFT-001", "Gift card, 25 euro", 2_500, 100_000),
]

/** Seeds only an empty catalogue; answers how many products it made. Safe to repeat, also after half of it failed. */
export const seed = Effect.gen(function* () {
  const shop = yield* Shop
  const existing = yield* shop.listProducts({ limit: products.length, after: null, sku: null, words: null })
  if (!isOurs(existing.rows)) return 0
  const known = new Set(existing.rows.map(({ sku }) => sku))
  const missing = products.filter(({ sku }) => !known.has(sku))
  for (const each of missing) yield* shop.createProduct({ ...each, claim: null })
  return missing.length
})

/** Nothing there, or only a part of the demonstration itself: then it may be completed. */
export const isOurs = (existing: ReadonlyArray<{ readonly sku: string }>): boolean =>
  existing.every(({ sku }) => products.some((each) => each.sku === sku))
