/**
 * Writes batches by hand, as an owner would: it knows its lanes, counts their facts, and derives movements and facts from
 * the changes, so that a test says only what it is about.
 */

import { Effect, type Scope } from "effect"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import type * as Hold from "../../src/domain/hold.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import type { Product } from "../../src/domain/product.ts"
import * as Stock from "../../src/domain/stock.ts"
import type { Claim, Route } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import {
  type Batch,
  type Fact,
  type HoldRow,
  Ledger,
  type LedgerDown,
  type Movement,
  type OwnedLane,
} from "../../src/ports/ledger.ts"

/** A fresh id, above every one before it. */
export const freshId: () => string = SystemIds.make().next

/** 2026-06-01T12:00:00Z, milliseconds since 1970. */
export const NOON = 1_780_315_200_000

export interface StockChange {
  readonly productId: ProductId
  readonly before: Stock.Stock
  readonly event: Stock.Event
  readonly orderId?: OrderId
}

export interface Parts extends Partial<Omit<Batch, "lanes" | "movements" | "facts" | "products" | "stocks">> {
  readonly products?: ReadonlyArray<{ readonly product: Product; readonly onHand: number }>
  readonly changes?: ReadonlyArray<StockChange>
}

export const nothing: Batch = {
  lanes: [],
  products: [],
  productEdits: [],
  stocks: [],
  orders: [],
  orderUpdates: [],
  holds: [],
  holdChanges: [],
  units: [],
  keys: [],
  keyOutcomes: [],
  movements: [],
  facts: [],
}

const movement = (productId: ProductId, event: Stock.Event, after: Stock.Stock, orderId: OrderId | null): Movement => ({
  productId,
  version: after.version,
  type: event.type,
  onHandDelta: event.onHand,
  reservedDelta: event.reserved,
  onHand: after.onHand,
  reserved: after.reserved,
  orderId,
  reason: event.reason,
  at: NOON,
})

export class Scribe {
  readonly ledger: Ledger["Service"]
  readonly #lanes: Array<OwnedLane>

  constructor(ledger: Ledger["Service"], lanes: ReadonlyArray<OwnedLane>) {
    this.ledger = ledger
    this.#lanes = [...lanes].sort((a, b) => a.lane - b.lane)
  }

  lane(lane: Lane.Lane): OwnedLane {
    return this.#lanes[lane]!
  }

  /** What an owner learns from `raise`. */
  take(lanes: ReadonlyArray<OwnedLane>): void {
    for (const each of lanes) this.#lanes[each.lane] = each
  }

  batch(parts: Parts): Batch {
    const { changes = [], products = [], ...rest } = parts
    const created = products.map(({ onHand, product }) => ({
      product,
      stock: Stock.evolve(Stock.nothing, Stock.created(onHand)),
    }))
    const stocks = changes.map(({ before, event, productId }) => ({
      productId,
      expectedVersion: before.version,
      stock: Stock.evolve(before, event),
    }))
    const movements = [
      ...created.map(({ product, stock }) => movement(product.id, Stock.created(stock.onHand), stock, null)),
      ...changes.map(({ event, orderId, productId }, index) =>
        movement(productId, event, stocks[index]!.stock, orderId ?? null),
      ),
    ]
    const orders = [...(parts.orders ?? []), ...(parts.orderUpdates ?? []).map(({ order }) => order)]
    const { facts, lanes } = this.#facts([
      ...movements.map((row) => ["stock", row.productId, row.version, `jaego.stock.${row.type}.v1`] as const),
      ...(parts.productEdits ?? []).map(
        ({ after }) => ["product", after.id, after.version, "jaego.product.edited.v1"] as const,
      ),
      ...orders.map((order) => ["order", order.id, order.version, `jaego.order.${order.status}.v1`] as const),
    ])
    return { ...nothing, ...rest, lanes, products: created, stocks, movements, facts }
  }

  /** Commits; when the batch was taken, this owner's lanes have moved. */
  commit(parts: Parts) {
    return this.submit(this.batch(parts))
  }

  submit(batch: Batch) {
    return Effect.tap(this.ledger.commit(batch), (result) =>
      Effect.sync(() => {
        if (result._tag === "Committed")
          this.take(batch.lanes.map(({ epoch, lane, toSeq }) => ({ lane, epoch, seq: toSeq })))
      }),
    )
  }

  #facts(
    subjects: ReadonlyArray<readonly [Fact["subjectKind"], ProductId | OrderId, number, string]>,
  ): Pick<Batch, "facts" | "lanes"> {
    const seqs = new Map<Lane.Lane, number>()
    const facts = subjects.map(([subjectKind, subject, subjectVersion, type]): Fact => {
      const lane = Lane.of(subject)
      const seq = (seqs.get(lane) ?? this.lane(lane).seq) + 1
      seqs.set(lane, seq)
      const payload = JSON.stringify({ subject, version: subjectVersion })
      return { lane, seq, eventId: freshId(), subjectKind, subject, subjectVersion, type, payload, at: NOON }
    })
    const lanes = [...seqs].map(([lane, toSeq]) => {
      const { epoch, seq } = this.lane(lane)
      return { lane, epoch, fromSeq: seq, toSeq }
    })
    return { facts, lanes }
  }
}

/** The owner of all lanes, until the scope closes. */
export const owner: Effect.Effect<Scribe, LedgerDown, Ledger | Lease | Scope.Scope> = Effect.gen(function* () {
  const lease = yield* Lease
  const { lanes } = yield* lease.acquire(Effect.void)
  return new Scribe(yield* Ledger, lanes)
})

/** Ids grow, so what is made later sorts later. */
export const product = (over: Partial<Product> = {}): Product => {
  const id = freshId() as ProductId
  return {
    id,
    sku: `sku-${id}`,
    name: "Fresh bread",
    price: { amount: 250, currency: "EUR" },
    purchaseLimit: null,
    createdAt: NOON,
    version: 1,
    archived: false,
    ...over,
  }
}

export const productIn = (lane: Lane.Lane): Product => {
  const id = Lane.place(freshId(), lane) as ProductId
  return product({ id, sku: `sku-${id}` })
}

/** In a lane other than that of the given one. */
export const productElsewhere = (than: Product): Product => productIn((Lane.of(than.id) + 1) % Lane.COUNT)

export const claim = (route: Route = "orders", key: string = freshId()): Claim => ({
  route,
  key,
  fingerprint: freshId(),
})

/** One unit of each product, for a customer of its own, at home in the lane of the lowest. */
export const order = (
  products: ReadonlyArray<Product>,
  over: Partial<Order.Terms> = {},
  attempt: Order.Attempt | null = null,
): Order.Order => {
  const lines = products.map(({ id, price }) => ({ productId: id, quantity: 1, unitPrice: price }))
  const id = Lane.place(freshId(), Lane.home(products.map((each) => each.id))) as OrderId
  return Order.place(
    {
      id,
      customerId: `customer of ${id}`,
      lines,
      total: { amount: lines.reduce((sum, line) => sum + line.unitPrice.amount, 0), currency: "EUR" },
      createdAt: NOON,
      expiresAt: NOON + 600_000,
      ...over,
    },
    attempt,
  )
}

/** The holds of an order, one a line. */
export const holds = (
  of: Order.Terms,
  state: Hold.State = "held",
  lapsesAt: number | null = null,
): ReadonlyArray<HoldRow> =>
  of.lines.map(({ productId, quantity, unitPrice }, lineNo) => ({
    orderId: of.id,
    productId,
    customerId: of.customerId,
    lineNo,
    lane: Lane.of(productId),
    quantity,
    unitPrice: unitPrice.amount,
    currency: unitPrice.currency,
    state,
    lapsesAt,
  }))

/** The changes that reserve one unit of each product, from how they were created. */
export const reserving = (of: Order.Terms, onHand: number): ReadonlyArray<StockChange> =>
  of.lines.map(({ productId, quantity }) => ({
    productId,
    before: { onHand, reserved: 0, version: 1 },
    event: { type: "reserved", onHand: 0, reserved: quantity, reason: null },
    orderId: of.id,
  }))

export const orderAnswer = (of: Order.Order, to: Claim) => ({
  claim: to,
  answer: { _tag: "Order", orderId: of.id, status: of.status } as const,
})

export const terms = ({ createdAt, customerId, expiresAt, id, lines, total }: Order.Order): Order.Terms => ({
  id,
  customerId,
  lines,
  total,
  createdAt,
  expiresAt,
})
