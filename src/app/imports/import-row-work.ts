/**
 * What is done with one row of an import: the ordinary commands of the inventory, under a key that is the row's own.
 *
 * Law: a row binds one key, whichever command it came to: repeated, it is answered as it was the first time. Rows of one SKU are
 * worked one after another.
 * Fails: Unavailable; what the shop refuses is a row that failed.
 */
import { Effect, Result } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Change, Row } from "../../domain/import-row.ts"
import * as Count from "../../domain/stock-count.ts"
import {
  type AppliedCount,
  type Import,
  Imports,
  type ImportsService,
  type KnownProduct,
  type ReceivedRow,
  type RowOutcome,
} from "../../ports/imports.ts"
import type { Claim, Rejection } from "../../ports/inventory.ts"
import * as Commands from "./import-commands.ts"

/** What is known of a SKU while its rows are worked. */
export interface Known {
  product: Pick<KnownProduct, "productId" | "stock"> | null
  /** Of each count's version, as they were read before the rows were begun. */
  readonly books: Map<number, Count.Books>
  /** That its own rows have applied since. */
  readonly counts: Array<AppliedCount>
  /** By line, what a runner before has made of counts, and not recorded. */
  readonly recalled: Map<number, Commands.Done>
}

export const unknown = (): Known => ({ product: null, books: new Map(), counts: [], recalled: new Map() })

/** The count that a row is; of any other none. */
export const countOf = (received: ReceivedRow) =>
  "row" in received && received.row.change._tag === "Count" ? [{ ...received.row.change, line: received.line }] : []

/** Why a row was refused, for people. */
export const reasonOf = (rejection: Rejection): string => {
  switch (rejection._tag) {
    case "InsufficientStock":
      return `only ${rejection.available} units are available`
    case "StockOverflow":
      return `a product has at most ${rejection.maximum} units on hand`
    case "SkuTaken":
      return "another product has this SKU"
    default:
      return `it was refused: ${rejection._tag}`
  }
}

export const UNKNOWN = "there is no product with this SKU, and the row does not say what it is"

export const countReason = (rejection: Count.Rejection): string =>
  rejection._tag === "VersionAhead"
    ? `"version" is still to come: the stock is at ${rejection.version}`
    : `a later count was applied before, of version ${rejection.countedAt}`

export const failed = (line: number, sku: string | null, problem: string): RowOutcome => ({
  line,
  sku,
  status: "failed",
  problem,
})

export interface Applying {
  readonly import: Import
  /** A runner before may have applied it, and recorded nothing. */
  readonly mayBeDone: boolean
}

const readingBooks = (imports: Pick<ImportsService, "books">) =>
  Effect.fnUntraced(function* (known: Known, productId: ProductId, version: number) {
    const before = known.books.get(version)
    // A version that was still to come when its books were read may have come by a row before: nothing was seen of it.
    const read =
      before !== undefined && before.version >= version ? before : (yield* imports.books([{ productId, version }]))[0]!
    known.books.set(version, read)
    const now = Math.max(read.version, ...known.counts.map((count) => count.version))
    return { ...read, version: now, corrections: [...read.corrections, ...known.counts] }
  })

const finding = (imports: Pick<ImportsService, "products">) =>
  Effect.fnUntraced(function* (known: Known, sku: string) {
    known.product ??= (yield* imports.products([sku]))[0] ?? null
    return known.product?.productId ?? null
  })

/** `done` null: there was nothing to do. */
export const outcomeOf = (line: number, sku: string, done: Commands.Done | null): RowOutcome =>
  done === null ? { line, sku, status: "skipped" } : { line, sku, status: "applied", ...done }

type RowCommands = Effect.Success<typeof Commands.make>

/**
 * Before counts of one SKU are worked that a runner before may have applied: one that was refused then must not be applied now behind a
 * newer one that was not.
 */
const recalling = ({ recall }: Pick<RowCommands, "recall">) =>
  Effect.fnUntraced(function* (rows: ReadonlyArray<ReceivedRow>, known: Known, applying: Applying) {
    const counts = rows.flatMap(countOf)
    if (!applying.mayBeDone || known.product === null || counts.length < 2) return
    const { productId } = known.product
    for (const { line, version: countedAt } of counts) {
      const done = yield* recall(productId, Commands.claimOf(applying.import.id, line), "counted")
      if (done === null) continue
      known.recalled.set(line, done)
      known.counts.push({ productId, line, countedAt, version: done.version, delta: done.delta })
    }
  })

const counting = (imports: Pick<ImportsService, "books">, { adjust }: Pick<RowCommands, "adjust">) => {
  const booksOf = readingBooks(imports)
  return Effect.fnUntraced(function* (
    known: Known,
    productId: ProductId,
    { counted, version }: Extract<Change, { readonly _tag: "Count" }>,
    claim: Claim,
    line: number,
  ) {
    // Of one version the last row stands, also where it was applied by a runner before (`recallCounts`).
    const newer = known.counts.find((other) => other.line > line && other.countedAt >= version)
    if (newer !== undefined)
      return yield* Effect.fail(countReason({ _tag: "CountSuperseded", countedAt: newer.countedAt }))
    const books = yield* booksOf(known, productId, version)
    const delta = Count.difference({ counted, version }, books)
    if (Result.isFailure(delta)) return yield* Effect.fail(countReason(delta.failure))
    const none: Commands.Done = { productId, delta: 0, version: books.version, what: "counted" }
    const done = delta.success === 0 ? none : yield* adjust(productId, delta.success, claim, "counted")
    known.counts.push({ productId, line, countedAt: version, version: done.version, delta: done.delta })
    return done
  })
}

export const make = Effect.gen(function* () {
  const imports = yield* Imports
  const commands = yield* Commands.make
  const { adjust, create } = commands
  const count = counting(imports, commands)
  const found = finding(imports)

  /** Null: there is nothing to do. */
  const apply = Effect.fnUntraced(function* (row: Row, line: number, known: Known, applying: Applying) {
    const { change, newcomer, sku } = row
    const { id } = applying.import
    const recalled = known.recalled.get(line)
    if (recalled !== undefined) return recalled
    const claim = Commands.claimOf(id, line)
    const what = change._tag === "Count" ? "counted" : "moved"
    if (newcomer !== null && (known.product === null || applying.mayBeDone)) {
      const created = yield* Effect.result(create(sku, newcomer, claim, what))
      if (created._tag === "Success") {
        const { delta, productId, version } = created.success
        known.product ??= { productId, stock: { onHand: newcomer.onHand, reserved: 0, version: 1 } }
        if (created.success.what === "counted" && change._tag === "Count")
          known.counts.push({ productId, line, countedAt: change.version, version, delta })
        return created.success
      }
      const { failure } = created
      if (failure._tag === "Unavailable" || failure.rejection._tag !== "SkuTaken") return yield* Effect.fail(failure)
    }
    const productId = newcomer === null ? (known.product?.productId ?? null) : yield* found(known, sku)
    if (productId === null) return yield* Effect.fail(UNKNOWN)
    if (change._tag === "Count") return yield* count(known, productId, change, claim, line)
    if (change._tag === "Nothing" || change.delta === 0) return null
    return yield* adjust(productId, change.delta, claim, "moved")
  })

  /** What became of a row. */
  const work = Effect.fnUntraced(function* (received: ReceivedRow, known: Known, applying: Applying) {
    const { line } = received
    if (!("row" in received)) return failed(line, received.sku, received.problem)
    const { sku } = received.row
    const applied = yield* Effect.result(apply(received.row, line, known, applying))
    if (applied._tag === "Success") return outcomeOf(line, sku, applied.success)
    const { failure } = applied
    if (typeof failure !== "string" && failure._tag === "Unavailable") return yield* Effect.fail(failure)
    return failed(line, sku, typeof failure === "string" ? failure : reasonOf(failure.rejection))
  })

  return { recallCounts: recalling(commands), work }
})
