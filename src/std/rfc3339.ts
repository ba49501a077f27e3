/**
 * Instants as text: RFC 3339 in UTC, to the millisecond. Almost all that are written lie in the same few seconds (now, and the
 * end of a hold that begins now), so the text of a second is kept: `Date` would compute the calendar each time.
 */

/** Seconds whose text is kept. A prime: now, and the end of a hold of whole minutes, hours or days, have places of their own. */
const KEPT = 61

const seconds = new Array<number>(KEPT).fill(Number.NaN)
const texts = new Array<string>(KEPT).fill("")
const THOUSANDTHS = Array.from({ length: 1_000 }, (_, index) => `${String(index).padStart(3, "0")}Z`)

/** `milliseconds` since 1970, whole and not negative. */
export const text = (milliseconds: number): string => {
  const thousandth = milliseconds % 1_000
  const second = (milliseconds - thousandth) / 1_000
  const place = second % KEPT
  if (seconds[place] !== second) {
    texts[place] = new Date(second * 1_000).toISOString().slice(0, -4)
    seconds[place] = second
  }
  return texts[place] + THOUSANDTHS[thousandth]!
}
