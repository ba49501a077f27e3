/**
 * Text from outside (buyers, the carrier, the stream, files), before it is kept or shown: no control characters (Cc), no lone
 * surrogates (Cs), and a bound, counted in code points.
 *
 * Why it exists: PostgreSQL refuses NUL and lone surrogates, and with them the whole statement, which other orders share; a
 * control character takes the reader's terminal along. A slice by UTF-16 units cuts a pair in half and so makes what the
 * database refuses; `cut` does not.
 */

/** Written `u`, so that a lone surrogate is a character of its own, but a pair is not. */
const UNCLEAN = /[\p{Cc}\p{Cs}]/u
const EACH_UNCLEAN = /[\p{Cc}\p{Cs}]/gu
const LINE_BREAKS = /[\t\n\v\f\r\u0085]+/g
const UNSTORABLE = /[\0\p{Cs}]/u
const EACH_UNSTORABLE = /[\0\p{Cs}]/gu
const REPLACEMENT = "\uFFFD"

/** It may be kept and shown as it is. */
export const isClean = (text: string): boolean => !UNCLEAN.test(text)

/** Its first `max` code points. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text
  let end = 0
  for (let count = 0; count < max && end < text.length; count++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
  return text.slice(0, end)
}

/** One clean line of at most `max` code points: line breaks become spaces, whatever else is not clean becomes U+FFFD. */
export const clean = (text: string, max: number): string =>
  cut(text, max).replaceAll(LINE_BREAKS, " ").replaceAll(EACH_UNCLEAN, REPLACEMENT)

/** Whole and as it came, but for what a database cannot keep: NUL and lone surrogates become U+FFFD. */
export const storable = (text: string): string => text.replaceAll(EACH_UNSTORABLE, REPLACEMENT)

/** A database keeps it as it is. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text)
