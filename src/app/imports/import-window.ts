/**
 * A window: some parts of an import that are worked together, their rows by SKU, and what is known of each SKU before the first is worked.
 *
 * Law: rows of one SKU are worked one after another, in their order.
 */
import { Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { Imports, type Part, type PartDone, type ReceivedRow, type RowOutcome } from "../../ports/imports.ts"
import type * as Pace from "./import-pace.ts"
import * as RowWork from "./import-row-work.ts"

/** SKUs that are worked row by row at once. */
const IN_FLIGHT = 1_024

export interface Group {
  /** Null: the row is none, and says no SKU. */
  readonly sku: string | null
  readonly known: RowWork.Known
  readonly rows: Array<ReceivedRow>
}

export interface Window {
  readonly parts: ReadonlyArray<Part>
  readonly groups: ReadonlyArray<Group>
  readonly bySku: ReadonlyMap<string, Group>
}

const skuOf = (row: ReceivedRow): string | null => ("row" in row ? row.row.sku : null)

/** Rows of one SKU together, in their order; those that are none, each alone. */
export const of = (parts: ReadonlyArray<Part>): Window => {
  const bySku = new Map<string, Group>()
  const groups: Array<Group> = []
  for (const { rows } of parts)
    for (const row of rows) {
      const sku = skuOf(row)
      const known = sku === null ? undefined : bySku.get(sku)
      if (known !== undefined) {
        known.rows.push(row)
        continue
      }
      const group: Group = { sku, known: RowWork.unknown(), rows: [row] }
      groups.push(group)
      if (sku !== null) bySku.set(sku, group)
    }
  return { parts, groups, bySku }
}

/** What one of them does to a SKU the other one has to know. */
export const share = (one: Window, other: Window): boolean => {
  for (const sku of one.bySku.keys()) if (other.bySku.has(sku)) return true
  return false
}

/** What is known of the groups: two questions for all of them. */
export const lookUp = Effect.fnUntraced(function* ({ bySku, groups }: Window) {
  const imports = yield* Imports
  for (const product of yield* imports.products([...bySku.keys()])) bySku.get(product.sku)!.known.product = product
  const asked: Array<{ readonly known: RowWork.Known; readonly productId: ProductId; readonly version: number }> = []
  for (const { known, rows } of groups)
    if (known.product !== null)
      for (const { version } of rows.flatMap(RowWork.countOf))
        asked.push({ known, productId: known.product.productId, version })
  if (asked.length === 0) return
  const books = yield* imports.books(asked)
  for (const [index, { known, version }] of asked.entries()) known.books.set(version, books[index]!)
})

/** What is done with rows that are worked alone. */
export interface Working {
  /** Before those of one SKU. */
  readonly begin: (rows: ReadonlyArray<ReceivedRow>, known: RowWork.Known) => Effect.Effect<void, Unavailable>
  readonly row: (row: ReceivedRow, known: RowWork.Known) => Effect.Effect<RowOutcome, Unavailable>
}

/** What can be done at once for many; gives those that are left. */
export type AtOnce = (
  groups: ReadonlyArray<Group>,
  outcomes: Map<number, RowOutcome>,
) => Effect.Effect<ReadonlyArray<Group>>

export const OUR_FAULT = "something went wrong on our side; the log says what"

const tellDefect = (row: ReceivedRow, defect: unknown) =>
  Effect.as(
    Effect.logError(`line ${row.line} of an import met a defect`, defect),
    RowWork.failed(row.line, skuOf(row), OUR_FAULT),
  )

/** What became of each part's rows. */
export const work = Effect.fnUntraced(function* (
  { groups, parts }: Window,
  atOnce: AtOnce,
  working: Working,
  pace: Pace.Pace,
) {
  const outcomes = new Map<number, RowOutcome>()
  const one = Effect.fnUntraced(function* ({ known, rows }: Group) {
    yield* working.begin(rows, known)
    for (const row of rows) {
      const outcome = yield* Effect.catchDefect(working.row(row, known), (defect) => tellDefect(row, defect))
      outcomes.set(row.line, outcome)
    }
  })
  yield* pace.through(groups, (some) =>
    Effect.flatMap(atOnce(some, outcomes), (left) =>
      Effect.forEach(left, one, { concurrency: IN_FLIGHT, discard: true }),
    ),
  )
  return parts.map(({ part, rows }): PartDone => ({ part, outcomes: rows.map(({ line }) => outcomes.get(line)!) }))
})

export const counted = (done: ReadonlyArray<PartDone>) => {
  const rows = { applied: 0, failed: 0, skipped: 0 }
  for (const { outcomes } of done) for (const { status } of outcomes) if (status !== "pending") rows[status]++
  return rows
}
