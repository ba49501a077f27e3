/**
 * Words by which products are searched: parts of a name or an SKU, each of which must occur, in any order.
 *
 * Limits: capitals and small letters are one in ASCII only. What else a language has of them differs by locale, and so by database.
 */
import type { Product } from "./product.ts"

/** The shortest word that narrows a search (characters): an index has pairs. */
export const SHORTEST = 2

const folded = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())

/** What is searched for when this is asked for; null: no word of it is long enough. */
export const of = (text: string): ReadonlyArray<string> | null => {
  const words = [...new Set(folded(text).split(/\s+/))].filter((word) => word !== "")
  return words.some((word) => [...word].length >= SHORTEST) ? words : null
}

/** `words` as `of` gives them. */
export const areIn = (words: ReadonlyArray<string>, { name, sku }: Product): boolean => {
  const text = folded(`${name} ${sku}`)
  return words.every((word) => text.includes(word))
}
