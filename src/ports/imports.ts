/**
 * Imports as they are kept: what was received, in parts of some hundred rows, and what became of each row.
 *
 * Law: of all imports of a shop at most one is running, the one that was received first; it belongs to the runner that has claimed
 * it, until `leasedUntil` unless that is moved on. What a runner records of a part is kept once, with the counts that came of it.
 * A row may be applied by two runners in turn (the first was thought dead): the key of the row sees to it that it counts once.
 */
import { Context, Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Mode, Row } from "../domain/import-row.ts"
import type { Stock } from "../domain/stock.ts"
import type { Books, Correction } from "../domain/stock-count.ts"
import { type Unavailable, unavailable } from "./failures.ts"
import type { Page, PageRequest } from "./page.ts"

/** `receiving`: its body is still coming, and nothing is applied yet. */
export type State = "receiving" | "waiting" | "running" | "finished" | "failed"

/** Times in milliseconds since 1970. */
export interface Import {
  readonly id: string
  readonly mode: Mode
  readonly dryRun: boolean
  readonly state: State
  readonly rows: number
  readonly applied: number
  readonly failed: number
  readonly skipped: number
  readonly receivedAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Why it failed as a whole. */
  readonly error: string | null
}

/** `line`: where it begins, from 1; no two rows of an import begin at the same. */
export type ReceivedRow =
  | { readonly line: number; readonly row: Row }
  | { readonly line: number; readonly sku: string | null; readonly problem: string }

export interface Part {
  /** From 0. */
  readonly part: number
  readonly rows: ReadonlyArray<ReceivedRow>
}

export type What = "created" | "moved" | "counted"

/** In a dry run: what would become of it. `pending`: nothing yet. */
export type RowOutcome = {
  readonly line: number
  readonly sku: string | null
} & (
  | { readonly status: "pending" }
  | { readonly status: "skipped" }
  | { readonly status: "failed"; readonly problem: string }
  | {
      readonly status: "applied"
      readonly what: What
      /** Null: it would be created. */
      readonly productId: ProductId | null
      /** Change of `onHand`, units. */
      readonly delta: number
      /** Of the stock behind it. */
      readonly version: number
    }
)

/** A count that was applied, of a product. */
export interface AppliedCount extends Correction {
  readonly productId: ProductId
  readonly line: number
}

/** What became of a part, in the order of its rows. */
export interface PartDone {
  readonly part: number
  readonly outcomes: ReadonlyArray<RowOutcome>
}

export interface Beginning {
  readonly id: string
  readonly key: string
  readonly mode: Mode
  readonly dryRun: boolean
  readonly at: number
  readonly leasedUntil: number
  /** Imports of the shop that have not ended. */
  readonly openMax: number
}

/** `fingerprint`: of the request, a UUID; null: it is still received. */
export type Begun =
  | { readonly _tag: "Begun" }
  | { readonly _tag: "Known"; readonly id: string; readonly fingerprint: string | null; readonly leasedUntil: number }
  | { readonly _tag: "Full" }

export type RowStatus = "failed" | "applied" | "all"

export interface KnownProduct {
  readonly sku: string
  readonly productId: ProductId
  readonly stock: Stock
}

export interface Census {
  readonly receiving: number
  readonly waiting: number
  readonly running: number
  /** When the oldest that has not ended was begun; null: there is none. */
  readonly oldestAt: number | null
}

/** `wasRunning`: another runner, or this one before, may have applied rows of which nothing is recorded. */
export interface Claimed {
  readonly import: Import
  readonly wasRunning: boolean
}

export interface ImportsService {
  readonly begin: (beginning: Beginning) => Effect.Effect<Begun, Unavailable>
  /** False: it is not received here any more. */
  readonly put: (id: string, part: Part, now: number, leasedUntil: number) => Effect.Effect<boolean, Unavailable>
  /** All of it is there: `parts` of them. False: it is not received here any more. */
  readonly accept: (id: string, fingerprint: string, parts: number, now: number) => Effect.Effect<boolean, Unavailable>
  /** It was never wanted: only while it is received. */
  readonly drop: (id: string) => Effect.Effect<void, Unavailable>
  readonly get: (id: string) => Effect.Effect<Import | null, Unavailable>
  /** In the order of lines; the position is a line. */
  readonly rows: (
    id: string,
    status: RowStatus,
    request: PageRequest<number>,
  ) => Effect.Effect<Page<RowOutcome, number>, Unavailable>

  /** The running one if its lease has ended, else the first that waits; null: there is none, or another runner has it. */
  readonly claim: (runner: string, now: number, leasedUntil: number) => Effect.Effect<Claimed | null, Unavailable>
  /** The first parts behind this one of which nothing is recorded. */
  readonly parts: (id: string, after: number, limit: number) => Effect.Effect<ReadonlyArray<Part>, Unavailable>
  /** All or nothing. Counts make older ones of their product needless. False: it is not this runner's. */
  readonly record: (
    runner: string,
    id: string,
    done: ReadonlyArray<PartDone>,
    counts: ReadonlyArray<AppliedCount>,
    leasedUntil: number,
  ) => Effect.Effect<boolean, Unavailable>
  readonly end: (runner: string, id: string, error: string | null, now: number) => Effect.Effect<boolean, Unavailable>
  /** Another may have it at once. */
  readonly release: (runner: string, id: string) => Effect.Effect<void, Unavailable>

  /** Of those SKUs that there are, as it was committed. */
  readonly products: (skus: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<KnownProduct>, Unavailable>
  /** Of each count, in their order. */
  readonly books: (
    counts: ReadonlyArray<{ readonly productId: ProductId; readonly version: number }>,
  ) => Effect.Effect<ReadonlyArray<Books>, Unavailable>

  readonly census: Effect.Effect<Census, Unavailable>
  /** Some of what ended before `endedBefore`, or whose receiving was given up before `now`; true: there may be more. */
  readonly forget: (endedBefore: number, now: number) => Effect.Effect<boolean, Unavailable>
}

const away = Effect.fail(unavailable("database"))

/** Where nothing keeps them, none are taken. */
export const Imports = Context.Reference<ImportsService>("jaego/ports/Imports", {
  defaultValue: () => ({
    begin: () => away,
    put: () => away,
    accept: () => away,
    drop: () => away,
    get: () => away,
    rows: () => away,
    claim: () => Effect.succeed(null),
    parts: () => away,
    record: () => away,
    end: () => away,
    release: () => away,
    products: () => away,
    books: () => away,
    census: Effect.succeed({ receiving: 0, waiting: 0, running: 0, oldestAt: null }),
    forget: () => Effect.succeed(false),
  }),
})
