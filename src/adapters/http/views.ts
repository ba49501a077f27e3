/** From the domain to the words of the API. An order shows what was agreed and where it stands, nothing of its inner life. */

import type { StockOf } from "../../app/shop.ts"
import type { Money } from "../../domain/money.ts"
import type { Order, Status } from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import * as Stock from "../../domain/stock.ts"
import type { Movement } from "../../ports/ledger.ts"
import type { TimelineEntry } from "../../ports/timeline.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import type { MovementView, OrderView, ProductView, StockView, TimelineView } from "./schemas.ts"

const money = ({ amount, currency }: Money): Money => ({ amount, currency })

export const product = (product: Product): ProductView => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  price: money(product.price),
  purchaseLimit: product.purchaseLimit,
  createdAt: Rfc3339.text(product.createdAt),
})

export const stock = ({ productId, stock }: StockOf): StockView => ({
  productId,
  onHand: stock.onHand,
  reserved: stock.reserved,
  available: Stock.available(stock),
  version: stock.version,
})

export const movement = (movement: Movement): MovementView => ({
  productId: movement.productId,
  version: movement.version,
  type: movement.type,
  onHandDelta: movement.onHandDelta,
  reservedDelta: movement.reservedDelta,
  onHand: movement.onHand,
  reserved: movement.reserved,
  orderId: movement.orderId,
  reason: movement.reason,
  at: Rfc3339.text(movement.at),
})

export const timeline = (entries: ReadonlyArray<TimelineEntry>): TimelineView => ({
  data: entries.map(({ at, detail, id, type, version }) => ({
    id,
    type,
    at: Rfc3339.text(at),
    ...(version === null ? {} : { version }),
    ...(detail === null ? {} : { detail: JSON.parse(detail) as Record<string, unknown> }),
  })),
})

/** `status` is given: an answer shows the order as it was answered, a read as it stands now. */
export const order = (order: Order, status: Status): OrderView => ({
  id: order.id,
  status,
  customerId: order.customerId,
  lines: order.lines.map(({ productId, quantity, unitPrice }) => ({
    productId,
    quantity,
    unitPrice: money(unitPrice),
  })),
  total: money(order.total),
  createdAt: Rfc3339.text(order.createdAt),
  expiresAt: Rfc3339.text(order.expiresAt),
})
