/**
 * Identifiers: UUIDv7 strings, lower case, branded so that a product is never mistaken for an order.
 *
 * They are minted outside the domain (see `ports/ids.ts`); here they are only named and recognised.
 */
import { Schema } from "effect"

export const ProductId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

export const OrderId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("OrderId"))
export type OrderId = typeof OrderId.Type

/** The buyer: 1..128 characters, chosen by the caller. */
export type CustomerId = string
