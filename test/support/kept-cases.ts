/** What the service's loops, decisions and answers ask of a database, each on some rows, and what that may cost. */
import { Effect } from "effect"
import * as Backlog from "../../src/adapters/postgres/backlog.ts"
import { DELETE } from "../../src/adapters/postgres/key-retention.ts"
import { ADVANCE, READ } from "../../src/adapters/postgres/outbox.ts"
import { FORGET } from "../../src/adapters/postgres/timeline-retention.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import { Catalog } from "../../src/ports/catalog.ts"
import { CommittedOrders } from "../../src/ports/committed-orders.ts"
import { Explanations } from "../../src/ports/explanations.ts"
import { Imports } from "../../src/ports/imports.ts"
import { Inbox, type Intake } from "../../src/ports/inbox.ts"
import { Ledger, nothingWanted, type Wanted } from "../../src/ports/ledger.ts"
import { OrderBook, type OrderFilter } from "../../src/ports/order-book.ts"
import { type ShipmentChange, Shipments } from "../../src/ports/shipments.ts"
import { Timeline } from "../../src/ports/timeline.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { ViewCounts } from "../../src/ports/view-counts.ts"
import { FACTS, FACTS_LANE, id, ROWS } from "./grown-shop.ts"
import * as KeptCommits from "./kept-commits.ts"
import type * as KeptPlans from "./kept-plans.ts"
import * as Scribe from "./scribe.ts"

/** Of a statement that looks some rows up. */
export const PAGES_MAX = 60

/** Of one that looks up ten, with what belongs to each. */
const PAGES_OF_TEN = 200

/** Of one that writes some rows into each table, with their indexes. */
const PAGES_OF_COMMIT = 200

/** The same, and what is counted: open charges. */
const PAGES_OF_BACKLOG = 500

/** The way to the cursor and the end of each lane, and to the facts of one in a partition a day. */
const PAGES_OF_LANES = 400

const MIDDLE = ROWS / 2
const NOW = Date.now()

type Services =
  | Catalog
  | CommittedOrders
  | Explanations
  | Inbox
  | Ledger
  | OrderBook
  | Shipments
  | Timeline
  | UnsettledOrders

export interface Case {
  /** `turn`: 0 when there is nothing, then each on other rows. */
  readonly look: (kept: KeptPlans.KeptPlans, turn: number) => Effect.Effect<unknown, unknown, Services>
  readonly pages?: number
  readonly settings?: ReadonlyArray<string>
}

const PRODUCT = id(MIDDLE) as ProductId
const ORDER = id(MIDDLE) as OrderId
/** Without a charge under way, and paid. */
const PAID = id(MIDDLE + 1) as OrderId
const IMPORT = id(1)
const RUNNER = id(2)
const PAGE = { after: null, limit: 10 }

const event = (n: number): Intake => {
  const orderId = id(n) as OrderId
  const writes = [
    { _tag: "OpenShipment", orderId, at: NOW } as const,
    {
      _tag: "AddTimelineEntry",
      orderId,
      eventId: Scribe.freshId(),
      type: "jaego.order.paid.v1",
      version: 2,
      at: NOW,
      detail: null,
    } as const,
  ]
  const delivery = { topic: "jaego.orders", offset: n, key: orderId, value: "", headers: {} } as const
  return {
    consumer: "shipping",
    source: "source",
    taken: [{ _tag: "Event", delivery, eventId: Scribe.freshId(), version: 2, writes }],
    next: n + 1,
  }
}

const poison = (n: number): Intake => {
  const { taken, ...rest } = event(n)
  const { delivery, eventId } = taken[0]!
  return { ...rest, taken: [{ _tag: "Poison", delivery, eventId, error: "no", attempts: 1 }] }
}

const shipment = (orderId: OrderId): ShipmentChange => ({
  shipment: {
    orderId,
    state: "open",
    attempts: 1,
    firstAttemptAt: NOW,
    nextAttemptAt: NOW,
    trackingId: null,
    reason: null,
    version: 1,
  },
  entries: [{ id: Scribe.freshId(), type: "jaego.carrier.silent.v1", version: null, at: NOW, detail: null }],
  callback: { id: "news", what: "collected" },
})

const WANTED: Wanted = {
  products: [PRODUCT],
  details: [PRODUCT],
  orders: [ORDER],
  holdsOf: [ORDER],
  units: [{ productId: PRODUCT, customerId: `customer ${MIDDLE}` }],
  unpaid: [{ productId: PRODUCT, customerId: `customer ${MIDDLE}` }],
  keys: [{ route: "orders", key: `key ${MIDDLE}` }],
  skus: [`sku ${MIDDLE}`],
}

const ANY_ORDER = { after: null, limit: 10, customerId: null, status: null, from: null, to: null, now: NOW }

const listing = (filter: Partial<OrderFilter>): Case => ({
  look: () => Effect.flatMap(OrderBook, ({ list }) => list({ ...ANY_ORDER, ...filter })),
  pages: PAGES_OF_TEN,
})

/** An import with one row, that nothing came of. */
const received = Effect.gen(function* () {
  const { begin, put } = yield* Imports
  const id = Scribe.freshId()
  yield* begin({ id, key: id, mode: "delta", dryRun: false, at: 0, leasedUntil: 1, openMax: 10 })
  yield* put(id, { part: 0, rows: [{ line: 1, sku: null, problem: "none" }] }, 0, 1)
  return id
})

const COMMITS: Readonly<Record<string, Case>> = Object.fromEntries(
  KeptCommits.make().map(([name, commit]) => [name, { look: (_, turn) => commit(turn), pages: PAGES_OF_COMMIT }]),
)

export const CASES: Readonly<Record<string, Case>> = {
  ...COMMITS,
  "the relay's reading": {
    look: (kept) => kept.ask(READ, [500, ["jaego.stock.reserved.v1"]]),
    pages: PAGES_OF_LANES,
    settings: ["enable_bitmapscan = off"],
  },
  "the relay's cursors": {
    look: (kept) => kept.ask(ADVANCE, [[FACTS_LANE], [FACTS]]),
    settings: ["enable_bitmapscan = off"],
  },
  "what owners load, of nothing": { look: () => Effect.flatMap(Ledger, ({ load }) => load(nothingWanted)) },
  "what owners load, of a product": {
    look: () =>
      Effect.flatMap(Ledger, ({ load }) => load({ ...nothingWanted, products: [PRODUCT], details: [PRODUCT] })),
  },
  // Also those of a customer that are to be ended elsewhere, which may be looked for among all that are unsettled.
  "what owners load, of everything": {
    look: () => Effect.flatMap(Ledger, ({ load }) => load(WANTED)),
    pages: PAGES_OF_TEN,
  },
  "holds that end": { look: () => Effect.flatMap(Ledger, ({ due }) => due([0, 1], NOW, NOW + 60_000, 100)) },
  "keys that are bound": {
    look: () => Effect.flatMap(Ledger, ({ boundKeys }) => boundKeys({ route: "orders", key: "key 3" }, 10)),
  },
  "shipments that are due": {
    look: () =>
      Effect.flatMap(Shipments, ({ due }) =>
        due({ since: { firsts: 0, retries: 0 }, now: NOW, limit: 10, retries: 10, except: [] }),
      ),
    pages: PAGES_OF_TEN,
  },
  "a shipment": { look: () => Effect.flatMap(Shipments, ({ find }) => find(PAID, "callback")) },
  "shipments that are missing": {
    look: () => Effect.flatMap(Shipments, ({ missing }) => missing({ after: id(ROWS - 100) as OrderId, limit: 10 })),
    pages: PAGES_OF_TEN,
  },
  "shipments that are opened": {
    look: (_, turn) => Effect.flatMap(Shipments, ({ open }) => open([id(ROWS - 1 - 2 * turn) as OrderId], NOW)),
  },
  "shipments that are saved": {
    look: (_, turn) => Effect.flatMap(Shipments, ({ save }) => save([shipment(id(MIDDLE + 1 + 2 * turn) as OrderId)])),
  },
  "parcels that are claimed": {
    look: () => Effect.flatMap(Shipments, ({ claimParcel }) => claimParcel(PAID, "parcel")),
  },
  "what is unsettled": {
    look: () => Effect.flatMap(UnsettledOrders, ({ list }) => list({ after: id(MIDDLE) as OrderId, limit: 5 })),
    pages: PAGES_OF_TEN,
  },
  "orders by their keys": { look: () => Effect.flatMap(CommittedOrders, ({ of }) => of([ORDER])) },
  "orders by pages": { look: () => Effect.flatMap(CommittedOrders, ({ list }) => list({ after: ORDER, limit: 5 })) },
  "what consumers take in": {
    look: (_, turn) => Effect.flatMap(Inbox, ({ commit }) => commit([event(ROWS - 3 - 4 * turn)])),
    pages: PAGES_OF_COMMIT,
  },
  "what consumers take in and park": {
    look: (_, turn) => Effect.flatMap(Inbox, ({ commit }) => commit([poison(ROWS - 5 - 4 * turn)])),
    pages: PAGES_OF_COMMIT,
  },
  "a consumer's position": { look: () => Effect.flatMap(Inbox, ({ position }) => position("shipping", "source")) },
  "whether an event was handled": {
    look: () => Effect.flatMap(Inbox, ({ isHandled }) => isHandled("shipping", id(MIDDLE))),
  },
  "an event that was handled": { look: () => Effect.flatMap(Inbox, ({ handled }) => handled("carrier", id(MIDDLE))) },
  "parked letters": {
    look: () => Effect.flatMap(Inbox, ({ parked }) => parked({ consumer: null, after: 0, limit: 10 })),
  },
  "groups of parked letters": { look: () => Effect.flatMap(Inbox, ({ groups }) => groups(10)) },
  "the backlog": { look: (kept) => kept.ask(Backlog.BACKLOG, []), pages: PAGES_OF_BACKLOG },
  "an order": { look: () => Effect.flatMap(OrderBook, ({ get }) => get(ORDER)) },
  "the order of a key": { look: () => Effect.flatMap(OrderBook, ({ ofKey }) => ofKey(`key ${MIDDLE}`)) },
  "when units come back": { look: () => Effect.flatMap(OrderBook, ({ outlook }) => outlook(id(2) as ProductId)) },
  "a page of orders": listing({}),
  "a page of a customer's orders": listing({ customerId: `customer ${MIDDLE}` }),
  "a page of a till's orders": listing({ customerId: "till" }),
  "a page of a till's delivered orders": listing({ customerId: "till", status: "delivered" }),
  "a page of a till's live orders": listing({ customerId: "till", status: "reserved" }),
  "a page of a customer's paid orders": listing({ customerId: `customer ${MIDDLE + 1}`, status: "paid" }),
  "a page of a customer's orders that have expired": listing({ customerId: `customer ${MIDDLE}`, status: "expired" }),
  "a page of paid orders": listing({ status: "paid" }),
  "a page of live orders": listing({ status: "reserved" }),
  "a page of orders that have expired": listing({ status: "expired" }),
  "a page of orders of an hour": listing({ from: NOW - 3_600_000, to: NOW + 3_600_000 }),
  "how an order was decided": { look: () => Effect.flatMap(Explanations, ({ order }) => order(ORDER)) },
  "an order's timeline": { look: () => Effect.flatMap(Timeline, ({ entries }) => entries(ORDER)) },
  "a product": { look: () => Effect.flatMap(Catalog, ({ get }) => get(PRODUCT)) },
  "a page of products": {
    look: () => Effect.flatMap(Catalog, ({ list }) => list({ after: PRODUCT, limit: 10, sku: null, words: null })),
  },
  "a page of stock": {
    look: () => Effect.flatMap(Catalog, ({ stock }) => stock({ after: PRODUCT, limit: 10 })),
    pages: PAGES_OF_TEN,
  },
  "a page of movements": { look: () => Effect.flatMap(Catalog, ({ movements }) => movements(PRODUCT, PAGE)) },
  "what is let go of old orders": {
    look: (kept, turn) => kept.ask(`select * from ${FORGET.name}($1::uuid, $2::int, $3::int)`, [id(100 * turn), 1, 5]),
    pages: PAGES_OF_TEN,
  },
  "keys that are let go": { look: (kept) => kept.ask(DELETE, [0, 1, 24]) },
  "products of an import": { look: () => Effect.flatMap(Imports, ({ products }) => products([`sku ${MIDDLE}`])) },
  "books of an import": {
    look: () => Effect.flatMap(Imports, ({ books }) => books([{ productId: PRODUCT, version: 2 }])),
  },
  "parts of an import": { look: () => Effect.flatMap(Imports, ({ parts }) => parts(IMPORT, MIDDLE, 1)) },
  "parts that are recorded": {
    look: (_, turn) =>
      Effect.flatMap(Imports, ({ record }) =>
        record(
          RUNNER,
          IMPORT,
          [{ part: MIDDLE + turn, outcomes: [] }],
          [{ productId: PRODUCT, line: 1, countedAt: NOW, version: 2, delta: 1 }],
          NOW,
        ),
      ),
  },
  "an import that is received and dropped": {
    look: () => Effect.flatMap(received, (id) => Effect.flatMap(Imports, ({ drop }) => drop(id))),
  },
  "an import that is received and let go": {
    look: () =>
      Effect.andThen(
        received,
        Effect.flatMap(Imports, ({ forget }) => forget(0, NOW)),
      ),
  },
  "an import of which a part is missing": {
    look: () => Effect.flatMap(received, (id) => Effect.flatMap(Imports, ({ accept }) => accept(id, id, 2, 0))),
  },
  "an import that is shown": { look: () => Effect.flatMap(Imports, ({ get }) => get(IMPORT)) },
  "rows of an import": {
    look: () => Effect.flatMap(Imports, ({ rows }) => rows(IMPORT, "all", { after: MIDDLE, limit: 10 })),
  },
  "an import that is claimed": { look: () => Effect.flatMap(Imports, ({ claim }) => claim(RUNNER, NOW, NOW)) },
  "imports that are let go": { look: () => Effect.flatMap(Imports, ({ forget }) => forget(0, NOW)) },
  "a census of imports": { look: () => Effect.flatMap(Imports, ({ census }) => census) },
  "views that are counted": {
    look: () => Effect.flatMap(ViewCounts, ({ add }) => add([{ productId: PRODUCT, views: 1 }])),
  },
}
