/** Records of separated values from a file (`std/csv-records.ts`). Fails: `CommandFailed`, with file, line and column. */
import { type CsvRecord, parse as records, SAMPLE_LINES, type Separator } from "../../std/csv-records.ts"
import type { Line } from "../../std/text-lines.ts"
import { LINE_BYTES_MAX, placed } from "./text-lines.ts"

export const HINT = "; say which one separates names with --separator"

/** Throws `CommandFailed`. `separator` null: the only one of the usual that the first lines have. */
export async function* parse(
  file: string,
  lines: AsyncIterable<Line>,
  separator: Separator | null,
): AsyncGenerator<CsvRecord> {
  try {
    yield* records(lines, { separator, sampleLines: SAMPLE_LINES, fieldMax: LINE_BYTES_MAX, hint: HINT })
  } catch (cause) {
    throw placed(file, cause)
  }
}
