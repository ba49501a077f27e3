/**
 * A turn: one command against what is in memory. It decides by the domain's deciders, moves memory ahead, and gives the
 * decision to be committed. Synchronous and total: whatever it needs has been loaded before (`wants`).
 *
 * Law: I1, I2, I11 by the deciders; a refused turn changes nothing, in memory either.
 */
import { Result } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import * as Money from "../../domain/money.ts"
import * as Order from "../../domain/order.ts"
import { forSale } from "../../domain/product.ts"
import * as PurchaseLimit from "../../domain/purchase-limit.ts"
import * as Stock from "../../domain/stock.ts"
import type { Claim, Command, HeldLine, Rejection, Reply, RequestedLine } from "../../ports/inventory.ts"
import type { HoldChange, KeyOutcome, KeyRow } from "../../ports/ledger.ts"
import type { Outcome, StockChange } from "./decision.ts"
import { type HoldsCell, type OrderCell, type Registry, type Units, type UnitsCell, unitsKey } from "./registry.ts"

type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

const refusal = (rejection: Rejection): Outcome => ({ _tag: "Refusal", rejection })
const reading = (reply: Reply): Outcome => ({ _tag: "Reading", reply })

const nothing = {
  stock: [],
  order: null,
  holds: [],
  holdChanges: [],
  holdSet: null,
  units: [],
  key: null,
  keyOutcome: null,
} as const

interface UnitsChange {
  readonly cell: UnitsCell
  readonly after: Units
}

export class Turns {
  readonly #registry: Registry
  readonly #mine: (id: ProductId | OrderId) => boolean

  constructor(registry: Registry, mine: (id: ProductId | OrderId) => boolean) {
    this.#registry = registry
    this.#mine = mine
  }

  /** `now` in milliseconds since 1970. */
  decide(command: Command, now: number): Outcome {
    switch (command._tag) {
      case "CreateProduct":
        return this.#create(command, now)
      case "Receive":
        return this.#changeStock(command, { _tag: "Receive", quantity: command.quantity }, now)
      case "Adjust":
        return this.#changeStock(command, { _tag: "Adjust", delta: command.delta, reason: command.reason }, now)
      case "ReadStock": {
        const cell = this.#registry.products.get(command.productId)
        if (cell === undefined) return refusal({ _tag: "ProductNotFound", productId: command.productId })
        return reading({ _tag: "Stock", productId: command.productId, stock: cell.current })
      }
      case "PlaceOrder":
        return this.#place(command, now)
      case "HoldTentatively":
        return this.#hold(command, now)
      case "EndHolds":
        return this.#endHolds(command, now)
      case "StartPayment":
        return this.#order(command, { _tag: "StartPayment", token: command.token, at: now }, now)
      case "RecordPayment":
        return this.#order(
          command,
          command.outcome === "charged" ? { _tag: "RecordCharge" } : { _tag: "RecordDecline" },
          now,
        )
      case "CancelOrder":
        return this.#order(command, { _tag: "Cancel", reason: command.reason }, now)
      case "ExpireOrder":
        return this.#order(command, { _tag: "Expire", at: now, voided: command.voided }, now)
      case "RecordRefund":
      case "RecordShipment":
      case "RecordDelivery":
        return this.#order(command, { _tag: command._tag }, now)
    }
  }

  #create(command: Of<"CreateProduct">, now: number): Outcome {
    const { product, claim } = command
    if (this.#registry.newSkus.has(product.sku)) return refusal({ _tag: "SkuTaken", sku: product.sku })
    const event = Stock.created(command.onHand)
    const after = Stock.evolve(Stock.nothing, event)
    const cell = { product: forSale(product), durable: null, current: after, recent: true }
    this.#registry.products.put(product.id, cell)
    this.#registry.newSkus.add(product.sku)
    const reply: Reply = { _tag: "Product", product }
    const stock = [{ cell, created: product, event, after, orderId: null }]
    return { _tag: "Decision", reply, at: now, ...nothing, stock, key: whole(claim, reply) }
  }

  #changeStock(command: Of<"Receive"> | Of<"Adjust">, stockCommand: Stock.Command, now: number): Outcome {
    const { productId, claim } = command
    const cell = this.#registry.products.get(productId)
    if (cell === undefined) return refusal({ _tag: "ProductNotFound", productId })
    const decided = Stock.decide(productId, stockCommand, cell.current)
    if (Result.isFailure(decided)) return refusal(decided.failure)
    const event = decided.success
    const after = Stock.evolve(cell.current, event)
    cell.current = after
    const reply: Reply = { _tag: "Stock", productId, stock: after }
    const stock = [{ cell, created: null, event, after, orderId: null }]
    return { _tag: "Decision", reply, at: now, ...nothing, stock, key: whole(claim, reply) }
  }

  #place(command: Of<"PlaceOrder">, now: number): Outcome {
    const { orderId, customerId, held, token, createdAt, expiresAt, claim } = command
    const local = held.length === 0 ? command.lines : command.lines.filter((line) => this.#mine(line.productId))
    const reserved = this.#reserve(local, customerId, orderId)
    if ("_tag" in reserved) return refusal(reserved)
    const lines = held.length === 0 ? reserved.lines : inOrderOf(command.lines, [...reserved.lines, ...held])
    const total = Money.total(lines)
    if ("_tag" in total) return refusal(total)
    const attempt = token === null ? null : { token, startedAt: createdAt }
    const order = Order.place({ id: orderId, customerId, lines, total, createdAt, expiresAt }, attempt)
    const cell: OrderCell = { durable: null, current: order, recent: true }
    this.#registry.orders.put(orderId, cell)
    this.#moveAhead(reserved.stock, reserved.units)
    const holds = lines.flatMap((line, lineNo) =>
      this.#mine(line.productId) ? [Hold.held(command, line, lineNo)] : [],
    )
    return {
      _tag: "Decision",
      reply: { _tag: "Order", order, elsewhere: [], ending: null },
      at: now,
      stock: reserved.stock,
      order: { cell, event: { _tag: "Placed" }, after: order, elsewhere: false },
      holds,
      holdChanges: held.map((line) => ({ orderId, productId: line.productId, from: "tentative", to: "held" })),
      holdSet: null,
      units: reserved.units,
      key: { claim, answer: { _tag: "Order", orderId, status: "reserved" } },
      keyOutcome: null,
    }
  }

  #hold(command: Of<"HoldTentatively">, now: number): Outcome {
    const { orderId, customerId, lapsesAt } = command
    const reserved = this.#reserve(command.lines, customerId, orderId)
    if ("_tag" in reserved) return refusal(reserved)
    const rows = reserved.lines.map((line, index) =>
      Hold.tentative(command, line, command.lines[index]!.lineNo, lapsesAt),
    )
    const cell: HoldsCell = { durable: null, current: rows, recent: true }
    this.#registry.holds.put(orderId, cell)
    this.#moveAhead(reserved.stock, reserved.units)
    return {
      _tag: "Decision",
      reply: { _tag: "Held", lines: reserved.lines },
      at: now,
      ...nothing,
      stock: reserved.stock,
      holds: rows,
      holdSet: { cell, after: rows },
      units: reserved.units,
    }
  }

  /** All of the lines or none; memory is not moved yet. Lines name different products. */
  #reserve(
    lines: ReadonlyArray<RequestedLine>,
    customerId: CustomerId,
    orderId: OrderId,
  ):
    | Rejection
    | {
        readonly lines: ReadonlyArray<HeldLine>
        readonly stock: ReadonlyArray<StockChange>
        readonly units: ReadonlyArray<UnitsChange>
      } {
    for (const { productId } of lines)
      if (!this.#registry.products.has(productId)) return { _tag: "ProductNotFound", productId }
    const priced: Array<HeldLine> = []
    const stock: Array<StockChange> = []
    const units: Array<UnitsChange> = []
    for (const { productId, quantity } of lines) {
      const cell = this.#registry.products.get(productId)!
      const { purchaseLimit, price } = cell.product
      if (purchaseLimit !== null) {
        const count = this.#registry.units.get(unitsKey(productId, customerId))!
        const taken = PurchaseLimit.take(productId, purchaseLimit, count.current.count, quantity)
        if (Result.isFailure(taken)) return taken.failure
        units.push({ cell: count, after: { count: taken.success } })
      }
      const decided = Stock.decide(productId, { _tag: "Reserve", quantity }, cell.current)
      if (Result.isFailure(decided)) return decided.failure
      const event = decided.success
      stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })
      priced.push({ productId, quantity, unitPrice: price })
    }
    return { lines: priced, stock, units }
  }

  #moveAhead(stock: ReadonlyArray<StockChange>, units: ReadonlyArray<UnitsChange>): void {
    for (const { cell, after } of stock) cell.current = after
    for (const { cell, after } of units) cell.current = after
  }

  #order(command: Command & { readonly orderId: OrderId }, orderCommand: Order.Command, now: number): Outcome {
    const { orderId } = command
    const cell = this.#registry.orders.get(orderId)
    if (cell === undefined) return refusal({ _tag: "OrderNotFound", orderId })
    const before = cell.current
    const decided = Order.decide(orderCommand, before)
    if (Result.isFailure(decided)) return refusal(decided.failure)
    const event = decided.success
    if (event === null) return unchanged(command, before, now)
    const after = Order.evolve(before, event)
    const ending = Order.ending(before, event)
    const ended = ending === null ? null : this.#end(after, ending)
    const elsewhere = ended?.elsewhere ?? []
    if (ended !== null) this.#moveAhead(ended.stock, ended.units)
    cell.current = after
    return {
      _tag: "Decision",
      reply: { _tag: "Order", order: after, elsewhere, ending: elsewhere.length === 0 ? null : ending },
      at: now,
      stock: ended?.stock ?? [],
      order: { cell, event, after, elsewhere: elsewhere.length > 0 },
      holds: [],
      holdChanges: ended?.holdChanges ?? [],
      holdSet: null,
      units: ended?.units ?? [],
      key: orderKey(command, after),
      keyOutcome: keyOutcome(command, after),
    }
  }

  /** How the holds of an order on this worker end; the others are named. Memory is not moved yet. */
  #end(order: Order.Order, ending: Order.Ending) {
    const elsewhere: Array<ProductId> = []
    const local: Array<RequestedLine> = []
    for (const line of order.lines) {
      if (this.#mine(line.productId)) local.push(line)
      else elsewhere.push(line.productId)
    }
    return { elsewhere, ...this.#endLines(order.id, order.customerId, local, ending) }
  }

  #endLines(orderId: OrderId, customerId: CustomerId, lines: ReadonlyArray<RequestedLine>, ending: Hold.Ending) {
    const { from, stock: command, to } = Hold.TRANSITIONS[ending]
    const stock: Array<StockChange> = []
    const units: Array<UnitsChange> = []
    const holdChanges: Array<HoldChange> = []
    for (const { productId, quantity } of lines) {
      const cell = this.#registry.products.get(productId)
      if (cell === undefined) throw new Error(`order ${orderId} holds ${productId}, which does not exist`)
      const event = Result.getOrThrow(Stock.decide(productId, { _tag: command, quantity }, cell.current))
      stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })
      holdChanges.push({ orderId, productId, from, to })
      if (cell.product.purchaseLimit !== null && !Hold.isCounted(to)) {
        const count = this.#registry.units.get(unitsKey(productId, customerId))!
        units.push({ cell: count, after: { count: count.current.count - quantity } })
      }
    }
    return { stock, units, holdChanges }
  }

  #endHolds(command: Of<"EndHolds">, now: number): Outcome {
    const { orderId, ending } = command
    const done: Reply = { _tag: "Done" }
    const cell = this.#registry.holds.get(orderId)
    if (cell === undefined) return reading(done)
    const endings = new Map<ProductId, Hold.Ending>()
    for (const row of cell.current) {
      const how = Hold.endingOf(believed(row.state, ending), ending)
      if (how !== null) endings.set(row.productId, how)
    }
    if (endings.size === 0) return reading(done)
    const ended = cell.current
      .filter((row) => endings.has(row.productId))
      .map((row) => this.#endLines(orderId, row.customerId, [row], endings.get(row.productId)!))
    const after = cell.current.map((row) => {
      const how = endings.get(row.productId)
      return how === undefined ? row : { ...row, state: Hold.TRANSITIONS[how].to, lapsesAt: null }
    })
    const stock = ended.flatMap((one) => one.stock)
    const units = ended.flatMap((one) => one.units)
    this.#moveAhead(stock, units)
    cell.current = after
    return {
      _tag: "Decision",
      reply: done,
      at: now,
      ...nothing,
      stock,
      units,
      holdChanges: ended.flatMap((one) => one.holdChanges),
      holdSet: { cell, after },
    }
  }
}

/**
 * The order's home may have accepted holds that memory here still calls tentative: an order that ends was placed. If they
 * were not accepted after all, the ledger contests the change.
 */
const believed = (state: Hold.State, ending: Hold.Ending): Hold.State =>
  state === "tentative" && Hold.TRANSITIONS[ending].from !== "tentative" ? "held" : state

const inOrderOf = (wanted: ReadonlyArray<RequestedLine>, lines: ReadonlyArray<HeldLine>): ReadonlyArray<HeldLine> =>
  wanted.map(({ productId }) => lines.find((line) => line.productId === productId)!)

const whole = (claim: Claim | null, reply: Reply): KeyRow | null =>
  claim === null ? null : { claim, answer: { _tag: "Whole", reply } }

const orderKey = (command: Command, order: Order.Order): KeyRow | null =>
  (command._tag === "StartPayment" || command._tag === "CancelOrder") && command.claim !== null
    ? { claim: command.claim, answer: { _tag: "Order", orderId: order.id, status: order.status } }
    : null

const keyOutcome = (command: Command, order: Order.Order): KeyOutcome | null =>
  command._tag === "RecordPayment" && command.claim !== null
    ? { route: command.claim.route, key: command.claim.key, status: order.status }
    : null

/** Nothing to change, but a claim is bound all the same: its request was accepted. */
const unchanged = (command: Command & { readonly orderId: OrderId }, order: Order.Order, now: number): Outcome => {
  const reply: Reply = { _tag: "Order", order, elsewhere: [], ending: null }
  const key = orderKey(command, order)
  return key === null ? reading(reply) : { _tag: "Decision", reply, at: now, ...nothing, key }
}
