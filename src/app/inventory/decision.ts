/**
 * A decision: everything one command changes, as cells with their state before and after. Built by a turn, written by a
 * batch, taken back by `undo` when the ledger did not take it.
 */
import type { OrderId } from "../../domain/ids.ts"
import type { Order, Event as OrderEvent } from "../../domain/order.ts"
import type { ForSale, Product } from "../../domain/product.ts"
import type { Stock, Event as StockEvent } from "../../domain/stock.ts"
import type { Rejection, Reply } from "../../ports/inventory.ts"
import type { HoldChange, HoldRow, KeyOutcome, KeyRow } from "../../ports/ledger.ts"
import type { Sealed } from "../../ports/receipt.ts"
import type { DetailsCell, HoldsCell, OrderCell, ProductCell, Registry, Units, UnitsCell } from "./registry.ts"

export interface StockChange {
  readonly cell: ProductCell
  /** The product, if this is its creation. */
  readonly created: Product | null
  readonly event: StockEvent
  readonly after: Stock
  readonly orderId: OrderId | null
}

export interface EditChange {
  readonly cell: ProductCell
  readonly details: DetailsCell
  readonly before: Product
  /** The same: nothing changes. */
  readonly after: Product
  /** Of its stock at this turn. */
  readonly stockVersion: number
  /** What the owner keeps of `after`. */
  readonly forSale: ForSale
}

export interface OrderChange {
  readonly cell: OrderCell
  readonly event: OrderEvent
  readonly after: Order
  /** Holds on other workers are to be ended because of this. */
  readonly elsewhere: boolean
}

export interface UnitsChange {
  readonly cell: UnitsCell
  readonly after: Units
}

export interface Decision {
  readonly _tag: "Decision"
  /** Sealed until the receipt of its batch opens it (I4). */
  readonly reply: Sealed<Reply>
  /** Milliseconds since 1970. */
  readonly at: number
  readonly stock: ReadonlyArray<StockChange>
  readonly edit: EditChange | null
  readonly order: OrderChange | null
  readonly holds: ReadonlyArray<HoldRow>
  readonly holdChanges: ReadonlyArray<HoldChange>
  readonly holdSet: { readonly cell: HoldsCell; readonly after: ReadonlyArray<HoldRow> } | null
  readonly units: ReadonlyArray<UnitsChange>
  /** Nothing of it is written: the ledger has the holds themselves. */
  readonly unpaid: ReadonlyArray<UnitsChange>
  readonly key: KeyRow | null
  readonly keyOutcome: KeyOutcome | null
}

/** `Refusal` and `Reading` write nothing; they wait until the versions they saw are durable (I4). */
export type Outcome =
  | Decision
  | { readonly _tag: "Refusal"; readonly rejection: Rejection }
  | { readonly _tag: "Reading"; readonly reply: Reply }

/** The batch with this decision is durable: cells whose memory ran no further are settled. */
export const settle = (registry: Registry, decision: Decision): void => {
  for (const { cell, after, created } of decision.stock) {
    if (created !== null) registry.newSkus.delete(created.sku)
    cell.durable = after
  }
  if (decision.edit !== null) settleEdit(registry, decision.edit)
  if (decision.order !== null) decision.order.cell.durable = decision.order.after
  if (decision.holdSet !== null) decision.holdSet.cell.durable = decision.holdSet.after
  for (const { cell, after } of decision.units) cell.durable = after
  for (const { cell, after } of decision.unpaid) cell.durable = after
}

const settleEdit = (registry: Registry, { after, cell, details, forSale }: EditChange): void => {
  cell.durableProduct = forSale
  details.durable = after
  if (details.current === after) registry.details.delete(after.id)
}

/** Memory goes back to what the ledger has. In any order: every touched cell ends at its durable state. */
export const undo = (registry: Registry, decision: Decision): void => {
  for (const { cell, created } of decision.stock) {
    if (cell.durable !== null) cell.current = cell.durable
    else registry.products.delete(cell.product.id)
    if (created !== null) registry.newSkus.delete(created.sku)
  }
  if (decision.edit !== null) {
    const { cell, details } = decision.edit
    cell.product = cell.durableProduct
    details.current = details.durable
  }
  if (decision.order !== null) {
    const { cell, after } = decision.order
    if (cell.durable !== null) cell.current = cell.durable
    else registry.orders.delete(after.id)
  }
  if (decision.holdSet !== null) {
    const { cell, after } = decision.holdSet
    if (cell.durable !== null) cell.current = cell.durable
    else registry.holds.delete(after[0]!.orderId)
  }
  for (const { cell } of decision.units) cell.current = cell.durable!
  for (const { cell } of decision.unpaid) cell.current = cell.durable!
}
