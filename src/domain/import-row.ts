/**
 * One row of a bulk import, as a pure validation: what a line of a file says (CSV: texts by column, NDJSON: a value) gives a row or
 * the problem with it. One bad row is refused alone; the others of its file go on.
 *
 * `delta` rows change what is on hand (`delta`), `absolute` rows say what was counted (`stock`) and at which version of the stock
 * (`version`). A row with `name`, `price`, `currency` and `stock` can create its product, in both modes.
 *
 * Law: a number is never guessed: "1,000", "1e3", "12.0" and " 7" are refused, and so is a member that is not known.
 * Fails: `RowProblem`, a value with the member it is about.
 */
import { Result } from "effect"
import { isCurrency, MAX_PRICE, type Money } from "./money.ts"
import { isNormal } from "./name.ts"
import { NAME_MAX, SKU_MAX } from "./product.ts"
import { MAX_ON_HAND } from "./quantity.ts"
import { isClean } from "./text.ts"

export type Mode = "delta" | "absolute"

export const MEMBERS = ["sku", "name", "price", "currency", "stock", "delta", "version"] as const
export type Member = (typeof MEMBERS)[number]

export interface RowProblem {
  /** Null: about the row as a whole. */
  readonly member: string | null
  readonly what: string
}

/** What a product is made of that does not exist yet. */
export interface Newcomer {
  readonly name: string
  readonly price: Money
  readonly onHand: number
}

/** What is done to the stock of a product that exists; `Nothing`: the row only creates. */
export type Change =
  | { readonly _tag: "Move"; readonly delta: number }
  | { readonly _tag: "Count"; readonly counted: number; readonly version: number }
  | { readonly _tag: "Nothing" }

export interface Row {
  readonly sku: string
  /** Null: it only changes what exists. */
  readonly newcomer: Newcomer | null
  readonly change: Change
}

type Fields = Readonly<Partial<Record<Member, unknown>>>

/** Thrown and caught in this file only: a row has one problem, the first. */
class Wrong extends Error {
  readonly problem: RowProblem
  constructor(member: string | null, what: string) {
    super(what)
    this.problem = { member, what }
  }
}

const WHOLE = /^-?(?:0|[1-9][0-9]*)$/

/** Empty is what a CSV file has for a column that a row does not use, null is what JSON has for it. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === ""

const whole = (fields: Fields, member: Member, least: number, most: number): number | null => {
  const value = fields[member]
  if (isAbsent(value)) return null
  const number = typeof value === "string" && WHOLE.test(value) ? Number(value) : value
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < least || number > most)
    throw new Wrong(member, `must be a whole number from ${least} to ${most}`)
  // JSON knows a minus zero, and so does "-0".
  return number === 0 ? 0 : number
}

const text = (fields: Fields, member: Member, most: number, isGood: (value: string) => boolean): string | null => {
  const value = fields[member]
  if (isAbsent(value)) return null
  if (typeof value !== "string" || Array.from(value).length > most || !isGood(value))
    throw new Wrong(member, `must be a clean text of at most ${most} characters`)
  return value
}

const currencyOf = (fields: Fields): string | null => {
  const value = fields.currency
  if (isAbsent(value)) return null
  if (typeof value !== "string" || !isCurrency(value)) throw new Wrong("currency", "must be a currency of ISO 4217")
  return value
}

const newcomerOf = (fields: Fields, stock: number | null): Newcomer | null => {
  const name = text(fields, "name", NAME_MAX, isClean)
  const amount = whole(fields, "price", 0, MAX_PRICE)
  const currency = currencyOf(fields)
  if (amount === null && currency !== null) throw new Wrong("currency", "has no price")
  if (amount !== null && currency === null) throw new Wrong("price", "has no currency")
  if (name === null || amount === null || currency === null || stock === null) return null
  return { name, price: { amount, currency }, onHand: stock }
}

const changeOf = (mode: Mode, fields: Fields, stock: number | null, delta: number | null): Change => {
  const version = whole(fields, "version", 1, Number.MAX_SAFE_INTEGER)
  if (mode === "delta") {
    if (version !== null) throw new Wrong("version", "belongs to rows of mode absolute")
    return delta === null ? { _tag: "Nothing" } : { _tag: "Move", delta }
  }
  if (delta !== null) throw new Wrong("delta", "belongs to rows of mode delta")
  if (version === null) return { _tag: "Nothing" }
  if (stock === null) throw new Wrong("version", "has no stock that was counted at it")
  return { _tag: "Count", counted: stock, version }
}

const rowOf = (mode: Mode, fields: Fields): Row => {
  const unknown = Object.keys(fields).find((name) => !MEMBERS.some((member) => member === name))
  if (unknown !== undefined) throw new Wrong(unknown, `is none of ${MEMBERS.join(", ")}`)
  const sku = text(fields, "sku", SKU_MAX, isNormal)
  if (sku === null) throw new Wrong("sku", "is required")
  const stock = whole(fields, "stock", 0, MAX_ON_HAND)
  const delta = whole(fields, "delta", -MAX_ON_HAND, MAX_ON_HAND)
  const newcomer = newcomerOf(fields, stock)
  const change = changeOf(mode, fields, stock, delta)
  if (newcomer === null && change._tag === "Nothing") {
    const wanted = mode === "delta" ? "delta" : "stock and version"
    throw new Wrong(null, `needs ${wanted}, or name, price, currency and stock of a new product`)
  }
  return { sku, newcomer, change }
}

/** `value`: an object of JSON, or the texts of a CSV record by the names of their columns. */
export const read = (mode: Mode, value: unknown): Result.Result<Row, RowProblem> => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return Result.fail({ member: null, what: "must be an object" })
  try {
    return Result.succeed(rowOf(mode, value as Fields))
  } catch (wrong) {
    if (wrong instanceof Wrong) return Result.fail(wrong.problem)
    throw wrong
  }
}
