/**
 * Money is an integer count of minor units (cents, won) and an ISO 4217 currency code; never a float.
 */
export interface Money {
  /** Minor units, 0..MAX_PRICE for a price. */
  readonly amount: number
  /** ISO 4217, three capital letters. */
  readonly currency: string
}

/** The currencies of ISO 4217 that people pay with: no metals, funds, tests, nor "no currency". */
const CURRENCIES: ReadonlySet<string> = new Set(
  (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY " +
    "COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS " +
    "INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP " +
    "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR " +
    "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND " +
    "VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
  ).split(" "),
)

export const isCurrency = (code: string): boolean => CURRENCIES.has(code)

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
