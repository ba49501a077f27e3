/**
 * Events: facts as they leave the service, in CloudEvents 1.0 structured JSON, and the topics they leave on.
 *
 * Law: I7. `jaego.stock` and `jaego.products` are keyed by product, `jaego.orders` by order; within a key versions are contiguous:
 * from 1, but those of `jaego.products` from 2, because a product is version 1 when its stock is created. The topics are not
 * ordered against each other.
 */
import type { OrderId, ProductId } from "../domain/ids.ts"
import type { Lane } from "../domain/lane.ts"

export const ORDERS = "jaego.orders"
export const STOCK = "jaego.stock"
export const PRODUCTS = "jaego.products"
export type Topic = typeof ORDERS | typeof STOCK | typeof PRODUCTS
export const TOPICS: ReadonlyArray<Topic> = [ORDERS, STOCK, PRODUCTS]

/** By what a fact is about. */
export const TOPIC_OF = { order: ORDERS, stock: STOCK, product: PRODUCTS } as const

/** A fact of the outbox, on its way out. */
export interface Event {
  readonly topic: Topic
  /** The order's or the product's id. */
  readonly key: OrderId | ProductId
  /** UUIDv7, the same however often the fact is published. */
  readonly id: string
  /** UUID of the shop whose fact it is: minted once a database. */
  readonly shop: string
  /** `jaego.order.paid.v1`: what happened, and the version of its form. */
  readonly type: string
  /** Version of the order or product after it. */
  readonly version: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** The payload, JSON text (`facts.ts`). */
  readonly data: string
  /** Where the fact lies in the outbox. */
  readonly lane: Lane
  readonly seq: number
  /** Context in which it is published (`trace.ts`); null: it is not traced. */
  readonly trace?: string | null
  /** UUID of the lane's taking under which it was committed: no other history of this lane has it. */
  readonly link: string
}
