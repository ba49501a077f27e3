/**
 * The turns in which holds begin: an order is placed, or a part of it is held until its home, on another worker, places it; and the
 * question before it whether that could be.
 * All of the lines of a worker are reserved, or none.
 */
import { Result } from "effect"
import * as Hold from "../../../domain/hold.ts"
import * as Money from "../../../domain/money.ts"
import * as Order from "../../../domain/order.ts"
import * as PurchaseLimit from "../../../domain/purchase-limit.ts"
import * as Stock from "../../../domain/stock.ts"
import type { HeldLine, Rejection, Reply, RequestedLine } from "../../../ports/inventory.ts"
import type { Of } from "../commands.ts"
import type { Decision, Outcome, StockChange, UnitsChange } from "../decision.ts"
import { type HoldsCell, type OrderCell, unitsKey } from "../registry.ts"
import { decision, type Memory, moveAhead, NONE, reading, refusal } from "./outcome.ts"

export const place = (memory: Memory, command: Of<"PlaceOrder">, now: number): Outcome => {
  const { orderId, customerId, held, token, provider, attemptsMax, createdAt, expiresAt, claim } = command
  const local = held.length === 0 ? command.lines : command.lines.filter((line) => memory.mine(line.productId))
  const reserved = reserve(memory, local, command)
  if ("_tag" in reserved) return refusal(reserved)
  const lines = held.length === 0 ? reserved.lines : inOrderOf(command.lines, [...reserved.lines, ...held])
  const total = Money.total(lines)
  if ("_tag" in total) return refusal(total)
  const attempt = token === null ? null : { token, startedAt: createdAt, action: null }
  const terms = { id: orderId, customerId, lines, total, createdAt, expiresAt }
  const order = Order.place(terms, attempt, attemptsMax, provider)
  const cell: OrderCell = { durable: null, current: order, recent: true }
  memory.registry.orders.put(orderId, cell)
  moveAhead(reserved)
  const holds = lines.flatMap((line, lineNo) => (memory.mine(line.productId) ? [Hold.held(command, line, lineNo)] : []))
  const reply: Reply = { _tag: "Order", order, elsewhere: [], ending: null }
  return decision(reply, now, {
    stock: reserved.stock,
    order: { cell, event: { _tag: "Placed" }, after: order, elsewhere: false },
    holds,
    holdChanges: held.map((line) => ({ orderId, productId: line.productId, from: "tentative", to: "held" })),
    units: reserved.units,
    unpaid: reserved.unpaid,
    key: { claim, answer: { _tag: "Order", orderId, status: "reserved" } },
  })
}

export const check = (memory: Memory, command: Of<"CheckLines">): Outcome => {
  const reserved = reserve(memory, command.lines, command)
  return "_tag" in reserved ? refusal(reserved) : reading({ _tag: "Held", lines: reserved.lines })
}

export const hold = (memory: Memory, command: Of<"HoldTentatively">, now: number): Outcome => {
  const reserved = reserve(memory, command.lines, command)
  if ("_tag" in reserved) return refusal(reserved)
  const rows = reserved.lines.map((line, index) =>
    Hold.tentative(command, line, command.lines[index]!.lineNo, command.lapsesAt),
  )
  const cell: HoldsCell = { durable: null, current: rows, recent: true }
  memory.registry.holds.put(command.orderId, cell)
  moveAhead(reserved)
  const reply: Reply = { _tag: "Held", lines: reserved.lines }
  return decision(reply, now, {
    stock: reserved.stock,
    holds: rows,
    holdSet: { cell, after: rows },
    units: reserved.units,
    unpaid: reserved.unpaid,
  })
}

/** What reserving these lines changes; memory is not moved yet. */
interface Reserved extends Pick<Decision, "stock" | "units" | "unpaid"> {
  readonly lines: ReadonlyArray<HeldLine>
}

/** All of the lines, which name different products, or why not. */
const reserve = (
  { registry, unpaidMax }: Memory,
  lines: ReadonlyArray<RequestedLine>,
  { customerId, orderId }: Hold.Holder,
): Rejection | Reserved => {
  for (const { productId } of lines)
    if (!registry.products.has(productId)) return { _tag: "ProductNotFound", productId }
  const priced: Array<HeldLine> = []
  const stock: Array<StockChange> = []
  const units: Array<UnitsChange> = []
  let unpaid: Array<UnitsChange> | null = null
  for (const { productId, quantity } of lines) {
    const cell = registry.products.get(productId)!
    const { archived, purchaseLimit, price } = cell.product
    if (archived) return { _tag: "ProductArchived", productId }
    if (purchaseLimit !== null) {
      const count = registry.units.get(unitsKey(productId, customerId))!
      const taken = PurchaseLimit.take(productId, purchaseLimit, count.current.count, quantity)
      if (Result.isFailure(taken)) return taken.failure
      units.push({ cell: count, after: { count: taken.success } })
    }
    if (unpaidMax > 0) {
      const holds = registry.unpaid.get(unitsKey(productId, customerId))!
      if (holds.current.count >= unpaidMax) return { _tag: "TooManyUnpaidHolds", productId, limit: unpaidMax }
      unpaid ??= []
      unpaid.push({ cell: holds, after: { count: holds.current.count + 1 } })
    }
    const decided = Stock.decide(productId, { _tag: "Reserve", quantity }, cell.current)
    if (Result.isFailure(decided)) return decided.failure
    const event = decided.success
    stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })
    priced.push({ productId, quantity, unitPrice: price })
  }
  return { lines: priced, stock, units, unpaid: unpaid ?? NONE }
}

const inOrderOf = (wanted: ReadonlyArray<RequestedLine>, lines: ReadonlyArray<HeldLine>): ReadonlyArray<HeldLine> =>
  wanted.map(({ productId }) => lines.find((line) => line.productId === productId)!)
