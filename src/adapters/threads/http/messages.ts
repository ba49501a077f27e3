/** What crosses the boundary between the main thread and an HTTP thread: plain data, all of one event-loop turn at once. */
import type { Effect } from "effect"
import type { ConsoleFeed } from "../../../app/console/console-feed.ts"
import type { DeadLetters } from "../../../app/dead-letters.ts"
import type { State } from "../../../app/health.ts"
import type { ImportDesk } from "../../../app/imports/import-desk.ts"
import type { Congestion } from "../../../app/overload/congestion.ts"
import type { Part } from "../../../app/parts.ts"
import type { Pausing } from "../../../app/pausing.ts"
import type { Reconciling } from "../../../app/reconciliation.ts"
import type { Dependencies, Status } from "../../../app/resilience/dependencies.ts"
import type { Shop } from "../../../app/shop.ts"
import type { ProductId } from "../../../domain/ids.ts"
import type { Pause } from "../../../ports/pauses.ts"
import type { Slots } from "../../../ports/position.ts"
import type { Happening } from "../../../ports/probe.ts"
import type { Profiler } from "../../../ports/profiler.ts"
import type { Rate } from "../../../ports/rate-limit-store.ts"
import type { CommittedStock } from "../../../ports/workers.ts"
import type { Address } from "../../../std/listen.ts"
import type { PlainExit } from "../inventory/messages.ts"

/** What an HTTP thread is given at its start. */
export interface HttpBirth {
  /** Its number, from 0. */
  readonly http: number
  /** What each sender of webhooks signs with. */
  readonly webhookSecrets: { readonly [sender in "carrier" | "http" | "stripe"]: ReadonlyArray<string> }
  readonly options: Options
  /** Where several processes count together; null: nowhere. */
  readonly redis: Redis | null
  /** Whether commands stand in mailboxes, in shared memory. */
  readonly congestion: Congestion
  /** How far the database's log has come, in shared memory. */
  readonly positions: Slots | null
}

export interface Redis {
  readonly url: string
  readonly timeoutMs: number
  readonly prefix: string
}

/** What the server of a thread is given: which hosts and origins it answers, and how much it may hold. */
export interface Options {
  readonly hosts: ReadonlyArray<string>
  readonly origins: ReadonlyArray<string>
  readonly keepAliveMs: number
  readonly connectionsMax: number
  readonly streamsMax: number
  readonly importBytesMax: number
  /** Among how many of them these bounds are shared out. */
  readonly threads: number
  readonly slowMs: number
  /** Which traces are kept; null: there are none. */
  readonly sampling: { readonly isParentBased: boolean; readonly ratio: number } | null
  /** Counted in shared memory by all threads together. */
  readonly limits: RateLimits
  readonly overload: { readonly mode: "on" | "observe" | "off"; readonly targetMs: number }
}

/** How often clients and customers may ask (null: no limit), and whose word on clients is taken. */
export interface RateLimits {
  readonly trustedProxies: ReadonlyArray<string>
  readonly client: Rate | null
  readonly customer: Rate | null
  readonly shared: {
    readonly client: SharedArrayBuffer | null
    readonly customer: SharedArrayBuffer | null
    readonly seed: number
  } | null
}

/** Where it really listens. */
export interface Bound extends Address {
  readonly url: string
}

/** What `/metrics` shows. */
export interface Exposition {
  readonly contentType: string
  readonly body: string
}

/** The entries of the shop, and the pages that only the main thread can write. */
export type Question = keyof Shop["Service"] | keyof Pages

export interface Pages {
  readonly metrics: (format: "prometheus" | "openmetrics") => Effect.Effect<Exposition>
  readonly parts: () => Effect.Effect<ReadonlyArray<Part>>
  readonly dependencies: () => Effect.Effect<ReadonlyArray<Status>>
  readonly order: Dependencies["Service"]["order"]
  readonly console: (typeof ConsoleFeed)["Service"]["view"]
  readonly profile: Profiler["Service"]["take"]
  readonly paused: () => Pausing["list"]
  readonly pause: Pausing["pause"]
  readonly resume: Pausing["resume"]
  readonly deadLetters: () => DeadLetters["groups"]
  readonly replayGroup: DeadLetters["replayGroup"]
  readonly reconcile: Reconciling["begin"]
  readonly reconciliation: () => Reconciling["state"]
  readonly importBegin: ImportDesk["begin"]
  readonly importPut: ImportDesk["put"]
  readonly importAccept: ImportDesk["accept"]
  readonly importDrop: ImportDesk["drop"]
  readonly importGet: ImportDesk["get"]
  readonly importRows: ImportDesk["rows"]
}

export interface Call {
  readonly id: number
  readonly question: Question
  readonly args: ReadonlyArray<unknown>
  /** What a read must see (`ports/position.ts`), as text; left out: anything. */
  readonly position?: string
}

export type ToHttp =
  | { readonly _tag: "Answered"; readonly id: number; readonly exit: PlainExit<unknown> }
  | { readonly _tag: "Readiness"; readonly state: State }
  /** The first one of its life, perhaps after a readiness. */
  | { readonly _tag: "Listen"; readonly address: Address }
  | { readonly _tag: "Stock"; readonly stock: CommittedStock }
  /** All that is paused now. */
  | { readonly _tag: "Paused"; readonly pauses: ReadonlyArray<Pause> }
  /** The lanes are lost: nothing of the product is announced any more. */
  | { readonly _tag: "StockEnded"; readonly productId: ProductId }
  | { readonly _tag: "Drain" }

export type FromHttp =
  | { readonly _tag: "Called"; readonly call: Call }
  /** Some look at its stock here, or none any longer. */
  | { readonly _tag: "Watched"; readonly productId: ProductId; readonly isWatched: boolean }
  /** Its caller hung up. */
  | { readonly _tag: "Abandoned"; readonly id: number }
  | { readonly _tag: "Happened"; readonly happening: Happening }
  | { readonly _tag: "Listening"; readonly bound: Bound }
  /** It ends after this. */
  | { readonly _tag: "CannotListen"; readonly message: string }
