/**
 * The shape of a table, told apart from baskets by heuristics: a head, a column of numbers or dates in every line (an index, a
 * count, the order of a long format), and nothing but flags (one-hot).
 *
 * In doubt it refuses: one flag of the caller answers, and nothing has been made yet.
 * Fails: `CommandFailed`.
 */

import type { CsvRecord, Field } from "../../std/csv-records.ts"
import type { Place } from "../../std/text-lines.ts"
import { problemAt } from "./text-lines.ts"

const WANTED = "what is wanted is one basket a line, product names with separators between"
const INSISTING = "if it is so all the same: --as-baskets"

/** What heads of such files name: parts of orders, never goods. */
const HEAD = new RegExp(
  "^(transaction|invoice|order|basket|member|customer|item|product|article)(s|\\(s\\)|[ _-]?description)?" +
    "([ _-]?(id|ids|no|nr|num|number|code|name))?([ _-]?\\d+)?$|^(stockcode|sku|unnamed: ?\\d+)$",
  "i",
)

const FLAG = /^(0|1|0\.0|1\.0|true|false|t|f|yes|no|y|n|x|\?|)$/i

/** Numbers, dates and times, in any order of their parts. */
const NUMBER = /^(?=.*\d)[-\d\s.,:/+TZ]+$/

export class TableShape {
  readonly #file: string
  #first: Place | null = null
  /** Records behind the first. */
  #count = 0
  #hasOnlyFlags = true
  /** Columns that hold a number in every record behind the first. */
  #numbers: Array<number> | null = null

  constructor(file: string) {
    this.#file = file
  }

  /** Each record once, in order; a head that is known to be one is no reason to refuse. */
  see(record: CsvRecord, isHead: boolean): void {
    if (this.#first === null) {
      this.#first = record[0]!
      if (isHead) return
      const head = record.find(({ text }) => HEAD.test(text.trim()))
      if (head !== undefined) this.#refuse(head, `"${head.text}" names a column; to skip this line: --header`)
      if (record.length > 1 && record.every(isConsecutive))
        this.#refuse(record[0]!, "columns are numbered here; to skip this line: --header")
      return
    }
    this.#count++
    this.#hasOnlyFlags &&= record.every(({ text }) => FLAG.test(text.trim()))
    const isNumber = (column: number) => NUMBER.test(record[column]?.text ?? "")
    this.#numbers = (this.#numbers ?? [...record.keys()]).filter(isNumber)
  }

  end(): void {
    if (this.#first === null || this.#count === 0) return
    if (this.#hasOnlyFlags)
      this.#refuse(this.#first, `a one-hot table: behind this line there are only flags; ${WANTED}`)
    // Two lines of one product each may well be named by numbers.
    const column = this.#numbers?.[0]
    if (this.#count >= 2 && column !== undefined)
      this.#refuse(this.#first, `a table: field ${column + 1} of every line is a number or a date; ${WANTED}`)
  }

  #refuse(place: Place, what: string): never {
    throw problemAt(this.#file, place, `${what}; ${INSISTING}`)
  }
}

/** 0, 1, 2, ... or 1, 2, 3, ... */
const isConsecutive = ({ text }: Field, index: number, all: ReadonlyArray<Field>): boolean =>
  Number(text) === Number(all[0]!.text) + index && /^\d+$/.test(text) && Number(all[0]!.text) < 2
