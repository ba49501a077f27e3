/**
 * Money is an integer count of minor units (cents, won) and an ISO 4217 currency code; never a float.
 */
export interface Money {
  /** Minor units, 0..MAX_PRICE for a price. */
  readonly amount: number
  /** ISO 4217, three capital letters. */
  readonly currency: string
}

/** Highest price of one unit, in minor units. */
export const MAX_PRICE = 1_000_000_000_000

export interface Priced {
  readonly quantity: number
  readonly unitPrice: Money
}

export type TotalProblem = { readonly _tag: "MixedCurrencies" } | { readonly _tag: "TotalTooLarge" }

/** The sum of the lines, or why there is none. Lines are never empty. */
export const total = (lines: ReadonlyArray<Priced>): Money | TotalProblem => {
  const currency = lines[0]!.unitPrice.currency
  let amount = 0
  for (const line of lines) {
    if (line.unitPrice.currency !== currency) return { _tag: "MixedCurrencies" }
    amount += line.unitPrice.amount * line.quantity
    if (!Number.isSafeInteger(amount)) return { _tag: "TotalTooLarge" }
  }
  return { amount, currency }
}
