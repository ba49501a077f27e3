/** How figures are written. */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** Milliseconds: small ones with a digit more. */
export const ms = (value: number): string => number(value, value < 10 ? 1 : 0)
