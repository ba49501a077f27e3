/**
 * The laws of money and of time, as pure checks of the books against what the books alone cannot know: what the payment
 * provider says became of each charge, and since when nothing has disturbed the shop.
 *
 * To be asked once everything has come to its end.
 */
import { type Books, broken, type Law } from "./laws.ts"

export interface Surroundings {
  readonly books: Books
  /** What became of each charge, by the key it was made under: `charged`, `declined`, `voided`, `refunded`. */
  readonly charges: ReadonlyMap<string, string>
  /** From here on no fault happened and the clock ran evenly, milliseconds since 1970. */
  readonly calmFrom: number
}

export type SettlementLaw = Law<readonly [of: Surroundings]>

/** Later than this after its end a hold is late, milliseconds: many times what a turn and a commit take. */
const LATE_MS = 2_000

/** A buyer with goods has paid, and one without has the money. */
const moneyFollowsOrders = ({ books, charges }: Surroundings): ReadonlyArray<string> =>
  books.orders.flatMap((order) => {
    const charge = charges.get(order.id) ?? "absent"
    const taken = charge === "charged" || charge === "refunded"
    const fits =
      order.status === "paid" || order.status === "shipped" || order.status === "delivered"
        ? charge === "charged"
        : "refund" in order && order.refund !== "none"
          ? charge === (order.refund === "done" ? "refunded" : "charged")
          : !taken
    return fits ? [] : [`order ${order.id} is ${order.status}, its charge is ${charge}`]
  })

/** An order is charged under its own id, and under that alone: any other charge is one too many. */
const chargedOnce = ({ books, charges }: Surroundings): ReadonlyArray<string> => {
  const orders = new Set<string>(books.orders.map(({ id }) => id))
  return [...charges].flatMap(([key, state]) =>
    orders.has(key) || state === "voided" || state === "declined" ? [] : [`${key} is ${state}, and it is no order`],
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
    const charge = charges.get(id) ?? "voided"
    const isOpen = charge !== "voided" && charge !== "declined"
    return status === "expired" && isOpen ? [`order ${id} expired, its charge is ${charge}`] : []
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
  { name: "I11 money follows orders", broken: moneyFollowsOrders },
  { name: "I11 charged once", broken: chargedOnce },
  { name: "I11 holds end on time", broken: holdsEndOnTime },
  { name: "I11 a payment keeps its hold", broken: paymentsKeepTheirHold },
  { name: "I11 paid before the hold ended", broken: paysInTime },
]

export const brokenSettlement = (of: Surroundings): ReadonlyArray<string> => broken(SETTLEMENT, of)
