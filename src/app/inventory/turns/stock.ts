/** The turns of a product by itself: it is created, its stock is received, counted and read. */
import { Result } from "effect"
import { forSale } from "../../../domain/product.ts"
import * as Stock from "../../../domain/stock.ts"
import type { Reply } from "../../../ports/inventory.ts"
import type { Of } from "../commands.ts"
import type { Outcome } from "../decision.ts"
import { productCell } from "../registry.ts"
import { decision, type Memory, reading, refusal, whole } from "./outcome.ts"

/** `now` in milliseconds since 1970, as in every turn. */
export const create = ({ registry }: Memory, command: Of<"CreateProduct">, now: number): Outcome => {
  const { product, claim } = command
  if (registry.newSkus.has(product.sku)) return refusal({ _tag: "SkuTaken", sku: product.sku })
  const event = Stock.created(command.onHand)
  const after = Stock.evolve(Stock.nothing, event)
  const cell = productCell(forSale(product), null, after)
  registry.products.put(product.id, cell)
  registry.newSkus.add(product.sku)
  const reply: Reply = { _tag: "Product", product }
  const stock = [{ cell, created: product, event, after, orderId: null }]
  return decision(reply, now, { stock, key: whole(claim, reply) })
}

export const receive = (memory: Memory, command: Of<"Receive">, now: number): Outcome =>
  change(memory, command, { _tag: "Receive", quantity: command.quantity }, now)

export const adjust = (memory: Memory, command: Of<"Adjust">, now: number): Outcome =>
  change(memory, command, { _tag: "Adjust", delta: command.delta, reason: command.reason }, now)

const change = (
  { registry }: Memory,
  { claim, productId }: Of<"Receive"> | Of<"Adjust">,
  command: Stock.Command,
  now: number,
): Outcome => {
  const cell = registry.products.get(productId)
  if (cell === undefined) return refusal({ _tag: "ProductNotFound", productId })
  const decided = Stock.decide(productId, command, cell.current)
  if (Result.isFailure(decided)) return refusal(decided.failure)
  const event = decided.success
  const after = Stock.evolve(cell.current, event)
  cell.current = after
  const reply: Reply = { _tag: "Stock", productId, stock: after }
  const stock = [{ cell, created: null, event, after, orderId: null }]
  return decision(reply, now, { stock, key: whole(claim, reply) })
}

export const read = ({ registry }: Memory, { productId }: Of<"ReadStock">): Outcome => {
  const cell = registry.products.get(productId)
  if (cell === undefined) return refusal({ _tag: "ProductNotFound", productId })
  return reading({ _tag: "Stock", productId, stock: cell.current })
}
