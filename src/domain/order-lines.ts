/** The lines of an order, before it is placed. */
import type { ProductId } from "./ids.ts"

/** Most lines of an order. */
export const LINES_MAX = 100

/** Equal products are merged into one line, in the order of first mention: two lines of one product cannot be checked apart. */
export const mergeLines = <L extends { readonly productId: ProductId; readonly quantity: number }>(
  lines: ReadonlyArray<L>,
): ReadonlyArray<L> => {
  const merged = new Map<ProductId, L>()
  for (const line of lines) {
    const same = merged.get(line.productId)
    merged.set(line.productId, same === undefined ? line : { ...same, quantity: same.quantity + line.quantity })
  }
  return merged.size === lines.length ? lines : [...merged.values()]
}
