/**
 * Cursors: where a page ended, in an opaque form.
 *
 * A cursor names its version and its list, so that one of another list, or of a future layout, is refused and not
 * misread. Fails: `invalid-cursor` (a problem).
 */
import { Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { RowStatus } from "../../ports/imports.ts"
import * as Problems from "./problems.ts"

/** The lists; a product's ledger is a list of its own, and so are the rows of an import. */
export type List = "products" | "orders" | `movements/${ProductId}` | `imports/${string}/${RowStatus}`

const VERSION = "1"

export const write = (list: List, position: string): string =>
  Buffer.from(`${VERSION} ${list} ${position}`).toString("base64url")

const malformed = Effect.fail(Problems.of("invalid-cursor", "This cursor was not handed out by this list."))

/** The position, if it satisfies `pattern`; null if there is no cursor. */
export const read = (
  list: List,
  cursor: string | undefined,
  pattern: RegExp,
): Effect.Effect<string | null, Problems.Problem> => {
  if (cursor === undefined) return Effect.succeed(null)
  const text = Buffer.from(cursor, "base64url").toString()
  const prefix = `${VERSION} ${list} `
  const position = text.slice(prefix.length)
  // Written again, because base64url has many spellings of the same bytes and only ours is a cursor.
  return text.startsWith(prefix) && pattern.test(position) && write(list, position) === cursor
    ? Effect.succeed(position)
    : malformed
}

/** A product's or an order's id. */
export const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** A version: safe as a number. */
export const NUMBER = /^[1-9]\d{0,14}$/
