/**
 * The ledger: where decisions become durable, a batch at a time.
 *
 * Everything in a batch commits together or not at all (I3), and only if every lane still has the epoch and seq and
 * every product and order the version the batch was decided on (I10, I2). Arrays of plain rows: an adapter turns them
 * into columns.
 */
import { Context, type Effect, Schema } from "effect"
import type * as Hold from "../domain/hold.ts"
import type { CustomerId, OrderId, ProductId } from "../domain/ids.ts"
import type { Lane } from "../domain/lane.ts"
import type { Order, Status } from "../domain/order.ts"
import type { Product } from "../domain/product.ts"
import type { EventType, Stock } from "../domain/stock.ts"
import type { Claim, Reply, Route } from "./inventory.ts"
import type { Receipt } from "./receipt.ts"

/** A lane as its owner holds it: commits carry `epoch`, the fencing token, and move `seq`, the count of its facts. */
export interface OwnedLane {
  readonly lane: Lane
  readonly epoch: number
  readonly seq: number
}

/** A hold as the ledger keeps it. */
export type HoldRow = Hold.Hold

export interface HoldChange {
  readonly orderId: OrderId
  readonly productId: ProductId
  readonly from: Hold.State
  readonly to: Hold.State
}

/** A change of an order that exists: written where the version is still `expectedVersion`. */
export interface OrderUpdate {
  readonly order: Order
  readonly expectedVersion: number
  /** Holds of this order on other workers are still to be ended because of this change (see `UnsettledOrders`). */
  readonly elsewhere: boolean
}

/** An edit of a product that exists: written where its version is still that of `before`. */
export interface ProductEdit {
  readonly before: Product
  readonly after: Product
  /** Of its stock when this was decided: what is reserved later is sold as `after` says. */
  readonly stockVersion: number
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface StockUpdate {
  readonly productId: ProductId
  readonly expectedVersion: number
  readonly stock: Stock
}

/** One line of a product's ledger. */
export interface Movement {
  readonly productId: ProductId
  readonly version: number
  readonly type: EventType
  /** Signed changes, in units. */
  readonly onHandDelta: number
  readonly reservedDelta: number
  /** What stood after it. */
  readonly onHand: number
  readonly reserved: number
  readonly orderId: OrderId | null
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A row of the outbox. Facts of products and of their stock lie in the product's lane, order facts in the order's home lane. */
export interface Fact {
  readonly lane: Lane
  /** Contiguous within its lane. */
  readonly seq: number
  readonly eventId: string
  readonly subjectKind: "stock" | "product" | "order"
  readonly subject: ProductId | OrderId
  readonly subjectVersion: number
  /** `jaego.stock.reserved.v1`, `jaego.order.paid.v1`, ... */
  readonly type: string
  /** JSON text. */
  readonly payload: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** Context of the command that led to it (`trace.ts`); null: it is not traced. */
  readonly trace?: string | null
}

/**
 * A key to bind. An order's answer is its terms, which never change, and the status it was answered with; every other
 * answer is kept whole.
 */
export interface KeyRow {
  readonly claim: Claim
  readonly answer:
    | { readonly _tag: "Order"; readonly orderId: OrderId; readonly status: Status }
    | { readonly _tag: "Whole"; readonly reply: Reply }
}

/** A bound key whose answer becomes the outcome: done only while its answer is still `reserved`. */
export interface KeyOutcome {
  readonly route: Route
  readonly key: string
  readonly status: Status
}

export interface UnitsRow {
  readonly productId: ProductId
  readonly customerId: CustomerId
  /** Units of live and paid orders, after this batch. */
  readonly units: number
}

export interface Batch {
  /** Each lane that gets facts: its epoch, the seq the batch was decided on, and the seq after it. */
  readonly lanes: ReadonlyArray<{
    readonly lane: Lane
    readonly epoch: number
    readonly fromSeq: number
    readonly toSeq: number
  }>
  readonly products: ReadonlyArray<{ readonly product: Product; readonly stock: Stock }>
  /** In the order in which they were decided; each of its own version. */
  readonly productEdits: ReadonlyArray<ProductEdit>
  readonly stocks: ReadonlyArray<StockUpdate>
  readonly orders: ReadonlyArray<Order>
  readonly orderUpdates: ReadonlyArray<OrderUpdate>
  readonly holds: ReadonlyArray<HoldRow>
  readonly holdChanges: ReadonlyArray<HoldChange>
  readonly units: ReadonlyArray<UnitsRow>
  readonly keys: ReadonlyArray<KeyRow>
  readonly keyOutcomes: ReadonlyArray<KeyOutcome>
  readonly movements: ReadonlyArray<Movement>
  readonly facts: ReadonlyArray<Fact>
}

export interface KnownKey {
  readonly route: Route
  readonly key: string
  readonly fingerprint: string
  /** The stored answer. An order is rebuilt from its terms with the status it was answered with. */
  readonly reply: Reply
}

/**
 * What a commit found.
 *
 * - Committed: everything is durable, and the receipt says so.
 * - Contested: something the batch wants is taken; nothing at all was written. `boundKeys` by name (`claimName`),
 *   `takenSkus`, and `changedHolds`, the orders of which some `holdChanges.from` is no longer so.
 */
export type CommitResult =
  | { readonly _tag: "Committed"; readonly receipt: Receipt }
  | {
      readonly _tag: "Contested"
      readonly boundKeys: ReadonlyArray<string>
      readonly takenSkus: ReadonlyArray<string>
      readonly changedHolds: ReadonlyArray<OrderId>
    }

/** Another owner holds a newer epoch, or the database holds another version: nothing was written. */
export class StaleOwner extends Schema.TaggedError<StaleOwner>()("StaleOwner", { detail: Schema.String }) {}

/** The database said no, or was not reached: nothing was written, for certain. */
export class LedgerDown extends Schema.TaggedError<LedgerDown>()("LedgerDown", { detail: Schema.String }) {}

/** The database is reached and refuses a value or a row of the batch, whenever it is sent: nothing was written, for certain. */
export class Unstorable extends Schema.TaggedError<Unstorable>()("Unstorable", { detail: Schema.String }) {}

/** Why nothing was committed, or why that is not known. */
export type CommitFailure = StaleOwner | LedgerDown | Unstorable | CommitUnknown

/** The answer to a commit was lost: it may have happened, or be happening still. */
export class CommitUnknown extends Schema.TaggedError<CommitUnknown>()("CommitUnknown", { detail: Schema.String }) {}

/**
 * Whether a commit whose answer was lost was done, by the lanes as `raise` gave them: every commit with facts moves the seq of
 * a lane that only its owner moves. Of a batch that only binds keys they say nothing.
 */
export const didCommit = (batch: Batch, lanes: ReadonlyArray<OwnedLane>): boolean =>
  batch.lanes.some(
    ({ lane, fromSeq, toSeq }) => toSeq > fromSeq && lanes.find((owned) => owned.lane === lane)?.seq === toSeq,
  )

/** What a turn needs in memory and does not have, and what has to be known to be free before it. */
export interface Wanted {
  readonly products: ReadonlyArray<ProductId>
  /** Products that are to be edited: all that is known of them is needed, and whether they were ever sold. */
  readonly details: ReadonlyArray<ProductId>
  /** Orders whose home is here. */
  readonly orders: ReadonlyArray<OrderId>
  /** Holds of orders whose home is elsewhere, on these lanes. */
  readonly holdsOf: ReadonlyArray<OrderId>
  readonly units: ReadonlyArray<{ readonly productId: ProductId; readonly customerId: CustomerId }>
  /** Whose unpaid holds of a product are to be counted. */
  readonly unpaid: Wanted["units"]
  readonly keys: ReadonlyArray<Pick<Claim, "route" | "key">>
  readonly skus: ReadonlyArray<string>
}

export const nothingWanted: Wanted = {
  products: [],
  details: [],
  orders: [],
  holdsOf: [],
  units: [],
  unpaid: [],
  keys: [],
  skus: [],
}

/** A product as its edit is decided on: all of it from one moment. */
export interface Details {
  readonly product: Product
  readonly stockVersion: number
  /** Units of it were reserved up to that version of its stock. */
  readonly isSold: boolean
}

/** Whatever of the wanted exists; what is absent does not. `holds` has every hold of `holdsOf`, whatever its lane. */
export interface Loaded {
  readonly products: ReadonlyArray<{ readonly product: Product; readonly stock: Stock }>
  readonly details: ReadonlyArray<Details>
  readonly orders: ReadonlyArray<Order>
  readonly holds: ReadonlyArray<HoldRow>
  readonly units: ReadonlyArray<UnitsRow>
  /** Who has none is not among them. */
  readonly unpaid: ReadonlyArray<Wanted["unpaid"][number] & { readonly holds: number }>
  /** Of `keys`, those that are bound. */
  readonly known: ReadonlyArray<KnownKey>
  /** Of `skus`, those that a product has. */
  readonly takenSkus: ReadonlyArray<string>
  /** What exists and contradicts itself (an order without lines): ids of orders, names of keys. */
  readonly unreadable: ReadonlyArray<string>
}

/** Where a reading of the keys goes on. */
export interface KeyPosition {
  readonly key: string
  readonly route: string
}

/** Work that time will bring: found again after a restart. */
export interface Due {
  /** Live orders without a pending attempt whose hold ends before the horizon. */
  readonly expiries: ReadonlyArray<{ readonly orderId: OrderId; readonly expiresAt: number }>
  /** Tentative holds, one entry an order, that lapse before the horizon. */
  readonly lapses: ReadonlyArray<{ readonly orderId: OrderId; readonly lapsesAt: number }>
}

export class Ledger extends Context.Service<
  Ledger,
  {
    /**
     * Law: atomic; fenced; one in flight per owner. Not to be interrupted, and never retried blindly: after
     * `CommitUnknown` call `raise`, whose `seq` shows whether the batch was committed.
     */
    readonly commit: (batch: Batch) => Effect.Effect<CommitResult, CommitFailure>
    /**
     * After `CommitUnknown` and `raise`: the receipt, if the batch was committed; null, it was not and never will be, or it
     * binds nothing but keys: look them up.
     */
    readonly receiptOf: (batch: Batch, raised: ReadonlyArray<OwnedLane>) => Receipt | null
    /** One round trip for all misses of a turn. A read of what is committed, safe to retry. */
    readonly load: (wanted: Wanted) => Effect.Effect<Loaded, LedgerDown>
    /** From `since` on, before `before`, milliseconds since 1970: at most `limit` of each kind, soonest first. A read, safe to retry. */
    readonly due: (
      lanes: ReadonlyArray<Lane>,
      since: number,
      before: number,
      limit: number,
    ) => Effect.Effect<Due, LedgerDown>
    /**
     * The names (`claimName`) of keys that are bound, at most `limit` in the order of their positions: those that were bound
     * before the first page was asked for come for certain, later ones may. A read, safe to retry.
     */
    readonly boundKeys: (
      after: KeyPosition | null,
      limit: number,
    ) => Effect.Effect<{ readonly names: ReadonlyArray<string>; readonly next: KeyPosition | null }, LedgerDown>
    /**
     * Takes a new epoch for lanes we own, and says where each lane's `seq` stands. Waits for a commit that is still
     * running on them; afterwards an older one can no longer commit. `StaleOwner`: another process has taken a lane.
     */
    readonly raise: (
      lanes: ReadonlyArray<{ readonly lane: Lane; readonly epoch: number }>,
    ) => Effect.Effect<ReadonlyArray<OwnedLane>, StaleOwner | LedgerDown>
  }
>()("jaego/ports/Ledger") {}
