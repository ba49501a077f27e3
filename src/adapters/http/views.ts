/** From the domain to the words of the API. An order shows what was agreed and where it stands, nothing of its inner life. */

import type { RefusedOrder } from "../../app/refused-orders.ts"
import type { StockOf } from "../../app/shop.ts"
import * as Lane from "../../domain/lane.ts"
import type { Money } from "../../domain/money.ts"
import type { Action, Order, Status } from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import * as Stock from "../../domain/stock.ts"
import type { Explained, Level } from "../../ports/explanations.ts"
import type { Outlook } from "../../ports/inventory.ts"
import type { Movement } from "../../ports/ledger.ts"
import type { TimelineEntry } from "../../ports/timeline.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Traceparent from "../../std/traceparent.ts"
import type { Problem } from "./problems.ts"
import type {
  ExplainedView,
  MovementView,
  OrderDetailView,
  OrderView,
  ProductView,
  RefusedView,
  ReservedOrderView,
  StockNowView,
  StockView,
  TimelineView,
} from "./schemas.ts"

const money = ({ amount, currency }: Money): Money => ({ amount, currency })

export const product = (product: Product): ProductView => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  price: money(product.price),
  purchaseLimit: product.purchaseLimit,
  createdAt: Rfc3339.text(product.createdAt),
  version: product.version,
  archived: product.archived,
})

export const stock = ({ productId, stock }: StockOf): StockView => ({
  productId,
  onHand: stock.onHand,
  reserved: stock.reserved,
  available: Stock.available(stock),
  version: stock.version,
})

/** `outlook` is needed only while units are held. */
export const stockNow = (of: StockOf, outlook: Outlook | null): StockNowView => ({
  ...stock(of),
  held: of.stock.reserved,
  nextReleaseAt: timeOf(of.stock.reserved === 0 ? null : (outlook?.nextReleaseAt ?? null)),
})

const timeOf = (at: number | null): string | null => (at === null ? null : Rfc3339.text(at))

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

const traceIdOf = (trace: string | null): string | null => (trace === null ? null : Traceparent.traceId(trace))

const level = ({ onHand, reserved }: Level) => ({ onHand, reserved, available: onHand - reserved })

export const explained = ({
  batch,
  committedAt,
  decidedAt,
  lane,
  lines,
  orderId,
  seq,
  trace,
}: Explained): ExplainedView => ({
  orderId,
  outcome: "accepted",
  lane,
  sequence: seq,
  batch,
  decidedAt: Rfc3339.text(decidedAt),
  committedAt: committedAt === null ? null : Rfc3339.text(committedAt),
  traceId: traceIdOf(trace),
  lines: lines.map(({ after, before, counted, lane, limit, productId, quantity, version }) => ({
    productId,
    lane,
    quantity,
    version,
    stock: { before: level(before), after: level(after) },
    purchaseLimit: limit === null ? null : { limit, counted },
  })),
})

/** What the refusal says of a product. */
const decidedOn = (rejection: RefusedOrder["rejection"], productId: string) => {
  if (!("productId" in rejection) || rejection.productId !== productId) return {}
  if (rejection._tag === "InsufficientStock") return { available: rejection.available }
  if (rejection._tag !== "PurchaseLimitExceeded") return {}
  const { limit, remaining } = rejection
  return { purchaseLimit: { limit, counted: limit - remaining } }
}

export const refused = (
  { at, lines, rejection, requestId, trace }: RefusedOrder,
  { code, detail }: Pick<Problem, "code" | "detail">,
): RefusedView => ({
  requestId,
  outcome: "refused",
  at: Rfc3339.text(at),
  code,
  detail,
  traceId: traceIdOf(trace),
  lines: lines.map(({ productId, quantity }) => ({
    productId,
    lane: Lane.of(productId),
    quantity,
    ...decidedOn(rejection, productId),
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

type PaymentStatus = OrderDetailView["payment"]["status"]

const paymentStatus = (order: Order): PaymentStatus => {
  const { attempts, capture, lastError } = order.payment
  switch (order.status) {
    case "reserved":
      if (order.attempt !== null) return order.attempt.action === null ? "pending" : "action-required"
      return attempts === 0 ? "none" : "declined"
    case "paid":
    case "shipped":
    case "delivered":
      return capture === "due" ? "authorized" : "charged"
    default:
      if (order.refund === "due") return capture === "due" ? "authorized" : "charged"
      if (order.refund === "done") return capture === "due" ? "voided" : "refunded"
      if (attempts === 0) return "none"
      return order.status === "payment_failed" || lastError !== null ? "declined" : "voided"
  }
}

const action = ({ clientSecret, kind, url }: Action) => ({
  kind,
  ...(url === null ? {} : { url }),
  ...(clientSecret === null ? {} : { clientSecret }),
})

const payment = (of: Order, eta: number | null): OrderDetailView["payment"] => {
  const { attempts, lastError } = of.payment
  const asked = of.status === "reserved" ? (of.attempt?.action ?? null) : null
  return {
    status: paymentStatus(of),
    attempts,
    lastError,
    ...(asked === null ? {} : { action: action(asked) }),
    ...(eta === null ? {} : { eta: Rfc3339.text(eta) }),
  }
}

/** Whether its charge may wait for something: then `eta` can be asked for. */
export const isPending = (order: Order): boolean =>
  order.status === "reserved" && order.attempt !== null && order.attempt.action === null

/** With `eta` null, as every order is answered. */
export const reserved = (of: Order, eta: number | null): ReservedOrderView =>
  eta === null ? order(of, of.status) : { ...order(of, of.status), payment: payment(of, eta) }

/** As it stands now. */
export const orderDetail = (of: Order, status: Status, eta: number | null): OrderDetailView => {
  const taken = of.payment.capture === "due" ? 0 : of.total.amount
  const owed = (refund: "due" | "done") => ("refund" in of && of.refund === refund ? taken : 0)
  return {
    ...order(of, status),
    ...(of.status === "cancelled" ? { cancelReason: of.reason } : {}),
    payment: payment(of, eta),
    refund: { due: owed("due"), done: owed("done") },
  }
}
