/**
 * Records of separated values (RFC 4180): fields between separators, double quotes protect separators, line ends and
 * (doubled) themselves. Each field knows where it stands.
 *
 * Limits: a quoted field may span lines, up to `fieldMax` characters; the separator is found in the first
 * `SAMPLE_LINES`. Fails: `TextProblem` (thrown), with line and column.
 */
import { type Line, type Place, problemAt } from "./text-lines.ts"

export interface Field extends Place {
  readonly text: string
}

export type CsvRecord = ReadonlyArray<Field>

export const SEPARATORS = [",", ";", "\t", "|"] as const
export type Separator = (typeof SEPARATORS)[number]

/** Lines that are looked at to find the separator, blank ones aside, where no head says it. */
export const SAMPLE_LINES = 1_000

export interface Options {
  /** Null: the only one of the usual that the sample has. */
  readonly separator: Separator | null
  /** Lines that are looked at to find it, blank ones aside; 1: it stands in the head. */
  readonly sampleLines: number
  /** Characters a quoted field may have. */
  readonly fieldMax: number
  /** What to do where it cannot be told; empty: there is no way. */
  readonly hint: string
}

/** Throws `TextProblem`. */
export async function* parse(lines: AsyncIterable<Line>, options: Options): AsyncGenerator<CsvRecord> {
  const { separator } = options
  let waiting: Array<Line> = []
  let sampled = 0
  let parser: Parser | null = null
  const parsed = function* (): Generator<CsvRecord, Parser> {
    const one = parser ?? new Parser(separator ?? separatorOf(waiting, options.hint), options.fieldMax)
    yield* one.records(waiting)
    waiting = []
    return one
  }
  for await (const line of lines) {
    waiting.push(line)
    if (line.text.trim() !== "") sampled++
    if (separator !== null || parser !== null || sampled === options.sampleLines) parser = yield* parsed()
  }
  parser = yield* parsed()
  parser.end()
}

const NAMES: Readonly<Record<Separator, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" }

const separatorOf = (sample: ReadonlyArray<Line>, hint: string): Separator => {
  const blank = (quoted: string) => quoted.replaceAll(/[^\n]/g, " ")
  const text = sample.map((line) => line.text).join("\n")
  const lines = text.replaceAll(/"[^"]*"/g, blank).split("\n")
  const [found, other] = SEPARATORS.filter((each) => lines.some((line) => line.includes(each)))
  if (found === undefined) return ","
  if (other === undefined) return found
  const index = lines.findIndex((line) => line.includes(other))
  throw problemAt(
    { line: sample[index]!.number, column: lines[index]!.indexOf(other) + 1 },
    `it has ${NAMES[found]} and ${NAMES[other]}${hint}`,
  )
}

class Parser {
  readonly #separator: Separator
  readonly #fieldMax: number
  #fields: Array<Field> = []
  /** A quoted field that goes on in the next line. */
  #open: Field | null = null

  constructor(separator: Separator, fieldMax: number) {
    this.#separator = separator
    this.#fieldMax = fieldMax
  }

  *records(lines: ReadonlyArray<Line>): Generator<CsvRecord> {
    for (const line of lines) {
      this.#line(line)
      if (this.#open !== null) continue
      yield this.#fields
      this.#fields = []
    }
  }

  end(): void {
    if (this.#open !== null) throw problemAt(this.#open, "a quote is never closed")
  }

  #line({ number, text }: Line): void {
    let at = this.#open === null ? 0 : this.#quoted({ ...this.#open, text: `${this.#open.text}\n` }, text, 0)
    if (this.#open !== null) return
    for (let isStart = at === 0 && this.#fields.length === 0; isStart || at < text.length; isStart = false) {
      if (!isStart) {
        if (text[at] !== this.#separator)
          throw problemAt({ line: number, column: at + 1 }, "text after a closing quote")
        at++
      }
      const place = { line: number, column: at + 1 }
      if (text[at] === '"') {
        at = this.#quoted({ ...place, text: "" }, text, at + 1)
        if (this.#open !== null) return
      } else {
        const next = text.indexOf(this.#separator, at)
        const end = next < 0 ? text.length : next
        this.#fields.push({ ...place, text: text.slice(at, end) })
        at = end
      }
    }
  }

  /** Where the field's closing quote ends; or it stays open. */
  #quoted(field: Field, text: string, start: number): number {
    let value = field.text
    for (let at = start; ; ) {
      const close = text.indexOf('"', at)
      value += text.slice(at, close < 0 ? text.length : close)
      if (value.length > this.#fieldMax) throw problemAt(field, "a quote is not closed for too long")
      if (close < 0) {
        this.#open = { ...field, text: value }
        return text.length
      }
      if (text[close + 1] !== '"') {
        this.#open = null
        this.#fields.push({ ...field, text: value })
        return close + 1
      }
      value += '"'
      at = close + 2
    }
  }
}
