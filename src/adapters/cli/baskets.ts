/**
 * Baskets from a CSV file: one order a line, one product name a field.
 *
 * Names are kept exactly as the file has them (a trailing space makes another product); quotes, CRLF and a byte-order
 * mark are the file's clothes and are taken off. Blank fields and blank lines are nobody's basket and are skipped.
 *
 * Fails: `CommandFailed`.
 */
import { CommandFailed } from "./command-failed.ts"

export interface BasketLine {
  readonly name: string
  readonly quantity: number
}

/** A name that comes twice in a line is bought twice. */
export type Basket = ReadonlyArray<BasketLine>

/** Records of RFC 4180: commas separate, double quotes protect commas, line ends and (doubled) themselves. Throws `CommandFailed`. */
export const records = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const all: Array<Array<string>> = []
  let record: Array<string> = []
  let line = 1
  let at = text.startsWith("\uFEFF") ? 1 : 0
  const endRecord = () => {
    all.push(record)
    record = []
    line++
  }
  while (at < text.length) {
    if (text[at] === '"') {
      const field = quoted(text, at, line)
      record.push(field.value)
      line += field.value.split("\n").length - 1
      at = field.end
    } else {
      let end = at
      while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++
      record.push(text.slice(at, end))
      at = end
    }
    if (text[at] === ",") {
      at++
      // A comma that ends the line still opens a last, empty field; blank fields are skipped later anyway.
      if (at < text.length && text[at] !== "\n" && text[at] !== "\r") continue
    }
    if (at >= text.length) break
    if (text[at] === "\r" && text[at + 1] === "\n") at += 2
    else if (text[at] === "\n" || text[at] === "\r") at++
    else throw new CommandFailed({ message: `line ${line}: text after a closing quote` })
    endRecord()
  }
  if (record.length > 0) all.push(record)
  return all
}

const quoted = (text: string, start: number, line: number): { readonly value: string; readonly end: number } => {
  let value = ""
  let at = start + 1
  for (;;) {
    const close = text.indexOf('"', at)
    if (close < 0) throw new CommandFailed({ message: `line ${line}: a quote is never closed` })
    value += text.slice(at, close)
    if (text[close + 1] !== '"') return { value, end: close + 1 }
    value += '"'
    at = close + 2
  }
}

/** Throws `CommandFailed` when nothing is left to order. */
export const read = (text: string): ReadonlyArray<Basket> => {
  const baskets: Array<Basket> = []
  for (const record of records(text)) {
    const quantities = new Map<string, number>()
    for (const name of record) if (name.trim() !== "") quantities.set(name, (quantities.get(name) ?? 0) + 1)
    if (quantities.size > 0) baskets.push(Array.from(quantities, ([name, quantity]) => ({ name, quantity })))
  }
  if (baskets.length === 0) throw new CommandFailed({ message: "there is no basket in it" })
  return baskets
}

/** Every name once, in the order of first mention. */
export const names = (baskets: ReadonlyArray<Basket>): ReadonlyArray<string> => [
  ...new Set(baskets.flatMap((basket) => basket.map((line) => line.name))),
]
