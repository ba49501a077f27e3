/**
 * What a batch must be in itself, whatever the ledger holds: where Postgres has a constraint, memory says so in words.
 *
 * Law: I1 (`onHand >= reserved >= 0`), I2 and I7 (movements and facts are contiguous), I10 (every lane that is written
 * is fenced), and nothing is written twice. Breaking one is a defect of the batch's builder.
 */
import type { ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import * as Text from "../../domain/text.ts"
import { claimName } from "../../ports/inventory.ts"
import type { Batch } from "../../ports/ledger.ts"
import * as Store from "./store.ts"

/** The first law the batch breaks, in words; null: none. */
export const defectOf = (store: Store.Shape, batch: Batch): string | null =>
  unfenced(batch) ?? twice(store, batch) ?? gapInMovements(store, batch) ?? gapInFacts(batch)

const negativeStock = (batch: Batch): string | null => {
  for (const { stock } of [...batch.products, ...batch.stocks])
    if (!(stock.onHand >= stock.reserved && stock.reserved >= 0))
      return `${stock.onHand} on hand and ${stock.reserved} reserved: sold what is not there`
  return null
}

const unfenced = (batch: Batch): string | null => {
  const fenced = new Set(batch.lanes.map(({ lane }) => lane))
  const written = [
    ...batch.products.map(({ product }) => product.id),
    ...batch.stocks.map(({ productId }) => productId),
    ...batch.productEdits.map(({ after }) => after.id),
    ...batch.orders.map(({ id }) => id),
    ...batch.orderUpdates.map(({ order }) => order.id),
  ]
  const open = written.find((id) => !fenced.has(Lane.of(id)))
  return open === undefined ? null : `${open} is written, but its lane ${Lane.of(open)} is not fenced`
}

const twice = (store: Store.Shape, batch: Batch): string | null => {
  const groups: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["lane", batch.lanes.map(({ lane }) => String(lane))],
    ["product", [...batch.products.map(({ product }) => product.id), ...batch.stocks.map((row) => row.productId)]],
    ["SKU", batch.products.map(({ product }) => product.sku)],
    ["order", [...batch.orders.map(({ id }) => id), ...batch.orderUpdates.map(({ order }) => order.id)]],
    ["hold", [...batch.holds, ...batch.holdChanges].map((row) => `${row.orderId} ${row.productId}`)],
    ["key", batch.keys.map(({ claim }) => claimName(claim))],
    ["units", batch.units.map((row) => Store.unitsKey(row.productId, row.customerId))],
  ]
  for (const [what, keys] of groups) {
    const seen = new Set<string>()
    const repeated = keys.find((key) => seen.size === seen.add(key).size)
    if (repeated !== undefined) return `${what} ${repeated} is in the batch twice`
  }
  const product = batch.products.find((row) => store.products.has(row.product.id))
  if (product !== undefined) return `product ${product.product.id} exists already`
  const order = batch.orders.find(({ id }) => store.orders.has(id))
  if (order !== undefined) return `order ${order.id} exists already`
  const hold = batch.holds.find((row) => Store.holdOf(store, row.orderId, row.productId) !== undefined)
  return hold === undefined ? null : `order ${hold.orderId} holds ${hold.productId} already`
}

const gapInMovements = (store: Store.Shape, batch: Batch): string | null => {
  const versions = new Map<ProductId, number>()
  for (const { productId, version } of batch.movements) {
    const last = versions.get(productId) ?? store.stocks.get(productId)?.version ?? 0
    if (version !== last + 1) return `movement ${version} of product ${productId} follows ${last}`
    versions.set(productId, version)
  }
  const after = [
    ...batch.products.map(({ product, stock }) => [product.id, stock.version] as const),
    ...batch.stocks.map(({ productId, stock }) => [productId, stock.version] as const),
  ]
  for (const [id, version] of after)
    if (versions.get(id) !== version) return `product ${id} is at ${version}, its last movement at ${versions.get(id)}`
  return null
}

const gapInFacts = (batch: Batch): string | null => {
  const seqs = new Map(batch.lanes.map(({ fromSeq, lane }) => [lane, fromSeq]))
  for (const { lane, seq } of batch.facts) {
    const last = seqs.get(lane)
    if (last === undefined || seq !== last + 1) return `fact ${seq} of lane ${lane} follows ${last}`
    seqs.set(lane, seq)
  }
  const short = batch.lanes.find(({ lane, toSeq }) => seqs.get(lane) !== toSeq)
  return short === undefined ? null : `lane ${short.lane} goes to ${short.toSeq}, its facts to ${seqs.get(short.lane)}`
}

/** The first value that no database takes, in words: a CHECK that fires, a text that cannot be kept; null: none. */
export const unstorableIn = (batch: Batch): string | null => negativeStock(batch) ?? unstorableText(batch)

const unstorableText = ({ movements, orders, orderUpdates, productEdits, products }: Batch): string | null => {
  const texts = [
    ...products.flatMap(({ product }) => [product.sku, product.name]),
    ...productEdits.map(({ after }) => after.name),
    ...orders.map(({ customerId }) => customerId),
    ...orderUpdates.map(({ order }) => (order.status === "cancelled" ? order.reason : null)),
    ...movements.map(({ reason }) => reason),
  ]
  const found = texts.find((text) => text !== null && !Text.isStorable(text))
  return found === undefined ? null : `no database keeps the text ${JSON.stringify(found)}`
}
