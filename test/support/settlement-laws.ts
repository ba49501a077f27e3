/**
 * The laws of money and of time, as pure checks of the books against what the books alone cannot know: what the payment
 * provider says became of each charge, and since when nothing has disturbed the shop.
 *
 * To be asked once everything has come to its end; I14 holds of orders at rest in every moment.
 */
import type { Order } from "../../src/domain/order.ts"
import { type Books, broken, type Law } from "./laws.ts"

/** As the provider's own books have it, in minor units. */
export interface Charge {
  readonly state: "charged" | "authorized" | "declined" | "voided"
  readonly captured: number
  readonly refunded: number
}

const NOTHING: Charge = { state: "voided", captured: 0, refunded: 0 }

export interface Surroundings {
  readonly books: Books
  /** What became of each charge, by the key it was made under. */
  readonly charges: ReadonlyMap<string, Charge>
  /** From here on no fault happened and the clock ran evenly (ms since 1970). */
  readonly calmFrom: number
}

export type SettlementLaw = Law<readonly [of: Surroundings]>

/** Later than this after its end a hold is late (ms): many times what a turn and a commit take. */
const LATE_MS = 2_000

/** Nothing is under way for it: no charge whose outcome is open, no refund that is to be made, no capture that may be. */
const isAtRest = (order: Order): boolean => {
  if (order.status === "reserved") return order.attempt === null
  return !("refund" in order && order.refund === "due") && !isKept(order)
}

/** Its money is to be taken when it leaves. */
const isKept = ({ payment, status }: Order): boolean => status === "paid" && payment.capture === "due"

/** A buyer with goods, or with goods coming, has paid; one without has all the money. */
const moneyIsOwed = ({ books, charges }: Pick<Surroundings, "books" | "charges">): ReadonlyArray<string> =>
  books.orders.filter(isAtRest).flatMap(({ id, status, total }) => {
    const { captured, refunded, state } = charges.get(id) ?? NOTHING
    // Nothing that has ended, or has left, is kept any longer.
    if (state === "authorized") return [`order ${id} is ${status}, and its money is only kept`]
    const owed = status === "paid" || status === "shipped" || status === "delivered" ? total.amount : 0
    if (captured - refunded === owed) return []
    return [`order ${id} is ${status}: ${owed} is owed, ${captured} was taken, ${refunded} given back`]
  })

/** An order is charged under its own id, and under that alone: any other charge is one too many. */
const chargedOnce = ({ books, charges }: Surroundings): ReadonlyArray<string> => {
  const orders = new Set<string>(books.orders.map(({ id }) => id))
  return [...charges].flatMap(([key, { captured, state }]) =>
    orders.has(key) || (captured === 0 && state !== "authorized") ? [] : [`${key} is charged, and it is no order`],
  )
}

/** An unpaid hold ends when its time has come: never before, and not long after. */
const holdsEndOnTime = ({ books, calmFrom, charges }: Surroundings): ReadonlyArray<string> => {
  const orders = new Map<string, Books["orders"][number]>(books.orders.map((order) => [order.id, order]))
  return books.facts.flatMap(({ at, subject, type }) => {
    if (type !== "jaego.order.expired.v1") return []
    const { expiresAt, id } = orders.get(subject)!
    if (at < expiresAt) return [`order ${id} expired ${expiresAt - at} ms before its hold ended`]
    // A charge keeps the hold until it is known to be void.
    const late = expiresAt >= calmFrom && !charges.has(id) && at > expiresAt + LATE_MS
    return late ? [`order ${id} expired ${at - expiresAt} ms after its hold ended`] : []
  })
}

/** While a charge may yet happen its order keeps its goods: what expires was never charged for, declined, or barred first. */
const paymentsKeepTheirHold = ({ books, charges }: Surroundings): ReadonlyArray<string> =>
  books.orders.flatMap(({ id, status }) => {
    const { captured, state } = charges.get(id) ?? NOTHING
    return status === "expired" && (captured > 0 || state === "authorized")
      ? [`order ${id} expired, and was charged`]
      : []
  })

/** A payment cannot begin once the hold has ended. */
const paysInTime = ({ books }: Surroundings): ReadonlyArray<string> => {
  const ends = new Map<string, number>(books.orders.map(({ id, expiresAt }) => [id, expiresAt]))
  return books.facts.flatMap(({ at, subject, type }) =>
    type === "jaego.order.payment-started.v1" && at >= ends.get(subject)!
      ? [`the payment of order ${subject} began ${at - ends.get(subject)!} ms after its hold had ended`]
      : [],
  )
}

export const SETTLEMENT: ReadonlyArray<SettlementLaw> = [
  { name: "I14 money is what orders owe", broken: moneyIsOwed },
  { name: "I11 charged once", broken: chargedOnce },
  { name: "I11 holds end on time", broken: holdsEndOnTime },
  { name: "I11 a payment keeps its hold", broken: paymentsKeepTheirHold },
  { name: "I11 paid before the hold ended", broken: paysInTime },
]

/** Of any moment, also while everything is under way. */
export const brokenMoney = (books: Books, charges: Surroundings["charges"]): ReadonlyArray<string> =>
  broken([{ name: SETTLEMENT[0]!.name, broken: moneyIsOwed }], { books, charges })

export const brokenSettlement = (of: Surroundings): ReadonlyArray<string> => broken(SETTLEMENT, of)
