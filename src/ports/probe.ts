/**
 * The probe: code announces what happened, adapters count it, tests wait for it instead of sleeping.
 *
 * Emitting is synchronous, cheap and never fails.
 */
import { Context } from "effect"
import type { UnavailableReason } from "./failures.ts"
import type { Span } from "./trace.ts"

/** Of requests, the most important first: who operates, what ends an order or stocks the shop, orders, one thing read, lists. */
export type Class = "admin" | "pay" | "place" | "read" | "list"

/** A product that loses units. */
export interface HotProduct {
  readonly productId: string
  /** In the last second. */
  readonly units: number
  readonly available: number
}

/** Why a replica is not read from: it does not answer, is too far behind, or follows no primary any more. */
export type Exclusion = "silent" | "lagging" | "promoted"

/** How long statements of a thread waited for a connection, once a second and all of it of the last second. */
export interface PoolMeasured {
  readonly _tag: "PoolMeasured"
  readonly thread: string
  readonly pools: ReadonlyArray<{
    readonly pool: string
    readonly statements: number
    /** Of all of them together. */
    readonly seconds: number
    readonly longestSeconds: number
  }>
}

export type Happening =
  | PoolMeasured
  | {
      readonly _tag: "RequestAnswered"
      /** `_OTHER`: one that the route does not know. */
      readonly method: string
      /** The route's template (`/v1/orders/{id}`), or `unmatched`. */
      readonly route: string
      readonly status: number
      readonly seconds: number
      /** Of the trace in which it is found; absent: it is in none. */
      readonly traceId?: string | undefined
    }
  /** A step of a trace that is kept. */
  | { readonly _tag: "SpanEnded"; readonly span: Span }
  /** Spans have left for the collector, or were dropped: it did not take them, or too many waited. */
  | { readonly _tag: "SpansGone"; readonly spans: number; readonly outcome: "sent" | "refused" | "queue-full" }
  /** Something cached was shown; `from`: the level it came from, the source, or an old value in its stead. */
  | { readonly _tag: "CacheRead"; readonly from: "local" | "redis" | "source" | "stale" }
  /** What was cached is renewed ahead of its time, because it was read. */
  | { readonly _tag: "CacheRefreshed" }
  /** Another process has changed a key, or it is not known what others have changed: then all is dropped that is near. */
  | { readonly _tag: "CacheInvalidated"; readonly what: "key" | "all" }
  /** Rows of an import were worked, and it is written what became of them. */
  | {
      readonly _tag: "ImportRowsDone"
      readonly applied: number
      readonly failed: number
      readonly skipped: number
      readonly dryRun: boolean
    }
  | { readonly _tag: "ImportEnded"; readonly state: "finished" | "failed"; readonly seconds: number }
  /** Imports of the shop that have not ended, by the process that decides; `oldestSeconds`: since the first of them began. */
  | {
      readonly _tag: "ImportsMeasured"
      readonly receiving: number
      readonly waiting: number
      readonly running: number
      readonly oldestSeconds: number
    }
  | { readonly _tag: "ViewsWritten"; readonly views: number }
  /** Views that were counted and will never be written. */
  | { readonly _tag: "ViewsLost"; readonly views: number }
  | { readonly _tag: "OrderPlaced"; readonly mode: "pay" | "later" }
  /** An order reached this status. `heldSince`: its hold ended with that, and began then (ms since 1970); null: it had none. */
  | {
      readonly _tag: "OrderEnded"
      readonly outcome: "paid" | "payment_failed" | "cancelled" | "expired"
      readonly heldSince: number | null
    }
  /** `amount`: in minor units of the currency. */
  | {
      readonly _tag: "UnitsSold"
      readonly units: number
      readonly amount: number
      readonly currency: string
      readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
    }
  | { readonly _tag: "OrderRefused"; readonly rejection: string }
  | { readonly _tag: "Replayed"; readonly route: string }
  | { readonly _tag: "RequestUnavailable"; readonly reason: UnavailableReason }
  | {
      readonly _tag: "CarrierCalled"
      readonly what: "collected" | "delivered"
      readonly heard: "news" | "known" | "mismatch"
    }
  /** The payment provider has reported by itself that something changed. */
  | { readonly _tag: "PaymentHinted"; readonly provider: string; readonly heard: "news" | "known" | "ignored" }
  /** A guarded call to a dependency outside has ended, or was given up at its time limit. */
  | {
      readonly _tag: "CallAnswered"
      readonly dependency: string
      readonly call: string
      readonly outcome: string
      readonly seconds: number
    }
  /** A guarded call was not made; `observed`: it was made, and would not have been. */
  | {
      readonly _tag: "CallRefused"
      readonly dependency: string
      readonly reason: "circuit-open" | "queue-full"
      readonly observed: boolean
    }
  | { readonly _tag: "CircuitChanged"; readonly dependency: string; readonly to: "closed" | "open" | "half-open" }
  /** How a guarded dependency is, once a second; `calls`: the newest ones, of which so large a share failed or was slow. */
  | {
      readonly _tag: "DependencyMeasured"
      readonly dependency: string
      readonly running: number
      readonly queued: number
      /** How long the oldest call has been queued. */
      readonly oldestSeconds: number
      readonly calls: number
      readonly failures: number
      readonly slow: number
    }
  /** The payment provider's books were compared with our orders, or could not be; `left`: differences that were not repaired. */
  | {
      readonly _tag: "Reconciled"
      readonly outcome: "compared" | "provider" | "database" | "too-many"
      readonly matched: number
      readonly repaired: number
      readonly left: ReadonlyArray<{ readonly kind: string; readonly differences: number }>
    }
  /** How far a copy of the database that is read from lies behind the primary. */
  | { readonly _tag: "ReplicaMeasured"; readonly replica: string; readonly lagSeconds: number }
  /** Room on the disk that the embedded database lies on; `freeBytes`: for its user. */
  | { readonly _tag: "DiskMeasured"; readonly freeBytes: number; readonly sizeBytes: number }
  /** Tables and indexes of the database, without its log. */
  | { readonly _tag: "DatabaseMeasured"; readonly bytes: number }
  /** How old the oldest snapshot is that keeps dead rows in the database; 0: there is none. */
  | { readonly _tag: "SnapshotMeasured"; readonly seconds: number }
  /** A replica that the service is configured with; not in rotation before it has answered. */
  | { readonly _tag: "ReplicaKnown"; readonly replica: string }
  /** `out`: null, it is in rotation. */
  | { readonly _tag: "ReplicaChanged"; readonly replica: string; readonly out: Exclusion | null }
  /** Something was read that may be behind: from a replica, or from the primary, as none was in rotation, there yet, or well. */
  | { readonly _tag: "ReplicaRead"; readonly outcome: "replica" | "none" | "behind" | "failed" }
  /** Shipments of paid orders whose event has not come. */
  | { readonly _tag: "ShipmentsSwept"; readonly shipments: number }
  /** A shipment reached this state. */
  | { readonly _tag: "ShipmentEnded"; readonly outcome: string }
  /** `waitMs`: how long the newest of them had waited in the mailbox when it was sent. */
  | {
      readonly _tag: "BatchCommitted"
      readonly worker: number
      readonly decisions: number
      readonly seconds: number
      readonly waitMs: number
      /** Of its span's trace; absent: none of them is traced. */
      readonly traceId?: string
    }
  /** The least that commands have waited of late for a worker and its answer, beside their commit: wherever between the threads they stood. */
  | { readonly _tag: "CommandsWaited"; readonly worker: number; readonly waitMs: number }
  | { readonly _tag: "CommitContested"; readonly worker: number }
  | { readonly _tag: "CommitFenced"; readonly worker: number }
  /** `detail`: what the ledger said. */
  | {
      readonly _tag: "CommitFailed"
      readonly worker: number
      readonly outcome: "down" | "unknown" | "unstorable"
      readonly detail: string
    }
  /** What commands need to be decided was not read. */
  | { readonly _tag: "LoadFailed"; readonly worker: number; readonly detail: string }
  /** How much a worker has in memory and under way, after each commit and once a second. */
  | {
      readonly _tag: "WorkerMeasured"
      readonly worker: number
      readonly queued: number
      readonly products: number
      readonly orders: number
      /** The hottest first. */
      readonly hottest: ReadonlyArray<HotProduct>
    }
  /** Commands whose callers gave up before they were sent to the database. */
  | { readonly _tag: "WorkDropped"; readonly worker: number; readonly why: "deadline" | "hung-up" }
  | { readonly _tag: "WorkerStarted"; readonly worker: number }
  | { readonly _tag: "WorkerDied"; readonly worker: number }
  | { readonly _tag: "LanesTaken"; readonly lanes: number }
  | { readonly _tag: "LanesLost"; readonly lanes: number }
  /** Once a second while lanes are owned: whether the session that holds the lease has been heard from of late. */
  | { readonly _tag: "LeaseMeasured"; readonly isFresh: boolean }
  /** How a thread fares, once a second; all of it of the last second, but the heap. */
  | {
      readonly _tag: "ThreadMeasured"
      /** `main`, `facts`, `worker-0`, `http-0`, ... */
      readonly thread: string
      /** How long turns of the event loop took, the worst of a hundred and the worst of all. */
      readonly delayP99Seconds: number
      readonly delayMaxSeconds: number
      /** Share of the time in which it was busy. */
      readonly busy: number
      /** In all pauses for garbage together. */
      readonly pausedSeconds: number
      readonly heapBytes: number
    }
  /** What waits in the database, every few seconds; ages are 0 when nothing waits. */
  | {
      readonly _tag: "BacklogMeasured"
      /** Orders whose hold lives. */
      readonly holds: number
      readonly oldestChargeSeconds: number
      readonly refundsDue: number
      readonly oldestRefundSeconds: number
      readonly facts: number
      readonly oldestFactSeconds: number
      readonly deadLetters: ReadonlyArray<{
        readonly consumer: string
        readonly state: "poison" | "queued"
        readonly letters: number
      }>
    }
  /** What the audit knows, after a look of this process or of the one that audits. */
  | {
      readonly _tag: "BooksAudited"
      /** Compared at this look. */
      readonly facts: number
      readonly orders: number
      /** Facts that were not read: too many were waiting, or some had gone. */
      readonly passedOver: number
      /** Seconds: everything that was committed before has been compared. */
      readonly lagSeconds: number
      /** Units that orders have beyond those there were. */
      readonly oversoldUnits: number
      readonly differences: { readonly product: number; readonly order: number; readonly lane: number }
      /** The first differences, a line each. */
      readonly lines: ReadonlyArray<string>
    }
  | { readonly _tag: "StandingBy" }
  /** This process brings the facts out, or no longer. */
  | { readonly _tag: "LeadershipTaken" }
  | { readonly _tag: "LeadershipEnded" }
  /** Read, published and advanced over; `lagSeconds`: how old the oldest of them was when the stream had them. */
  | {
      readonly _tag: "FactsRelayed"
      readonly facts: number
      readonly seconds: number
      readonly lagSeconds: number
    }
  /** The stream has not confirmed; `lagSeconds`: how old the oldest fact is that waits for it. */
  | { readonly _tag: "StreamStalled"; readonly lagSeconds: number; readonly detail: string }
  | { readonly _tag: "FactsThreadDied" }
  | { readonly _tag: "HttpThreadDied" }
  /** A request was refused because more come than can be done; `observed`: it was not, and would have been. */
  | { readonly _tag: "RequestShed"; readonly class: Class; readonly observed: boolean }
  /** Requests in flight are bounded now, in this HTTP thread, or no longer. */
  | { readonly _tag: "OverloadChanged"; readonly thread: number; readonly to: "overloaded" | "calm" }
  /** A request was refused because its client, or its customer, asks too often. */
  | { readonly _tag: "RateLimited"; readonly by: "client" | "customer" }
  /** What several processes count together was not to be had in time: this process went by its own count. */
  | { readonly _tag: "RateLimitStoreMissed" }
  /** What the connections of an HTTP server hold, once a second when it has changed. */
  | {
      readonly _tag: "ConnectionsMeasured"
      /** Of the servers that share a port, which one. */
      readonly thread: number
      readonly open: number
      /** Requests behind the open one of their connection. */
      readonly waiting: number
      /** Streams of stock. */
      readonly streams: number
      readonly unreadBytes: number
    }
  /** A connection was closed because it went beyond a bound. */
  | {
      readonly _tag: "ConnectionCut"
      readonly why: "pipelined" | "excess" | "unread-time" | "unread-bytes"
    }
  /** In one transaction; `effects` were new, `queued` wait behind poison. */
  | {
      readonly _tag: "EventsHandled"
      readonly consumer: string
      readonly events: number
      readonly effects: number
      readonly queued: number
      readonly seconds: number
      /** How old the oldest of them was when it had been handled. */
      readonly lagSeconds: number
    }
  /** Poison: an event that cannot be handled as it is. */
  | { readonly _tag: "EventsBuried"; readonly consumer: string; readonly events: number }
  /** A consumer is given nothing for now: its stream was lost, or cannot be read. */
  | { readonly _tag: "ConsumerLost"; readonly consumer: string; readonly detail: string }
  | { readonly _tag: "ConsumerFlowing"; readonly consumer: string }
  /** Deliveries that the stream no longer keeps, and that the consumer was never given. */
  | { readonly _tag: "EventsMissed"; readonly consumer: string; readonly source: string; readonly events: number }
  /** Events of other shops on the same stream, passed over. */
  | { readonly _tag: "EventsForeign"; readonly consumer: string; readonly events: number }
  /** A consumer waits for what is away, and tries again. */
  | { readonly _tag: "ConsumerStalled"; readonly consumer: string; readonly absent: "database" | "stream" }

export class Probe extends Context.Service<Probe, { readonly emit: (happening: Happening) => void }>()(
  "jaego/ports/Probe",
) {}
