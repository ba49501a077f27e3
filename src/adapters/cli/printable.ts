/**
 * The escape of everything that the command line prints and did not write itself: names, errors, keys and headers come from
 * files, brokers, carriers and databases, and must neither move the reader's cursor nor pretend to be another line.
 *
 * What has no shape of its own (controls, C1 included, formats such as direction marks, line separators, half surrogate
 * pairs) is shown as JSON would escape it. So the JSON of a value stays JSON, and means the same.
 */

const SHAPELESS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** By UTF-16 units, as JSON has it: a format character beyond the first plane is two of them. */
const escaped = (character: string): string =>
  SHORT[character] ??
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("")

/** One line, whatever is in it. */
export const printable = (text: string): string => text.replaceAll(SHAPELESS, escaped)

/** A value as one line of JSON that a terminal can be shown. */
export const json = (value: unknown): string => printable(JSON.stringify(value))

/** A value as indented JSON. */
export const prettyJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).split("\n").map(printable).join("\n")
