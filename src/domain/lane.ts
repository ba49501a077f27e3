/**
 * A lane is one of 64 fixed parts of everything that is owned: each product and each order lies in exactly one.
 *
 * Why it exists: ownership, fencing and the order of facts are kept per lane, not per product, so that a million
 * products need 64 rows of bookkeeping. The lane is the low six bits of the id's last byte, which are random in a
 * UUIDv7: nothing has to be looked up, and an order's id can be minted to lie in its home lane.
 *
 * Limits: the count is stored in the database; a service built with another count refuses to start.
 */
import type { OrderId, ProductId } from "./ids.ts"

export const COUNT = 64

export type Lane = number

const hex = (code: number): number => (code <= 57 ? code - 48 : code - 87)

/** The lane of a product or an order. */
export const of = (id: ProductId | OrderId): Lane =>
  ((hex(id.charCodeAt(34)) << 4) | hex(id.charCodeAt(35))) & (COUNT - 1)

/** The same id, moved into `lane`: the two bits above the lane stay random. */
export const place = (uuid: string, lane: Lane): string => {
  const byte = (((hex(uuid.charCodeAt(34)) << 4) | hex(uuid.charCodeAt(35))) & ~(COUNT - 1)) | lane
  return uuid.slice(0, 34) + byte.toString(16).padStart(2, "0")
}

/** The home lane of an order: that of its lowest product id, so that the same basket always has the same home. */
export const home = (productIds: ReadonlyArray<ProductId>): Lane =>
  of(productIds.reduce((lowest, id) => (id < lowest ? id : lowest)))
