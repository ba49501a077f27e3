/**
 * A hold: an order line's claim on stock, from the reservation to its one end.
 *
 *     tentative -> held -> confirmed -> returned
 *         |          |
 *         `----------`--> released | expired
 *
 * Why it exists: what ends a hold, and how, is decided here and nowhere else. The verification of a database
 * (`postgres/verification`) says it a second time, on purpose: a judge does not ask the judged.
 *
 * Law: I11, a hold ends once; only confirmed units have left the shelf, and only they can be returned to it.
 */
import type { CustomerId, OrderId, ProductId } from "./ids.ts"
import * as Lane from "./lane.ts"
import type * as Order from "./order.ts"
import type * as Stock from "./stock.ts"

/**
 * `tentative`: part of an order that is not placed yet, lapses by itself. `held`: ends through its order. `confirmed`:
 * sold. `returned`: sold, and back on the shelf because its paid order was cancelled.
 */
export type State = "tentative" | "held" | "confirmed" | "released" | "expired" | "returned"

export interface Hold {
  readonly orderId: OrderId
  readonly productId: ProductId
  readonly customerId: CustomerId
  /** 0-based place in the order. */
  readonly lineNo: number
  /** The product's lane. */
  readonly lane: Lane.Lane
  readonly quantity: number
  /** Unit price in minor units. */
  readonly unitPrice: number
  readonly currency: string
  readonly state: State
  /** When a tentative hold lapses (ms since 1970); null once it is not tentative. */
  readonly lapsesAt: number | null
}

/** Of whom a hold is. */
export type Holder = Pick<Hold, "orderId" | "customerId">

const begin = (of: Holder, line: Order.Line, lineNo: number, state: State, lapsesAt: number | null): Hold => ({
  orderId: of.orderId,
  productId: line.productId,
  customerId: of.customerId,
  lineNo,
  lane: Lane.of(line.productId),
  quantity: line.quantity,
  unitPrice: line.unitPrice.amount,
  currency: line.unitPrice.currency,
  state,
  lapsesAt,
})

/** The hold of a line of an order that is placed. */
export const held = (of: Holder, line: Order.Line, lineNo: number): Hold => begin(of, line, lineNo, "held", null)

/** The hold of a line of an order that may be placed until `lapsesAt` (ms since 1970). */
export const tentative = (of: Holder, line: Order.Line, lineNo: number, lapsesAt: number): Hold =>
  begin(of, line, lineNo, "tentative", lapsesAt)

/** `drop` and `lapse` end tentative holds; the others follow from their order. */
export type Ending = Order.Ending | "drop" | "lapse"

/** What an ending does to the hold and to its product's stock. */
interface Transition {
  readonly from: State
  readonly to: State
  readonly stock: Extract<Stock.Command["_tag"], "Confirm" | "Release" | "Expire" | "Restock">
}

export const TRANSITIONS: { readonly [E in Ending]: Transition } = {
  confirm: { from: "held", to: "confirmed", stock: "Confirm" },
  release: { from: "held", to: "released", stock: "Release" },
  expire: { from: "held", to: "expired", stock: "Expire" },
  restock: { from: "confirmed", to: "returned", stock: "Restock" },
  drop: { from: "tentative", to: "released", stock: "Release" },
  lapse: { from: "tentative", to: "expired", stock: "Expire" },
}

/**
 * How a hold in this state really ends; null: the ending does not concern it, or no longer. A paid order may be cancelled
 * before the confirmation came to all of its holds: units that have not left are released.
 */
export const endingOf = (state: State, ending: Ending): Ending | null => {
  if (state === TRANSITIONS[ending].from) return ending
  return state === "held" && ending === "restock" ? "release" : null
}

/** Whether its units count against the customer's purchase limit. */
export const isCounted = (state: State): boolean => state === "tentative" || state === "held" || state === "confirmed"

/** Whether it keeps units from others although they are not paid for. */
export const isUnpaid = (state: State): boolean => state === "tentative" || state === "held"

/** One more hold would be more than a customer may have of a product at once without having paid. */
export interface TooMany {
  readonly _tag: "TooManyUnpaidHolds"
  readonly productId: ProductId
  readonly limit: number
}

/** How an order of this status wants its holds to end; where several apply, in this order. */
const WANTED: { readonly [S in Order.Status]: ReadonlyArray<Order.Ending> } = {
  reserved: [],
  paid: ["confirm"],
  shipped: ["confirm"],
  delivered: ["confirm"],
  // Cancelled when it was paid: most holds had been confirmed, perhaps not all of them.
  cancelled: ["restock", "release"],
  expired: ["expire"],
  payment_failed: ["release"],
}

export interface LeftOver {
  readonly elsewhere: ReadonlyArray<ProductId>
  readonly ending: Order.Ending
}

/**
 * Holds that the end of their order has not reached: they lie on other workers than its home. Null: there are none. If two
 * endings apply, the first is returned, and the second once that one is done.
 */
export const leftOver = (
  status: Order.Status,
  holds: ReadonlyArray<Pick<Hold, "productId" | "state">>,
): LeftOver | null => {
  for (const ending of WANTED[status]) {
    const { from } = TRANSITIONS[ending]
    const elsewhere = holds.filter(({ state }) => state === from).map(({ productId }) => productId)
    if (elsewhere.length > 0) return { elsewhere, ending }
  }
  return null
}
