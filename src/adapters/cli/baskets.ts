/**
 * Baskets from a file of separated values: one order a line, one product name a field.
 *
 * Names are kept exactly as the file has them (a trailing space makes another product). Blank fields and blank lines belong to
 * no basket and are skipped. The whole file is read and checked before anything is made of it.
 *
 * Law: a table of another shape (long, one-hot, counted, with a head) is refused by name, and never sold as baskets.
 * Limits: `NAME_MAX`; `ORDER_LINES_MAX` of all baskets; one of more than `LINES_MAX` products becomes several orders.
 * Fails: `CommandFailed`, with file, line and column.
 */
import { LINES_MAX } from "../../domain/order-lines.ts"
import { NAME_MAX } from "../../domain/product.ts"
import { isClean } from "../../domain/text.ts"
import type { CsvRecord, Field, Separator } from "../../std/csv-records.ts"
import * as Csv from "./csv-records.ts"
import { TableShape } from "./table-shape.ts"
import * as TextLines from "./text-lines.ts"

export interface BasketLine {
  readonly name: string
  readonly quantity: number
}

/** A name that comes twice in a line is bought twice. */
export type Basket = ReadonlyArray<BasketLine>

export interface Baskets {
  /** One for each order; a basket with more products than an order has lines is several, one behind the other. */
  readonly orders: ReadonlyArray<Basket>
  /** Baskets that were cut so. */
  readonly split: number
}

export interface Options extends TextLines.Options {
  readonly separator: Separator | null
  /** `skip`: the first line names columns. */
  readonly head: "skip" | "none"
  /** `any`: each line is a basket, though the file looks like another kind of table. */
  readonly shape: "baskets" | "any"
  /** Baskets after which reading ends; null: all. */
  readonly limit: number | null
}

/** Order lines of all baskets together: the audit remembers each, about 200 bytes. */
export const ORDER_LINES_MAX = 5_000_000

/** Throws `CommandFailed`, also when nothing is left to order. */
export const read = async (file: string, options: Options): Promise<Baskets> => {
  const orders: Array<Basket> = []
  let baskets = 0
  let split = 0
  const names = new Names(file)
  const shape = options.shape === "any" ? null : new TableShape(file)
  let isHead = options.head === "skip"
  let orderLines = 0
  for await (const record of Csv.parse(file, TextLines.read(file, options), options.separator)) {
    if (record.every(({ text }) => text.trim() === "")) continue
    shape?.see(record, isHead)
    if (isHead) {
      isHead = false
      continue
    }
    const basket = names.basket(record)
    baskets++
    if (basket.length > LINES_MAX) split++
    for (let from = 0; from < basket.length; from += LINES_MAX) orders.push(basket.slice(from, from + LINES_MAX))
    orderLines += basket.length
    if (orderLines > ORDER_LINES_MAX)
      throw TextLines.problemAt(
        file,
        record[0]!,
        `more than ${ORDER_LINES_MAX} order lines; take the first with --limit`,
      )
    if (baskets === options.limit) break
  }
  shape?.end()
  if (baskets === 0) throw TextLines.problemAt(file, null, "there is no basket in it")
  return { orders, split }
}

/** One text for each name, however often it comes. */
class Names {
  readonly #file: string
  readonly #known = new Map<string, string>()

  constructor(file: string) {
    this.#file = file
  }

  basket(record: CsvRecord): Basket {
    const quantities = new Map<string, number>()
    for (const field of record) {
      if (field.text.trim() === "") continue
      const name = this.#name(field)
      quantities.set(name, (quantities.get(name) ?? 0) + 1)
    }
    return Array.from(quantities, ([name, quantity]) => ({ name, quantity }))
  }

  #name(field: Field): string {
    const known = this.#known.get(field.text)
    if (known !== undefined) return known
    if (!isClean(field.text)) throw TextLines.problemAt(this.#file, field, "a tab or a line end inside of a name")
    if (Array.from(field.text).length > NAME_MAX)
      throw TextLines.problemAt(this.#file, field, `a name of more than ${NAME_MAX} characters`)
    this.#known.set(field.text, field.text)
    return field.text
  }
}

/** Every name once, in the order of first mention. */
export const names = (orders: ReadonlyArray<Basket>): ReadonlyArray<string> => [
  ...new Set(orders.flatMap((basket) => basket.map((line) => line.name))),
]
