/**
 * The memory store: everything Postgres would keep, in maps. All memory adapters of one process share one.
 *
 * Why it exists: it makes the ports' laws executable. What is not obvious from a port is decided here, and the contract
 * suites hold Postgres to the same.
 *
 * Limits: none, on purpose. It forgets nothing until the process ends, as a ledger must not; it is for tests and for a
 * first look (`STORE=memory`), not for a shop.
 */
import { Context, Layer } from "effect"
import type { CustomerId, OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import type { Order } from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import type { Shipment } from "../../domain/shipping.ts"
import type { Stock } from "../../domain/stock.ts"
import * as Text from "../../domain/text.ts"
import type { Callback } from "../../ports/carrier.ts"
import type { Parked } from "../../ports/inbox.ts"
import type { Fact, HoldRow, KeyRow, Movement, OwnedLane, UnitsRow } from "../../ports/ledger.ts"
import type { TimelineEntry } from "../../ports/timeline.ts"
import { SessionLock } from "./session-lock.ts"

/** The shop of every memory store: none of them shares a stream with another. */
export const SHOP = "5ca1ab1e-0000-4000-8000-000000000000"

export interface Tables {
  /** One for each lane, at its index. */
  readonly lanes: Array<OwnedLane>
  /** The chain of each lane, at its index: a link a taking, oldest first; its facts are those behind `since`, up to the next. */
  readonly links: ReadonlyArray<Array<{ readonly since: number; readonly link: string }>>
  readonly products: Map<ProductId, Product>
  /** Versions of products that have ended, oldest first, each with the version of the stock at which it did. */
  readonly productVersions: Map<ProductId, Array<{ readonly product: Product; readonly stockVersion: number }>>
  readonly skus: Map<string, ProductId>
  readonly stocks: Map<ProductId, Stock>
  readonly orders: Map<OrderId, Order>
  /** Orders that time or the outside world may still change; what the sweeps look at instead of all. */
  readonly open: Set<OrderId>
  /** Orders of which a commit said that holds on other workers are still to be ended, until a sweep has found none. */
  readonly elsewhere: Set<OrderId>
  /** By order, then product. */
  readonly holds: Map<OrderId, Map<ProductId, HoldRow>>
  /** Orders with a tentative hold. */
  readonly tentative: Set<OrderId>
  readonly units: Map<string, UnitsRow>
  readonly keys: Map<string, KeyRow>
  /** Each product's ledger, oldest first. */
  readonly movements: Map<ProductId, Array<Movement>>
  /** The outbox, in the order of commits. */
  readonly facts: Array<Fact>
  readonly inbox: InboxTables
  /** By order, then entry. */
  readonly timeline: Map<OrderId, Map<string, TimelineEntry>>
  readonly shipments: Map<OrderId, Shipment>
  /** Contexts in which they were opened, of those that are traced. */
  readonly shipmentTraces: Map<OrderId, string>
  /** What each callback of the carrier has reported, by order and id. */
  readonly callbacks: Map<string, Callback["what"]>
  /** Whose each parcel is, by tracking id. */
  readonly parcels: Map<string, OrderId>
}

/** What consumers have handled. Each name begins with the consumer's. */
export interface InboxTables {
  readonly positions: Map<string, number>
  readonly events: Set<string>
  /** The newest version of each key. */
  readonly versions: Map<string, number>
  /** Dead letters, oldest first, each with the id of its event. */
  readonly letters: Map<number, Parked & { readonly eventId: string | null }>
  /** Letters that were given up: known when they come again. */
  readonly discarded: Map<number, Parked & { readonly eventId: string | null }>
  lastLetter: number
}

/** The relaying process, and how far it is. */
export interface Relay {
  readonly leadership: SessionLock
  /** The seq of the last fact of each lane that has left, at the lane's index. */
  readonly cursors: Array<number>
}

export class Store extends Context.Service<
  Store,
  Tables & {
    /** On all lanes. */
    readonly lease: SessionLock
    readonly relay: Relay
  }
>()("jaego/adapters/memory/Store") {}

export type Shape = Store["Service"]

export const make = (): Shape => ({
  lanes: Array.from({ length: Lane.COUNT }, (_, lane) => ({ lane, epoch: 0, seq: 0 })),
  links: Array.from({ length: Lane.COUNT }, (_, lane) => [{ since: 0, link: linkOf(lane, 0) }]),
  products: new Map(),
  productVersions: new Map(),
  skus: new Map(),
  stocks: new Map(),
  orders: new Map(),
  open: new Set(),
  elsewhere: new Set(),
  holds: new Map(),
  tentative: new Set(),
  units: new Map(),
  keys: new Map(),
  movements: new Map(),
  facts: [],
  inbox: {
    positions: new Map(),
    events: new Set(),
    versions: new Map(),
    letters: new Map(),
    discarded: new Map(),
    lastLetter: 0,
  },
  timeline: new Map(),
  shipments: new Map(),
  shipmentTraces: new Map(),
  callbacks: new Map(),
  parcels: new Map(),
  lease: new SessionLock(),
  relay: { leadership: new SessionLock(), cursors: Array.from({ length: Lane.COUNT }, () => 0) },
})

export const layer: Layer.Layer<Store> = Layer.sync(Store, make)

export const unitsKey = (productId: ProductId, customerId: CustomerId): string => productId + customerId

export const holdOf = (store: Tables, orderId: OrderId, productId: ProductId): HoldRow | undefined =>
  store.holds.get(orderId)?.get(productId)

export const holdsOf = (store: Tables, orderId: OrderId): ReadonlyArray<HoldRow> => [
  ...(store.holds.get(orderId)?.values() ?? []),
]

/** No two stores are copies of each other, so an epoch names a taking for ever. A UUID. */
const linkOf = (lane: Lane.Lane, epoch: number): string =>
  `11a2e000-0000-4000-80${lane.toString(16).padStart(2, "0")}-${epoch.toString(16).padStart(12, "0")}`

/** A taking that brought no fact leaves no link. */
const renewLink = (store: Tables, { epoch, lane, seq }: OwnedLane): void => {
  const links = store.links[lane]!
  if (links.at(-1)!.since === seq) links.pop()
  links.push({ since: seq, link: linkOf(lane, epoch) })
}

/** Takes new epochs for lanes, whichever process had them, and begins a new link of each. */
export const raise = (store: Tables, lanes: ReadonlyArray<Lane.Lane>): ReadonlyArray<OwnedLane> =>
  lanes.map((lane) => {
    const { epoch, seq } = store.lanes[lane]!
    const raised = { lane, epoch: epoch + 1, seq }
    store.lanes[lane] = raised
    renewLink(store, raised)
    return raised
  })

/** Every row as it is now. Rows are never changed in place, but the tables are: look at once, or take a `snapshot`. */
export const rows = (store: Tables) => ({
  lanes: store.lanes,
  products: [...store.products.values()],
  productVersions: [...store.productVersions.values()].flat(),
  stocks: store.stocks,
  orders: [...store.orders.values()],
  holds: [...store.holds.values()].flatMap((held) => [...held.values()]),
  units: [...store.units.values()],
  keys: [...store.keys.values()],
  movements: [...store.movements.values()].flat(),
  facts: store.facts,
})

/** A copy of every row, for tests: two snapshots are equal when nothing was written in between. */
export const snapshot = (store: Tables) => structuredClone(rows(store))

/** A text that Postgres does not keep, which it says only when it is to be written. */
export class Unstorable extends Error {
  override readonly name = "Unstorable"
}

/** Throws `Unstorable`. */
export const assertStorable = (value: unknown): void => {
  if (typeof value === "string" && !Text.isStorable(value))
    throw new Unstorable(`no database keeps the text ${JSON.stringify(value)}`)
}
