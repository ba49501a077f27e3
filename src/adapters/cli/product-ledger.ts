/**
 * A product's ledger, as the audit sees it: pure arithmetic over what the API returned.
 *
 * Law: initial = onHand after - received + sold; `onHand >= reserved >= 0` at every version (I1); versions contiguous
 * from 1 (I2); an order's hold ends at most once, and a paid order has its units (I11).
 */

/** As the API gives it. */
export interface Movement {
  readonly version: number
  readonly type: string
  readonly onHandDelta: number
  readonly reservedDelta: number
  readonly onHand: number
  readonly reserved: number
  readonly orderId: string | null
}

export interface StockView {
  readonly onHand: number
  readonly reserved: number
  readonly available: number
  readonly version: number
}

/** What an order has of a product, by its answer. */
export interface Bought {
  readonly quantity: number
  readonly paid: boolean
}

/** How a movement may move the two numbers; `+` and `-` are by the same number of units where both move. */
const SHAPES: Readonly<Record<string, (onHand: number, reserved: number) => boolean>> = {
  created: (onHand, reserved) => onHand >= 0 && reserved === 0,
  received: (onHand, reserved) => onHand > 0 && reserved === 0,
  adjusted: (_, reserved) => reserved === 0,
  reserved: (onHand, reserved) => onHand === 0 && reserved > 0,
  released: (onHand, reserved) => onHand === 0 && reserved < 0,
  expired: (onHand, reserved) => onHand === 0 && reserved < 0,
  confirmed: (onHand, reserved) => onHand < 0 && onHand === reserved,
  restocked: (onHand, reserved) => onHand > 0 && reserved === 0,
}

/** Does the ledger add up? Movements oldest first. At most one problem of each kind: the first is where to look. */
export const check = (movements: ReadonlyArray<Movement>, stock: StockView, initial: number): ReadonlyArray<string> => {
  const problems = new Map<string, string>()
  const report = (kind: string, text: string) => {
    if (!problems.has(kind)) problems.set(kind, text)
  }
  let onHand = 0
  let reserved = 0
  let version = 0
  let sold = 0
  let received = 0
  for (const movement of movements) {
    const at = `version ${movement.version}`
    if (movement.version !== version + 1) report("gap", `versions jump from ${version} to ${movement.version}`)
    version = movement.version
    onHand += movement.onHandDelta
    reserved += movement.reservedDelta
    if (onHand !== movement.onHand || reserved !== movement.reserved)
      report(
        "sums",
        `at ${at} the movements add up to onHand ${onHand}, reserved ${reserved}, ` +
          `but it says ${movement.onHand}, ${movement.reserved}`,
      )
    if (reserved < 0) report("negative", `at ${at} reserved is ${reserved}`)
    if (onHand < reserved) report("oversold", `at ${at} ${reserved} units are reserved of ${onHand} on hand`)
    if (SHAPES[movement.type]?.(movement.onHandDelta, movement.reservedDelta) !== true)
      report("shape", `at ${at} "${movement.type}" moves ${movement.onHandDelta}, ${movement.reservedDelta}`)
    if (movement.type === "confirmed") sold -= movement.onHandDelta
    else if (movement.type !== "created") received += movement.onHandDelta
  }
  const first = movements[0]
  if (first?.type !== "created" || first.onHandDelta !== initial)
    report("initial", `it began with ${first?.type ?? "nothing"} ${first?.onHandDelta ?? 0}, not created ${initial}`)
  if (stock.onHand - received + sold !== initial)
    report(
      "balance",
      `on hand ${stock.onHand} - received ${received} + sold ${sold} is not the ${initial} it began with`,
    )
  if (stock.onHand !== onHand || stock.reserved !== reserved || stock.version !== version)
    report(
      "view",
      `its stock says onHand ${stock.onHand}, reserved ${stock.reserved}, version ${stock.version}, ` +
        `its movements ${onHand}, ${reserved}, ${version}`,
    )
  if (stock.available !== stock.onHand - stock.reserved) report("available", `available is ${stock.available}`)
  if (stock.onHand < 0 || stock.reserved < 0 || stock.available < 0) report("negative", "its stock is negative")
  return [...problems.values()]
}

interface OrderUnits {
  reserved: number
  /** Released or expired. */
  returned: number
  confirmed: number
  restocked: number
}

const unitsByOrder = (movements: ReadonlyArray<Movement>): ReadonlyMap<string, OrderUnits> => {
  const orders = new Map<string, OrderUnits>()
  for (const { onHandDelta, orderId, reservedDelta, type } of movements) {
    if (orderId === null) continue
    const units = orders.get(orderId) ?? { reserved: 0, returned: 0, confirmed: 0, restocked: 0 }
    orders.set(orderId, units)
    if (type === "reserved") units.reserved += reservedDelta
    else if (type === "released" || type === "expired") units.returned -= reservedDelta
    else if (type === "confirmed") units.confirmed -= onHandDelta
    else if (type === "restocked") units.restocked += onHandDelta
  }
  return orders
}

/**
 * Does the ledger agree with the buyer's answers? `strangers` hold or have units and are in none of them.
 * Units that were reserved and went back belong to no order: a hold may lapse before its order is accepted.
 */
export const checkOrders = (
  movements: ReadonlyArray<Movement>,
  bought: ReadonlyMap<string, Bought>,
): { readonly problems: ReadonlyArray<string>; readonly strangers: ReadonlyArray<string> } => {
  const problems: Array<string> = []
  const strangers: Array<string> = []
  const orders = unitsByOrder(movements)
  for (const [orderId, units] of orders) {
    if (units.returned + units.confirmed > units.reserved || units.restocked > units.confirmed)
      problems.push(`order ${orderId} ended more units than it held (${units.reserved})`)
    const ours = bought.get(orderId)
    if (ours === undefined) {
      if (units.reserved - units.returned - units.restocked > 0) strangers.push(orderId)
    } else if (units.reserved - units.returned !== ours.quantity && (ours.paid || units.returned === 0))
      problems.push(
        `order ${orderId} bought ${ours.quantity} units and holds ${units.reserved - units.returned} of them`,
      )
    else if (ours.paid && units.confirmed !== ours.quantity)
      problems.push(`order ${orderId} paid for ${ours.quantity} units and got ${units.confirmed}`)
  }
  for (const [orderId, { quantity }] of bought)
    if (!orders.has(orderId))
      problems.push(`order ${orderId} bought ${quantity} units and the ledger knows nothing of it`)
  return { problems, strangers }
}
