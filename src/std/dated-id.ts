/**
 * An id (UUIDv7) for something of another's making that has a name and a time: the time in front, so that rows lie by their age,
 * then as much of the name's digest as there is room for. The same name and time are the same id, everywhere and always.
 */
import { createHash } from "node:crypto"

/** Of 48 bits (ms since 1970). */
const TIME_MAX = 2 ** 48 - 1

/** `at`: ms since 1970; what is beyond the range is its end. */
export const of = (at: number, name: string): string => {
  const time = Math.floor(Math.min(Math.max(at, 0), TIME_MAX))
  const hex = createHash("sha256").update(name).digest("hex")
  const head = time.toString(16).padStart(12, "0")
  return `${head.slice(0, 8)}-${head.slice(8)}-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`
}
