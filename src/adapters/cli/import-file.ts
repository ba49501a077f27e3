/**
 * Rows of a bulk import from a file: CSV whose first line names the columns, or NDJSON (one object a line) when the name of the file
 * ends in `.ndjson` or `.jsonl`. Read as a stream, twice: once to check all of it, once to apply it.
 *
 * Law: every line is a row, blank, or refused by its number; none is skipped silently.
 * Limits: `ROWS_MAX` rows, `TextLines.LINE_BYTES_MAX` a line; one row is in memory.
 * Fails: `CommandFailed`, with file, line and column.
 */
import { createHash } from "node:crypto"
import { Result } from "effect"
import * as ImportText from "../../app/imports/import-text.ts"
import * as ImportRow from "../../domain/import-row.ts"
import type { Separator } from "../../std/csv-records.ts"
import * as Csv from "./csv-records.ts"
import * as TextLines from "./text-lines.ts"

export interface Options extends TextLines.Options {
  readonly mode: ImportRow.Mode
  readonly separator: Separator | null
}

export interface NumberedRow {
  readonly line: number
  readonly row: ImportRow.Row
}

export interface Checked {
  readonly rows: number
  /** Of all rows and their lines, hexadecimal: the same content is the same import, however it is encoded. */
  readonly fingerprint: string
}

/** Above any catalogue a shop keeps in one file; a larger one is cut into several. */
export const ROWS_MAX = 1_000_000

export const formatOf = (file: string): ImportText.Format => (/\.(ndjson|jsonl)$/i.test(file) ? "ndjson" : "csv")

async function* textOf(file: string, options: Options): AsyncGenerator<ImportText.Written> {
  const { separator } = options
  const how = { format: formatOf(file), separator, fieldMax: TextLines.LINE_BYTES_MAX, hint: Csv.HINT }
  try {
    yield* ImportText.read(TextLines.read(file, options), how)
  } catch (cause) {
    throw TextLines.placed(file, cause)
  }
}

/** Throws `CommandFailed` at the first row that is wrong. */
export async function* read(file: string, options: Options): AsyncGenerator<NumberedRow> {
  let rows = 0
  for await (const written of textOf(file, options)) {
    const { place } = written
    if (++rows > ROWS_MAX)
      throw TextLines.problemAt(file, place, `more than ${ROWS_MAX} rows; cut it into several files`)
    if ("wrong" in written) throw TextLines.problemAt(file, place, written.wrong)
    const row = ImportRow.read(options.mode, written.value)
    if (Result.isFailure(row)) {
      const { member, what } = row.failure
      throw TextLines.problemAt(file, place, member === null ? `the row ${what}` : `"${member}" ${what}`)
    }
    yield { line: place.line, row: row.success }
  }
}

/** Reads all of it before anything is made of it. Throws `CommandFailed`, also when there is no row. */
export const check = async (file: string, options: Options): Promise<Checked> => {
  const hash = createHash("sha256")
  let rows = 0
  for await (const { line, row } of read(file, options)) {
    hash.update(`${line} ${JSON.stringify(row)}\n`)
    rows++
  }
  if (rows === 0) throw TextLines.problemAt(file, null, "there is no row in it")
  return { rows, fingerprint: hash.digest("hex").slice(0, 32) }
}
