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
import * as ImportRow from "../../domain/import-row.ts"
import * as Csv from "./csv-records.ts"
import * as TextLines from "./text-lines.ts"

export interface Options extends TextLines.Options {
  readonly separator: Csv.Separator | null
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

interface Value {
  readonly place: TextLines.Place
  readonly value: unknown
}

async function* objects(file: string, options: Options): AsyncGenerator<Value> {
  for await (const { number, text } of TextLines.read(file, options)) {
    if (text.trim() === "") continue
    const place = { line: number, column: 1 }
    try {
      yield { place, value: JSON.parse(text) }
    } catch {
      throw TextLines.problemAt(file, place, "it is no JSON; each line must be one object")
    }
  }
}

const columnsOf = (file: string, head: Csv.CsvRecord): ReadonlyArray<string> => {
  const names = head.map(({ text }) => text.trim())
  for (const [index, name] of names.entries()) {
    const isKnown = ImportRow.MEMBERS.some((member) => member === name)
    if (!isKnown)
      throw TextLines.problemAt(file, head[index]!, `a column must be one of ${ImportRow.MEMBERS.join(", ")}`)
    if (names.indexOf(name) !== index) throw TextLines.problemAt(file, head[index]!, `a second column "${name}"`)
  }
  return names
}

async function* records(file: string, options: Options): AsyncGenerator<Value> {
  let columns: ReadonlyArray<string> | null = null
  for await (const record of Csv.parse(file, TextLines.read(file, options), options.separator)) {
    if (record.every(({ text }) => text.trim() === "")) continue
    const place = record[0]!
    if (columns === null) {
      columns = columnsOf(file, record)
    } else {
      if (record.length !== columns.length)
        throw TextLines.problemAt(file, place, `${record.length} fields, but ${columns.length} columns`)
      yield { place, value: Object.fromEntries(columns.map((name, index) => [name, record[index]!.text])) }
    }
  }
}

/** Throws `CommandFailed` at the first row that is wrong. */
export async function* read(file: string, options: Options): AsyncGenerator<NumberedRow> {
  let rows = 0
  const values = /\.(ndjson|jsonl)$/i.test(file) ? objects(file, options) : records(file, options)
  for await (const { place, value } of values) {
    if (++rows > ROWS_MAX)
      throw TextLines.problemAt(file, place, `more than ${ROWS_MAX} rows; cut it into several files`)
    const row = ImportRow.read("delta", value)
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
