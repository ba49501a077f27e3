/**
 * Facts as consumers outside read them: the types and payloads of the outbox. A writer of facts writes these, member by
 * member; a change here is a new version of the fact.
 */
import type { OrderId, ProductId } from "../domain/ids.ts"
import type { Order, Event as OrderEvent } from "../domain/order.ts"
import type { Product } from "../domain/product.ts"
import { available, type Stock, type Event as StockEvent } from "../domain/stock.ts"
import * as Rfc3339 from "../std/rfc3339.ts"

const STOCK_TYPES: { readonly [Type in StockEvent["type"]]: string } = {
  created: "jaego.stock.created.v1",
  received: "jaego.stock.received.v1",
  adjusted: "jaego.stock.adjusted.v1",
  reserved: "jaego.stock.reserved.v1",
  released: "jaego.stock.released.v1",
  expired: "jaego.stock.expired.v1",
  confirmed: "jaego.stock.confirmed.v1",
  restocked: "jaego.stock.restocked.v1",
}

export const stockType = (event: StockEvent): string => STOCK_TYPES[event.type]

/** JSON text. */
export const stockPayload = (productId: ProductId, event: StockEvent, after: Stock, orderId: OrderId | null): string =>
  JSON.stringify({
    productId,
    version: after.version,
    onHand: after.onHand,
    reserved: after.reserved,
    available: available(after),
    onHandDelta: event.onHand,
    reservedDelta: event.reserved,
    orderId,
    reason: event.reason,
  })

export const ORDER_TYPES: { readonly [Tag in OrderEvent["_tag"]]: string } = {
  Placed: "jaego.order.placed.v1",
  PaymentStarted: "jaego.order.payment-started.v1",
  PaymentPrepared: "jaego.order.payment-prepared.v1",
  PaymentActionRequired: "jaego.order.payment-action-required.v1",
  PaymentGivenUp: "jaego.order.payment-given-up.v1",
  PaymentDeclined: "jaego.order.payment-declined.v1",
  Paid: "jaego.order.paid.v1",
  PaymentCaptured: "jaego.order.payment-captured.v1",
  PaymentFailed: "jaego.order.payment-failed.v1",
  Cancelled: "jaego.order.cancelled.v1",
  Expired: "jaego.order.expired.v1",
  RefundFellDue: "jaego.order.refund-due.v1",
  Refunded: "jaego.order.refunded.v1",
  Shipped: "jaego.order.shipped.v1",
  Delivered: "jaego.order.delivered.v1",
}

export const PRODUCT_EDITED = "jaego.product.edited.v1"

/** All there are. */
export const TYPES: ReadonlyArray<string> = [
  ...Object.values(STOCK_TYPES),
  PRODUCT_EDITED,
  ...Object.values(ORDER_TYPES),
]

export const orderType = (event: OrderEvent): string => ORDER_TYPES[event._tag]

const edited = ({ archived, name, price, purchaseLimit }: Product) => ({ name, price, purchaseLimit, archived })

/** The product as the API shows it, and what of it was otherwise before. JSON text. */
export const productPayload = (before: Product, after: Product): string =>
  JSON.stringify({
    id: after.id,
    version: after.version,
    sku: after.sku,
    ...edited(after),
    createdAt: Rfc3339.text(after.createdAt),
    previous: edited(before),
  })

/** The order as the API shows it, with its version. JSON text. */
export const orderPayload = (order: Order): string =>
  JSON.stringify({
    id: order.id,
    version: order.version,
    status: order.status,
    customerId: order.customerId,
    lines: order.lines,
    total: order.total,
    createdAt: Rfc3339.text(order.createdAt),
    expiresAt: Rfc3339.text(order.expiresAt),
    ...(order.status === "cancelled" ? { reason: order.reason } : {}),
  })

/**
 * The payload of an order without its lines, for a stream that takes no more; `linesOmitted` says how many there are, and the
 * API has them. Null: it has none, so that nothing would be gained.
 */
export const withoutLines = (payload: string): string | null => {
  const { lines, ...rest } = JSON.parse(payload) as { readonly lines?: ReadonlyArray<unknown> }
  return lines === undefined ? null : JSON.stringify({ ...rest, linesOmitted: lines.length })
}
