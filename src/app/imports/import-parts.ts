/**
 * The rows of an import, checked one by one and cut into parts, as they are received.
 *
 * Limits: `ROWS_MAX` rows; a part is `PART_ROWS` rows or `PART_CHARACTERS`, whichever comes first, and one part is in memory.
 * Fails: `TextProblem` (thrown) for the text as a whole; a row that is wrong is a row with a problem.
 */
import { Result } from "effect"
import * as ImportRow from "../../domain/import-row.ts"
import type { Part, ReceivedRow } from "../../ports/imports.ts"
import { problemAt } from "../../std/text-lines.ts"
import type { Written } from "./import-text.ts"

/** Above any catalogue a shop keeps in one file; a larger one is cut into several. */
export const ROWS_MAX = 1_000_000

/** One row of the table, and one message between threads. */
const PART_ROWS = 500
const PART_CHARACTERS = 262_144

const skuOf = (value: unknown): string | null => {
  if (typeof value !== "object" || value === null || !("sku" in value) || typeof value.sku !== "string") return null
  return value.sku.slice(0, 100)
}

const received = (mode: ImportRow.Mode, written: Written): ReceivedRow => {
  const { line } = written.place
  if ("wrong" in written) return { line, sku: null, problem: written.wrong }
  const row = ImportRow.read(mode, written.value)
  if (Result.isSuccess(row)) return { line, row: row.success }
  const { member, what } = row.failure
  const problem = member === null ? `the row ${what}` : `"${member.slice(0, 100)}" ${what}`
  return { line, sku: skuOf(written.value), problem }
}

/** Characters a row takes, about. */
const sizeOf = (row: ReceivedRow): number =>
  100 + ("row" in row ? row.row.sku.length + (row.row.newcomer?.name.length ?? 0) : row.problem.length)

export async function* partsOf(mode: ImportRow.Mode, all: AsyncIterable<Written>): AsyncGenerator<Part> {
  let part = 0
  let count = 0
  let rows: Array<ReceivedRow> = []
  let size = 0
  for await (const written of all) {
    if (++count > ROWS_MAX) throw problemAt(written.place, `more than ${ROWS_MAX} rows; cut it into several`)
    const row = received(mode, written)
    rows.push(row)
    size += sizeOf(row)
    if (rows.length < PART_ROWS && size < PART_CHARACTERS) continue
    yield { part: part++, rows }
    rows = []
    size = 0
  }
  if (count === 0) throw problemAt(null, "there is no row in it")
  if (rows.length > 0) yield { part, rows }
}
