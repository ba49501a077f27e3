/**
 * Conditional requests (RFC 9110, 13): a version as an entity tag, and what callers say about the ones they have.
 *
 * Fails: `precondition-required` and `invalid-request` (problems).
 */
import { Result } from "effect"
import * as Problems from "./problems.ts"

/** A strong one: of a version there is one representation. */
export const tagOf = (version: number): string => `"${version}"`

interface Tag {
  readonly isWeak: boolean
  readonly opaque: string
}

/** One tag and what separates it from the next. */
const ONE = /[ \t]*(W\/)?"([!#-~\x80-\xff]*)"[ \t]*(,|$)/y

const VERSION = /^[1-9]\d{0,15}$/

/** Null: it is not a list of tags. */
const tagsIn = (header: string): ReadonlyArray<Tag> | null => {
  const tags: Array<Tag> = []
  ONE.lastIndex = 0
  for (;;) {
    const found = ONE.exec(header)
    if (found === null) return null
    tags.push({ isWeak: found[1] !== undefined, opaque: found[2]! })
    if (found[3] === "") return tags
  }
}

const REQUIRED = Problems.of("precondition-required", "Send the ETag of the version that you have read in If-Match.")

/**
 * Versions that may be changed: one at most, since it names an intent (`head.ts`); null: any. A weak tag, or one that is no version, is
 * none that we gave out.
 */
export const ifMatch = (header: string | undefined): Result.Result<ReadonlyArray<number> | null, Problems.Problem> => {
  if (header === undefined) return Result.fail(REQUIRED)
  if (header.trim() === "*") return Result.succeed(null)
  const tags = tagsIn(header)
  if (tags === null) return Result.fail(Problems.invalid("header/if-match", `Expected an entity tag ("7"), or *`))
  return Result.succeed(tags.flatMap(({ isWeak, opaque }) => (!isWeak && VERSION.test(opaque) ? [Number(opaque)] : [])))
}

/** The caller has this version: a weak tag will do for that. What cannot be read is as if it were not there. */
export const hasIt = (header: string | undefined, version: number): boolean => {
  if (header === undefined) return false
  if (header.trim() === "*") return true
  return tagsIn(header)?.some(({ opaque }) => opaque === String(version)) ?? false
}
