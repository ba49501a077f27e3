/**
 * Money in Stripe's units. They are the minor units of ISO 4217 but for a few currencies, and what Stripe cannot charge is refused
 * before an intent is made, instead of being charged a hundredfold.
 */
import type { Money } from "../../domain/money.ts"

/** No minor unit (ISO 4217), and yet Stripe counts in hundredths of them. */
const IN_HUNDREDTHS: ReadonlySet<string> = new Set(["ISK", "UGX"])
/** Hundredths (ISO 4217), and yet Stripe counts in whole ones. */
const IN_WHOLES: ReadonlySet<string> = new Set(["MGA"])
/** Thousandths (ISO 4217), of which card networks take only tens. */
const IN_TENS: ReadonlySet<string> = new Set(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

/** As Stripe says it, in our minor units. `currency`: three capital letters. */
export const minorOf = (amount: number, currency: string): number => {
  if (IN_HUNDREDTHS.has(currency)) return amount / 100
  return IN_WHOLES.has(currency) ? amount * 100 : amount
}

/** Null: not to be had in Stripe's units. */
export const amountOf = ({ amount, currency }: Money): number | null => {
  if (IN_HUNDREDTHS.has(currency)) return amount * 100
  if (IN_WHOLES.has(currency)) return amount % 100 === 0 ? amount / 100 : null
  return IN_TENS.has(currency) && amount % 10 !== 0 ? null : amount
}
