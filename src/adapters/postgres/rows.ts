/**
 * Rows as they leave Postgres, always as JSON (one column a query): bigints up to 10^15 stay exact as JSON numbers, times
 * are milliseconds since 1970. The SQL fragments and the types that read them stand side by side.
 */
import type { OrderId, ProductId } from "../../domain/ids.ts"
import {
  type Action,
  type Line,
  type Order,
  type Payment,
  type Status,
  type Terms,
  usualPayment,
} from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import type { Stock } from "../../domain/stock.ts"
import type { Reply } from "../../ports/inventory.ts"
import type { Details, HoldRow, KnownKey, Loaded, Movement } from "../../ports/ledger.ts"
import { newest } from "./newest.ts"

export const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`

/** A product `p`, as the domain's `Product`. */
export const PRODUCT = `json_build_object('id', p.id, 'sku', p.sku, 'name', p.name,
  'price', json_build_object('amount', p.price_amount, 'currency', p.price_currency),
  'purchaseLimit', p.purchase_limit, 'createdAt', ${ms("p.created_at")}, 'version', p.version, 'archived', p.archived)`

/** A product `p` with its stock `s` as an edit is decided on it, as `Details`. Of one that was sold, one of the first movements says so. */
export const DETAILS = `json_build_object('product', ${PRODUCT}, 'stockVersion', s.version, 'isSold', exists (
  select from movements m where m.product_id = p.id and m.type = 'reserved' offset 0))`

/** A product `p` with its stock `s`, as `Loaded` has them. */
export const PRODUCT_WITH_STOCK = `json_build_object('product', ${PRODUCT},
  'stock', json_build_object('onHand', s.on_hand, 'reserved', s.reserved, 'version', s.version))`

/** A hold `h`, as `HoldRow`. */
export const HOLD = `json_build_object('orderId', h.order_id, 'productId', h.product_id, 'customerId', h.customer_id,
  'lineNo', h.line_no, 'lane', h.lane, 'quantity', h.quantity, 'unitPrice', h.unit_price, 'currency', h.currency,
  'state', h.state, 'lapsesAt', ${ms("h.lapses_at")})`

/** An order `o` with its lines, as `OrderJson`. */
export const ORDER = `json_build_object('id', o.id, 'customerId', o.customer_id, 'status', o.status,
  'amount', o.total_amount, 'currency', o.currency, 'createdAt', ${ms("o.created_at")}, 'expiresAt', ${ms("o.expires_at")},
  'version', o.version, 'payment', o.payment, 'token', o.attempt_token, 'startedAt', ${ms("o.attempt_started_at")}, 'refund', o.refund,
  'reason', o.cancel_reason, 'lines', (
    select json_agg(json_build_object('productId', l.product_id, 'quantity', l.quantity, 'unitPrice', l.unit_price,
      'currency', l.currency) order by l.line_no)
    from holds l where l.order_id = o.id))`

/** The order of an id, to be called `o`. */
export const ORDER_OF = (id: string) => `(${newest("orders", "id", id, "*")})`

/** Of these ids, each once. */
export const ORDERS_OF = (ids: string) => `(select o.* from (select distinct id from unnest(${ids}::uuid[]) w (id)) w,
  lateral ${ORDER_OF("w.id")} o)`

/** A movement `m`, as `Movement`. */
export const MOVEMENT = `json_build_object('productId', m.product_id, 'version', m.version, 'type', m.type,
  'onHandDelta', m.on_hand_delta, 'reservedDelta', m.reserved_delta, 'onHand', m.on_hand, 'reserved', m.reserved,
  'orderId', m.order_id, 'reason', m.reason, 'at', ${ms("m.at")})`

export interface TermsJson {
  readonly id: OrderId
  readonly customerId: string
  readonly amount: number
  readonly currency: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly lines: ReadonlyArray<{
    readonly productId: ProductId
    readonly quantity: number
    readonly unitPrice: number
    readonly currency: string
  }>
}

/** What was tried to get the money, and what the buyer has to do. */
interface PaymentJson extends Omit<Payment, "provider" | "capture"> {
  /** Absent: an earlier version did not write it down. */
  readonly provider?: string | null
  readonly capture?: Payment["capture"]
  readonly action: Action | null
}

export interface OrderJson extends TermsJson {
  readonly status: Status
  readonly version: number
  /** Null: what its status says by itself (`usualPayment`). */
  readonly payment: PaymentJson | null
  readonly token: string | null
  readonly startedAt: number | null
  readonly refund: "none" | "due" | "done"
  readonly reason: string | null
}

export interface LoadedJson {
  readonly products: ReadonlyArray<{ readonly product: Product; readonly stock: Stock }> | null
  readonly details: ReadonlyArray<Details> | null
  readonly orders: ReadonlyArray<OrderJson> | null
  readonly holds: ReadonlyArray<HoldRow> | null
  readonly units: ReadonlyArray<{
    readonly productId: ProductId
    readonly customerId: string
    readonly units: number
  }> | null
  readonly unpaid: Loaded["unpaid"] | null
  readonly known: ReadonlyArray<KnownKeyJson> | null
  readonly skus: ReadonlyArray<string> | null
}

export type MovementJson = Movement

const lineOf = (json: TermsJson["lines"][number]): Line => ({
  productId: json.productId,
  quantity: json.quantity,
  unitPrice: { amount: json.unitPrice, currency: json.currency },
})

const termsOf = (json: TermsJson): Terms => ({
  id: json.id,
  customerId: json.customerId,
  lines: json.lines.map(lineOf),
  total: { amount: json.amount, currency: json.currency },
  createdAt: json.createdAt,
  expiresAt: json.expiresAt,
})

/** An order without lines cannot be read: what it holds is unknown. */
export const hasLines = (json: TermsJson): boolean => (json.lines as TermsJson["lines"] | null) !== null

const paymentIn = ({ payment, refund, status, token }: OrderJson): Payment => {
  if (payment === null) return usualPayment(status, token === null ? "no-attempt" : "attempt", refund)
  const { attempts, attemptsMax, capture = null, lastError, provider = null, ref } = payment
  return { attempts, attemptsMax, provider, ref, lastError, capture }
}

/** As the column has it: JSON text, or null where it would say what the status says already. */
export const paymentText = (order: Order): string | null => {
  const { payment, status } = order
  const attempt = status === "reserved" ? order.attempt : null
  const action = attempt?.action ?? null
  const refund = "refund" in order ? order.refund : "none"
  const usual = usualPayment(status, attempt === null ? "no-attempt" : "attempt", refund)
  const isUsual =
    action === null &&
    payment.attempts === usual.attempts &&
    payment.attemptsMax === 1 &&
    payment.provider === null &&
    payment.ref === null &&
    payment.lastError === null &&
    payment.capture === null
  return isUsual ? null : JSON.stringify({ ...payment, action })
}

export const orderOf = (json: OrderJson): Order => {
  const payment = paymentIn(json)
  const base = { ...termsOf(json), version: json.version, payment }
  switch (json.status) {
    case "reserved": {
      const action = json.payment?.action ?? null
      const attempt = json.token === null ? null : { token: json.token, startedAt: json.startedAt!, action }
      return { ...base, status: json.status, attempt }
    }
    case "cancelled":
      return { ...base, status: json.status, reason: json.reason, refund: json.refund }
    case "expired":
    case "payment_failed":
      return { ...base, status: json.status, refund: json.refund }
    default:
      return { ...base, status: json.status }
  }
}

/** A bound key `k` with its answer, as `KnownKeyJson`. */
export const KNOWN_KEY = `json_build_object('route', k.route, 'key', k.key, 'fingerprint', k.fingerprint,
  'status', k.order_status, 'answer', k.answer, 'terms', (select ${ORDER} from ${ORDER_OF("k.order_id")} o))`

export interface KnownKeyJson {
  readonly route: KnownKey["route"]
  readonly key: string
  readonly fingerprint: string
  readonly status: Status | null
  readonly answer: string | null
  readonly terms: TermsJson | null
}

/** A stored order answer is the terms and a status; what else an order carries was no part of the answer. */
const answeredOrder = (terms: TermsJson, status: Status): Order =>
  orderOf({ ...terms, status, version: 1, payment: null, token: null, startedAt: null, refund: "none", reason: null })

/** Whether what a key was answered with is still there. */
export const hasAnswer = ({ answer, terms }: KnownKeyJson): boolean =>
  answer !== null || (terms !== null && hasLines(terms))

export const knownKeyOf = (json: KnownKeyJson): KnownKey => {
  const { fingerprint, key, route } = json
  const reply: Reply =
    json.answer !== null
      ? (JSON.parse(json.answer) as Reply)
      : { _tag: "Order", order: answeredOrder(json.terms!, json.status!), elsewhere: [], ending: null }
  return { route, key, fingerprint, reply }
}
