/**
 * Instants as text and back: RFC 3339. Written in UTC, to the millisecond. Almost all that are written lie in the same few
 * seconds (now, and the end of a hold that begins now), so the text of a second is kept: `Date` would compute the calendar each
 * time. Read in every form the RFC allows, and strictly: `Date.parse` takes 30 February for 2 March.
 *
 * Limits: what is read lies in 1970..2100. Anything else is a clock gone wrong, or a date that stands for none.
 */

/** Seconds whose text is kept. A prime: now, and the end of a hold of whole minutes, hours or days, have places of their own. */
const KEPT = 61

const seconds = new Array<number>(KEPT).fill(Number.NaN)
const texts = new Array<string>(KEPT).fill("")
const THOUSANDTHS = Array.from({ length: 1_000 }, (_, index) => `${String(index).padStart(3, "0")}Z`)

/** `milliseconds` since 1970, whole. */
export const text = (milliseconds: number): string => {
  if (milliseconds < 0) return new Date(milliseconds).toISOString()
  const thousandth = milliseconds % 1_000
  const second = (milliseconds - thousandth) / 1_000
  const place = second % KEPT
  if (seconds[place] !== second) {
    texts[place] = new Date(second * 1_000).toISOString().slice(0, -4)
    seconds[place] = second
  }
  return texts[place] + THOUSANDTHS[thousandth]!
}

/** `T` and `Z` in either case, a space for the `T`, any number of digits after the point, any offset, second 60. */
const FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** Exclusive (ms since 1970). */
const END = Date.UTC(2101, 0, 1)

const DAY_MS = 86_400_000

/** The second that was read last, as it is written here, and its time: the times of one batch lie in the same few. */
let known = "1970-01-01T00:00:00."
let knownMs = 0

/** Of a digit; anything else is not in 0..9. */
const digitAt = (text: string, at: number): number => text.charCodeAt(at) - 48

const isDigit = (value: number): boolean => value >= 0 && value <= 9

/** Of a text as it is written here, in the second that was read last; null: it is another. */
const within = (text: string): number | null => {
  if (text.length !== 24 || text[23] !== "Z" || !text.startsWith(known)) return null
  const [first, second, third] = [digitAt(text, 20), digitAt(text, 21), digitAt(text, 22)]
  return isDigit(first) && isDigit(second) && isDigit(third) ? knownMs + first * 100 + second * 10 + third : null
}

/** Milliseconds since 1970, what is finer cut off; null: it is no instant, or none of 1970..2100. */
export const parse = (text: string): number | null => {
  const near = within(text)
  if (near !== null) return near
  const milliseconds = parseAny(text)
  if (milliseconds !== null && OURS.test(text)) {
    known = text.slice(0, 20)
    knownMs = milliseconds - (milliseconds % 1_000)
  }
  return milliseconds
}

/** As it is written here. Without leap seconds, which are the same time as the second behind them. */
const OURS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}Z$/

const parseAny = (text: string): number | null => {
  const found = FORM.exec(text)
  if (found === null) return null
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, ...Array<number>]
  const [, , , , , , , fraction = ".", sign = "+", offsetHour = "00", offsetMinute = "00"] = found
  const midnight = Date.UTC(year, month! - 1, day)
  const date = new Date(midnight)
  // A day that the month does not have is one of another month.
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return null
  if (hour! > 23 || minute! > 59 || second! > 60 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return null
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -60_000 : 60_000)
  const instant = midnight + ((hour! * 60 + minute!) * 60 + second!) * 1_000 - offset
  // Leap seconds end a day of UTC.
  if (second === 60 && instant % DAY_MS !== 0) return null
  const milliseconds = instant + Number(fraction.slice(1, 4).padEnd(3, "0"))
  return milliseconds >= 0 && milliseconds < END ? milliseconds : null
}
