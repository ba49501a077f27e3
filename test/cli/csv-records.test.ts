/** Our reader of separated values beside a well-known one, which knows no places: on every file both see the same. */
import { parse } from "csv-parse/sync"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Csv from "../../src/adapters/cli/csv-records.ts"
import * as TextLines from "../../src/adapters/cli/text-lines.ts"
import { type CsvRecord, SEPARATORS, type Separator } from "../../src/std/csv-records.ts"
import { temporaryFiles } from "../support/temporary-file.ts"

const ours = async (file: string, separator: Separator) => {
  const lines = TextLines.read(file, { encoding: null, signal: new AbortController().signal })
  const records: Array<CsvRecord> = []
  for await (const record of Csv.parse(file, lines, separator)) records.push(record)
  return records
}

const texts = (records: ReadonlyArray<CsvRecord>) => records.map((record) => record.map(({ text }) => text))

/** Text with everything that has a meaning in such files, and some that takes several bytes. */
const text = fc
  .array(fc.constantFrom("a", " ", ",", ";", "\t", '"', "\n", "é", "🫙", "재"), { maxLength: 6 })
  .map((characters) => characters.join(""))

const written = (field: string, separator: string): string =>
  field.includes(separator) || /["\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

describe("separated values", () => {
  const file = temporaryFiles()

  it("are the records that csv-parse finds, with any of their fields quoted and a chunk that ends anywhere", async () => {
    const table = fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(...SEPARATORS),
        fc.constantFrom("\n", "\r\n"),
        fc.integer({ min: 65_500, max: 65_540 }),
        async (rows, separator, end, padding) => {
          const lines = rows.map((row) => row.map((field) => written(field, separator)).join(separator))
          const content = ["x".repeat(padding), ...lines, "last"].join(end)
          const theirs = parse(content, { delimiter: separator, relax_column_count: true, record_delimiter: end })
          const records = await ours(file("table.csv", content), separator)
          expect(texts(records).filter((row) => row.length > 1 || row[0] !== "")).toEqual(
            theirs.filter((row) => row.length > 1 || row[0] !== ""),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it("say where each field stands", async () => {
    const [first, second] = await ours(file("places.csv", 'a,"b\nc",d\n,"e"'), ",")
    expect(first).toEqual([
      { line: 1, column: 1, text: "a" },
      { line: 1, column: 3, text: "b\nc" },
      { line: 2, column: 4, text: "d" },
    ])
    expect(second).toEqual([
      { line: 3, column: 1, text: "" },
      { line: 3, column: 2, text: "e" },
    ])
  })
})
