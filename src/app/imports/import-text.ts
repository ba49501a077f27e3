/**
 * Rows of a bulk import from lines of text: CSV whose first line names the columns, or NDJSON (one object a line).
 *
 * Law: every line is a row, blank, or refused by its number; none is skipped silently.
 * Limits: one row is in memory. Fails: `TextProblem` (thrown), where the rest cannot be understood either: no head, a column that
 * is none, a quote that is never closed.
 */
import * as ImportRow from "../../domain/import-row.ts"
import * as Csv from "../../std/csv-records.ts"
import { type Line, type Place, problemAt } from "../../std/text-lines.ts"

export const FORMATS = ["csv", "ndjson"] as const
export type Format = (typeof FORMATS)[number]

/** `value`: as `ImportRow.read` takes it; `wrong`: the line is none, and may be refused alone. */
export type Written =
  | { readonly place: Place; readonly value: unknown }
  | { readonly place: Place; readonly wrong: string }

export interface Options extends Pick<Csv.Options, "separator" | "fieldMax" | "hint"> {
  readonly format: Format
}

export const read = (lines: AsyncIterable<Line>, options: Options): AsyncGenerator<Written> =>
  options.format === "csv" ? records(Csv.parse(lines, { ...options, sampleLines: 1 })) : objects(lines)

async function* objects(lines: AsyncIterable<Line>): AsyncGenerator<Written> {
  for await (const { number, text } of lines) {
    if (text.trim() === "") continue
    const place = { line: number, column: 1 }
    yield parsed(place, text)
  }
}

const parsed = (place: Place, text: string): Written => {
  try {
    return { place, value: JSON.parse(text) }
  } catch {
    return { place, wrong: "it is no JSON; each line must be one object" }
  }
}

const columnsOf = (head: Csv.CsvRecord): ReadonlyArray<string> => {
  const names = head.map(({ text }) => text.trim())
  for (const [index, name] of names.entries()) {
    const isKnown = ImportRow.MEMBERS.some((member) => member === name)
    if (!isKnown) throw problemAt(head[index]!, `a column must be one of ${ImportRow.MEMBERS.join(", ")}`)
    if (names.indexOf(name) !== index) throw problemAt(head[index]!, `a second column "${name}"`)
  }
  if (!names.includes("sku")) throw problemAt(head[0]!, 'the head names no column "sku"')
  return names
}

async function* records(all: AsyncIterable<Csv.CsvRecord>): AsyncGenerator<Written> {
  let columns: ReadonlyArray<string> | null = null
  for await (const record of all) {
    if (record.every(({ text }) => text.trim() === "")) continue
    const place = record[0]!
    if (columns === null) columns = columnsOf(record)
    else if (record.length !== columns.length)
      yield { place, wrong: `${record.length} fields, but ${columns.length} columns` }
    else yield { place, value: Object.fromEntries(columns.map((name, index) => [name, record[index]!.text])) }
  }
}
