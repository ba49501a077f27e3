/**
 * The lines of a text, decoded strictly, one after another: what every reader of files and of bodies begins with.
 *
 * Bytes are cut into lines before they are decoded, so that each problem has a line and a column, and so that no line grows
 * beyond its bound. A byte-order mark says what the text is; without one it is UTF-8, or what the caller says.
 *
 * Law: a character that is not certain is never guessed: two names that differ in the text never become one.
 * Limits: `lineBytesMax` a line; only one line and one chunk are in memory.
 * Fails: `TextProblem` (thrown), with line and column.
 */

/** Where in a text something is; columns count UTF-16 units, as editors do, and both begin with 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface Line {
  readonly number: number
  readonly text: string
}

/** What is wrong with a text. */
export class TextProblem extends Error {
  override readonly name = "TextProblem"
  /** Null: it is about the text as a whole. */
  readonly place: Place | null
  readonly what: string
  constructor(place: Place | null, what: string) {
    super(place === null ? what : `line ${place.line}, column ${place.column}: ${what}`)
    this.place = place
    this.what = what
  }
}

export const problemAt = (place: Place | null, what: string): TextProblem => new TextProblem(place, what)

/** What begins like this is no text, though its name may say so. */
const MAGIC: ReadonlyArray<readonly [start: ReadonlyArray<number>, what: string]> = [
  [[0x1f, 0x8b], "it is compressed (gzip); unpack it first: gunzip"],
  [[0x28, 0xb5, 0x2f, 0xfd], "it is compressed (zstd); unpack it first: zstd -d"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "it is compressed (xz); unpack it first: xz -d"],
  [[0x50, 0x4b, 0x03, 0x04], "it is an archive (zip) or a spreadsheet (.xlsx); unpack it, or save it as CSV"],
  [[0xd0, 0xcf, 0x11, 0xe0], "it is a spreadsheet (.xls); save it as CSV"],
]

const MARKS: ReadonlyArray<readonly [mark: ReadonlyArray<number>, encoding: string]> = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
]

const startsWith = (bytes: Buffer, start: ReadonlyArray<number>): boolean =>
  start.every((byte, at) => bytes[at] === byte)

/** Nothing a text needs: controls but the tab, a byte-order mark in the middle, and what a lost character was replaced with. */
const UNWANTED = /[^\P{Cc}\t]|[\ufeff\ufffd]/u

/** Bytes that are waited for before it is said what a text is: more than the longest of these. */
const SIGNS_BYTES = 8

export interface Options {
  /** A label of the WHATWG Encoding Standard (`latin1`, `utf-16le`, `euc-kr`); null: what the mark says, or UTF-8. */
  readonly encoding: string | null
  readonly lineBytesMax: number
  /** How a caller names an encoding: `--encoding latin1`, `charset=latin1`. */
  readonly naming: (label: string) => string
}

/** A chunk may be written over once the next is asked for. Throws `TextProblem`. */
export async function* read(chunks: AsyncIterable<Buffer>, options: Options): AsyncGenerator<Line> {
  let first: Buffer | null = Buffer.alloc(0)
  let reading: Reading | null = null
  for await (const chunk of chunks) {
    if (first !== null) {
      first = Buffer.concat([first, chunk])
      if (first.length < SIGNS_BYTES) continue
      reading = new Reading(first, options)
      yield* reading.lines(first.subarray(reading.markBytes), false)
      first = null
    } else yield* reading!.lines(chunk, false)
  }
  reading ??= new Reading(first!, options)
  yield* reading.lines(first === null ? NOTHING : first.subarray(reading.markBytes), true)
}

const NOTHING = Buffer.alloc(0)

class Reading {
  readonly markBytes: number
  readonly #decode: ReturnType<typeof decoderOf>
  readonly #splitter: Splitter

  constructor(first: Buffer, options: Options) {
    this.#decode = decoderOf(first, options)
    this.#splitter = new Splitter(this.#decode.unit, options.lineBytesMax)
    this.markBytes = this.#decode.markBytes
  }

  *lines(bytes: Buffer, isLast: boolean): Generator<Line> {
    for (const line of this.#splitter.split(bytes, isLast)) yield this.#decode.line(line, this.#splitter.number++)
  }
}

/** Cuts bytes at LF, CR and CRLF. A unit of a text is one byte, or two with UTF-16. */
class Splitter {
  /** Of the line that is cut next. */
  number = 1
  #rest: Buffer = Buffer.alloc(0)
  #isAfterCr = false
  readonly #unit: Unit
  readonly #bytesMax: number

  constructor(unit: Unit, bytesMax: number) {
    this.#unit = unit
    this.#bytesMax = bytesMax
  }

  *split(chunk: Buffer, isLast: boolean): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const { read, width } = this.#unit
    let start = 0
    for (let at = this.#rest.length - (this.#rest.length % width); at + width <= bytes.length; at += width) {
      const character = read(bytes, at)
      if (character === 0x0a && this.#isAfterCr && at === start) start = at + width
      else if (character === 0x0a || character === 0x0d) {
        this.#bounded(at - start)
        yield bytes.subarray(start, at)
        start = at + width
      }
      this.#isAfterCr = character === 0x0d
    }
    // A copy, because the chunk is read into again.
    this.#rest = Buffer.from(bytes.subarray(start))
    this.#bounded(this.#rest.length)
    if (isLast && this.#rest.length > 0) yield this.#rest
  }

  #bounded(bytes: number): void {
    if (bytes > this.#bytesMax) throw problemAt({ line: this.number, column: 1 }, `longer than ${this.#bytesMax} bytes`)
  }
}

interface Unit {
  readonly width: number
  readonly read: (bytes: Buffer, at: number) => number
}

const UNITS: Readonly<Record<string, Unit>> = {
  "utf-16le": { width: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  "utf-16be": { width: 2, read: (bytes, at) => bytes.readUInt16BE(at) },
}

/** In all other encodings of the standard a byte below 0x20 stands for itself and for nothing else. */
const BYTES: Unit = { width: 1, read: (bytes, at) => bytes[at]! }

const decoderOf = (first: Buffer, { encoding: wanted, naming }: Options) => {
  const magic = MAGIC.find(([start]) => startsWith(first, start))
  if (magic !== undefined) throw problemAt(null, magic[1])
  const mark = MARKS.find(([bytes]) => startsWith(first, bytes))
  const encoding = wanted === null ? (mark?.[1] ?? "utf-8") : labelled(wanted)
  // "utf-16" alone leaves it to the mark which of the two it is.
  const isMeant = mark === undefined || mark[1] === encoding || /^utf-?16$/i.test(wanted ?? "")
  if (!isMeant) throw problemAt(null, `it begins with the mark of ${mark[1]}, and is to be read as ${encoding}`)
  const name = mark?.[1] ?? encoding
  const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true })
  return {
    unit: UNITS[name] ?? BYTES,
    markBytes: mark?.[0].length ?? 0,
    line: (bytes: Buffer, number: number): Line => {
      const text = strictly(decoder, bytes, number, naming)
      const unwanted = text.search(UNWANTED)
      if (unwanted >= 0) throw problemAt({ line: number, column: unwanted + 1 }, nameOf(text, unwanted, name, naming))
      return { number, text }
    },
  }
}

const labelled = (label: string): string => {
  try {
    return new TextDecoder(label).encoding
  } catch {
    throw problemAt(null, `there is no encoding "${label}"; there are utf-8, utf-16le, latin1, euc-kr, ...`)
  }
}

const strictly = (decoder: TextDecoder, bytes: Buffer, line: number, naming: Options["naming"]): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    const { byte, column } = firstWrong(bytes, decoder.encoding)
    const hex = byte === undefined ? "the end of the line" : `byte 0x${byte.toString(16).padStart(2, "0")}`
    const hint = `; name its encoding, for example ${naming("latin1")}`
    throw problemAt({ line, column }, `${hex} is not ${decoder.encoding}${hint}`)
  }
}

/** The longest part that can be decoded, by halves: what could still go on behind it counts as good. */
const firstWrong = (bytes: Buffer, encoding: string) => {
  const decoded = (length: number): string | null => {
    try {
      return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), {
        stream: true,
      })
    } catch {
      return null
    }
  }
  let good = 0
  for (let bad = bytes.length + 1; bad - good > 1; ) {
    const middle = (good + bad) >> 1
    if (middle <= bytes.length && decoded(middle) !== null) good = middle
    else bad = middle
  }
  return { byte: bytes[good], column: decoded(good)!.length + 1 }
}

const nameOf = (text: string, at: number, encoding: string, naming: Options["naming"]): string => {
  const code = text.charCodeAt(at)
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  if (code === 0xfeff) return `a byte-order mark (${name}) in the middle: two files in one?`
  if (code === 0xfffd) return `a replacement character (${name}): the name was lost before`
  if (code === 0 && encoding === "utf-8") return `a NUL (${name}); if it is UTF-16: ${naming("utf-16le")} or utf-16be`
  return `a control character (${name})`
}
