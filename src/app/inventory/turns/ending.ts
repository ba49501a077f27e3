/**
 * The turns of an order that was placed: it is paid, cancelled, expired, refunded, shipped. Where such a turn ends its holds
 * those of this worker end with it; the other workers are asked to end theirs (`EndHolds`).
 */
import { Result } from "effect"
import * as Hold from "../../../domain/hold.ts"
import type { ProductId } from "../../../domain/ids.ts"
import * as Order from "../../../domain/order.ts"
import * as Stock from "../../../domain/stock.ts"
import type { Command, Reply, RequestedLine } from "../../../ports/inventory.ts"
import type { HoldChange, KeyOutcome, KeyRow } from "../../../ports/ledger.ts"
import { claimOf, type Of } from "../commands.ts"
import type { Outcome, StockChange, UnitsChange } from "../decision.ts"
import { unitsKey } from "../registry.ts"
import { decision, type Memory, moveAhead, reading, refusal } from "./outcome.ts"

type OrderCommand = Command & Pick<Hold.Holder, "orderId">

/** `command`, as the order decides it. */
export const change = (memory: Memory, command: OrderCommand, orderCommand: Order.Command, now: number): Outcome => {
  const { orderId } = command
  const cell = memory.registry.orders.get(orderId)
  if (cell === undefined) return refusal({ _tag: "OrderNotFound", orderId })
  const before = cell.current
  const decided = Order.decide(orderCommand, before)
  if (Result.isFailure(decided)) return refusal(decided.failure)
  const event = decided.success
  if (event === null) return unchanged(command, before, now)
  const after = Order.evolve(before, event)
  const ending = Order.ending(before, event)
  const ended = ending === null ? null : endHere(memory, after, ending)
  const elsewhere = ended?.elsewhere ?? []
  const { holdChanges, ...counts } = ended?.changes ?? noChanges()
  moveAhead(counts)
  cell.current = after
  const reply: Reply = { _tag: "Order", order: after, elsewhere, ending: elsewhere.length === 0 ? null : ending }
  return decision(reply, now, {
    ...counts,
    order: { cell, event, after, elsewhere: elsewhere.length > 0 },
    holdChanges,
    key: keyOf(command, after),
    keyOutcome: keyOutcomeOf(command, after),
  })
}

/** Nothing to change, but a claim is bound all the same: its request was accepted. */
const unchanged = (command: OrderCommand, order: Order.Order, now: number): Outcome => {
  const reply: Reply = { _tag: "Order", order, elsewhere: [], ending: null }
  const key = keyOf(command, order)
  return key === null ? reading(reply) : decision(reply, now, { key })
}

const keyOf = (command: Command, order: Order.Order): KeyRow | null => {
  const claim = claimOf(command)
  return claim === null ? null : { claim, answer: { _tag: "Order", orderId: order.id, status: order.status } }
}

const keyOutcomeOf = (command: Command, order: Order.Order): KeyOutcome | null =>
  command._tag === "RecordPayment" && command.claim !== null
    ? { route: command.claim.route, key: command.claim.key, status: order.status }
    : null

/** The holds of an order, whose home is here, on another worker. */
export const endHolds = (memory: Memory, { ending, orderId }: Of<"EndHolds">, now: number): Outcome => {
  const reply: Reply = { _tag: "Done" }
  const cell = memory.registry.holds.get(orderId)
  if (cell === undefined) return reading(reply)
  const changes = noChanges()
  const after = cell.current.map((row) => {
    const how = Hold.endingOf(believed(row.state, ending), ending)
    if (how === null) return row
    endLine(memory, row, row, how, changes)
    return { ...row, state: Hold.TRANSITIONS[how].to, lapsesAt: null }
  })
  if (changes.stock.length === 0) return reading(reply)
  moveAhead(changes)
  cell.current = after
  return decision(reply, now, { ...changes, holdSet: { cell, after } })
}

/**
 * The order's home may have accepted holds that memory here still calls tentative: an order that ends was placed. If they
 * were not accepted after all, the ledger contests the change.
 */
const believed = (state: Hold.State, ending: Hold.Ending): Hold.State =>
  state === "tentative" && Hold.TRANSITIONS[ending].from !== "tentative" ? "held" : state

/** What the end of holds changes, line by line; memory is not moved yet. */
interface Changes {
  readonly stock: Array<StockChange>
  readonly units: Array<UnitsChange>
  readonly unpaid: Array<UnitsChange>
  readonly holdChanges: Array<HoldChange>
}

const noChanges = (): Changes => ({ stock: [], units: [], unpaid: [], holdChanges: [] })

/** The holds of an order on this worker end; the products of the others are named. */
const endHere = (memory: Memory, order: Order.Order, ending: Order.Ending) => {
  const elsewhere: Array<ProductId> = []
  const changes = noChanges()
  const of = { orderId: order.id, customerId: order.customerId }
  for (const line of order.lines) {
    if (memory.mine(line.productId)) endLine(memory, of, line, ending, changes)
    else elsewhere.push(line.productId)
  }
  return { elsewhere, changes }
}

/** Adds to `into` how the hold of this line ends. */
const endLine = (
  { registry, unpaidMax }: Memory,
  { customerId, orderId }: Hold.Holder,
  { productId, quantity }: RequestedLine,
  ending: Hold.Ending,
  into: Changes,
): void => {
  const { from, stock, to } = Hold.TRANSITIONS[ending]
  const cell = registry.products.get(productId)
  if (cell === undefined) throw new Error(`order ${orderId} holds ${productId}, which does not exist`)
  const event = Result.getOrThrow(Stock.decide(productId, { _tag: stock, quantity }, cell.current))
  into.stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })
  into.holdChanges.push({ orderId, productId, from, to })
  if (unpaidMax > 0 && Hold.isUnpaid(from)) {
    const holds = registry.unpaid.get(unitsKey(productId, customerId))!
    into.unpaid.push({ cell: holds, after: { count: holds.current.count - 1 } })
  }
  if (cell.product.purchaseLimit === null || Hold.isCounted(to)) return
  const count = registry.units.get(unitsKey(productId, customerId))!
  into.units.push({ cell: count, after: { count: count.current.count - quantity } })
}
