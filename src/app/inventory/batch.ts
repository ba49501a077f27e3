/**
 * A batch: decisions that are committed together, as the rows the ledger writes. Several changes of one product or order
 * in a batch become one row change (their movements and facts stay one each).
 *
 * Law: I3 (one batch, everything a decision changes), I7 (exactly one fact per change, in version order within a lane).
 */
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import type { Order } from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import type { Stock } from "../../domain/stock.ts"
import * as Facts from "../../ports/facts.ts"
import type * as Ledger from "../../ports/ledger.ts"
import type { Decision } from "./decision.ts"

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface StockRow {
  readonly productId: ProductId
  readonly created: Product | null
  /** Null: the product is new. */
  readonly expectedVersion: number | null
  stock: Stock
}

interface OrderRow {
  readonly expectedVersion: number | null
  order: Order
  elsewhere: boolean
}

export class Builder {
  readonly #lanes: ReadonlyMap<Lane.Lane, Ledger.OwnedLane>
  readonly #nextId: () => string
  readonly #seqs = new Map<Lane.Lane, number>()
  readonly #stocks = new Map<ProductId, StockRow>()
  readonly #edits: Array<Ledger.ProductEdit> = []
  readonly #orders = new Map<OrderId, OrderRow>()
  readonly #holdsOf = new Map<OrderId, Array<Writable<Ledger.HoldRow>>>()
  readonly #holdChanges = new Map<string, Writable<Ledger.HoldChange>>()
  readonly #units = new Map<string, Ledger.UnitsRow>()
  readonly #keys: Array<Ledger.KeyRow> = []
  readonly #keyOutcomes: Array<Ledger.KeyOutcome> = []
  readonly #movements: Array<Ledger.Movement> = []
  readonly #facts: Array<Ledger.Fact> = []
  /** Of the decision that is being added. */
  #trace: string | null = null

  constructor(lanes: ReadonlyMap<Lane.Lane, Ledger.OwnedLane>, nextId: () => string) {
    this.#lanes = lanes
    this.#nextId = nextId
  }

  /** `trace`: the context of its facts; null: none. */
  add(decision: Decision, trace: string | null): void {
    this.#trace = trace
    this.#addStock(decision)
    this.#addEdit(decision)
    this.#addOrder(decision)
    for (const row of decision.holds) this.#addHold({ ...row })
    for (const change of decision.holdChanges) this.#addHoldChange(change)
    for (const { cell, after } of decision.units) {
      const { productId, customerId } = cell
      this.#units.set(productId + customerId, { productId, customerId, units: after.count })
    }
    if (decision.keyOutcome !== null) this.#keyOutcomes.push(decision.keyOutcome)
    if (decision.key === null) return
    this.#keys.push(decision.key)
    // A key that is bound without any change is fenced all the same: its lane goes along with an unchanged seq.
    const { answer } = decision.key
    if (decision.order === null && decision.stock.length === 0 && answer._tag === "Order")
      this.#touch(Lane.of(answer.orderId))
  }

  #addStock(decision: Decision): void {
    for (const { cell, created, event, after, orderId } of decision.stock) {
      const { id } = cell.product
      const row = this.#stocks.get(id)
      if (row !== undefined) row.stock = after
      else {
        const expectedVersion = created === null ? after.version - 1 : null
        this.#stocks.set(id, { productId: id, created, expectedVersion, stock: after })
      }
      this.#movements.push({
        productId: id,
        version: after.version,
        type: event.type,
        onHandDelta: event.onHand,
        reservedDelta: event.reserved,
        onHand: after.onHand,
        reserved: after.reserved,
        orderId,
        reason: event.reason,
        at: decision.at,
      })
      const payload = Facts.stockPayload(id, event, after, orderId)
      this.#fact("stock", id, after.version, Facts.stockType(event), payload, decision.at)
    }
  }

  /** Each version is a row of its own: the ledger keeps the one that it ends. */
  #addEdit({ at, edit }: Decision): void {
    if (edit === null) return
    const { after, before, stockVersion } = edit
    // Nothing to write: its lane goes along with an unchanged seq, as for a key that is bound without any change.
    if (after === before) return void this.#touch(Lane.of(after.id))
    this.#edits.push({ before, after, stockVersion, at })
    this.#fact("product", after.id, after.version, Facts.PRODUCT_EDITED, Facts.productPayload(before, after), at)
  }

  #addOrder(decision: Decision): void {
    if (decision.order === null) return
    const { event, after, elsewhere } = decision.order
    const row = this.#orders.get(after.id)
    if (row === undefined)
      this.#orders.set(after.id, {
        expectedVersion: event._tag === "Placed" ? null : after.version - 1,
        order: after,
        elsewhere,
      })
    else {
      row.order = after
      row.elsewhere ||= elsewhere
    }
    this.#fact("order", after.id, after.version, Facts.orderType(event), Facts.orderPayload(after), decision.at)
  }

  #addHold(row: Writable<Ledger.HoldRow>): void {
    const rows = this.#holdsOf.get(row.orderId)
    if (rows === undefined) this.#holdsOf.set(row.orderId, [row])
    else {
      const same = rows.findIndex(({ productId }) => productId === row.productId)
      if (same === -1) rows.push(row)
      else rows[same] = row
    }
  }

  /** A hold that begins and changes within one batch is written as it ends. */
  #addHoldChange(change: Ledger.HoldChange): void {
    const key = change.orderId + change.productId
    const fresh = this.#holdsOf.get(change.orderId)?.find(({ productId }) => productId === change.productId)
    if (fresh !== undefined) {
      fresh.state = change.to
      fresh.lapsesAt = null
      return
    }
    const earlier = this.#holdChanges.get(key)
    if (earlier !== undefined) earlier.to = change.to
    else this.#holdChanges.set(key, { ...change })
  }

  #owned(lane: Lane.Lane): Ledger.OwnedLane {
    const owned = this.#lanes.get(lane)
    if (owned === undefined) throw new Error(`lane ${lane} is not owned here`)
    return owned
  }

  #touch(lane: Lane.Lane): number {
    const seq = this.#seqs.get(lane) ?? this.#owned(lane).seq
    this.#seqs.set(lane, seq)
    return seq
  }

  #fact(
    subjectKind: Ledger.Fact["subjectKind"],
    subject: ProductId | OrderId,
    subjectVersion: number,
    type: string,
    payload: string,
    at: number,
  ): void {
    const lane = Lane.of(subject)
    const seq = this.#touch(lane) + 1
    this.#seqs.set(lane, seq)
    this.#facts.push({
      lane,
      seq,
      eventId: this.#nextId(),
      subjectKind,
      subject,
      subjectVersion,
      type,
      payload,
      at,
      trace: this.#trace,
    })
  }

  /** Null: there is nothing to write. */
  build(): Ledger.Batch | null {
    if (this.#seqs.size === 0) return null
    const stocks = [...this.#stocks.values()]
    const orders = [...this.#orders.values()]
    return {
      lanes: [...this.#seqs].map(([lane, toSeq]) => {
        const { epoch, seq } = this.#owned(lane)
        return { lane, epoch, fromSeq: seq, toSeq }
      }),
      products: stocks.flatMap(({ created, stock }) => (created === null ? [] : [{ product: created, stock }])),
      productEdits: this.#edits,
      stocks: stocks.flatMap(({ expectedVersion, productId, stock }) =>
        expectedVersion === null ? [] : [{ productId, expectedVersion, stock }],
      ),
      orders: orders.flatMap(({ expectedVersion, order }) => (expectedVersion === null ? [order] : [])),
      orderUpdates: orders.flatMap(({ expectedVersion, order, elsewhere }) =>
        expectedVersion === null ? [] : [{ order, expectedVersion, elsewhere }],
      ),
      holds: [...this.#holdsOf.values()].flat(),
      holdChanges: [...this.#holdChanges.values()],
      units: [...this.#units.values()],
      keys: this.#keys,
      keyOutcomes: this.#keyOutcomes,
      movements: this.#movements,
      facts: this.#facts,
    }
  }
}
