/**
 * What is wrong with a request that does not fit its schema, one entry a fault.
 *
 * `pointer` is a JSON pointer into the body (`#/lines/0/quantity`), or names the part (`query/limit`, `path/id`,
 * `header/idempotency-key`).
 */
import { SchemaIssue } from "effect"
import type { HttpApiError } from "effect/http-api"
import * as Text from "../../domain/text.ts"

export interface Fault {
  readonly pointer: string
  readonly detail: string
}

export interface Description {
  readonly code: "malformed-json" | "idempotency-key-required" | "invalid-request"
  readonly detail: string
  readonly errors: ReadonlyArray<Fault>
}

/** More faults than this do not help the caller and cost us. */
const MAX_FAULTS = 20

/** The parts of a request; the other kinds are parts of our answer, and then the fault is ours. */
const parts: Readonly<Record<string, string>> = { Payload: "#", Query: "query", Params: "path", Headers: "header" }

/** How the HTTP layer words these two; a test holds it to that. */
const NOT_JSON = "Expected a valid JSON body"
const MISSING = "Missing key"

/** Names of members and parameters are the caller's own words: enough of them to find the place (characters). */
const ECHO_MAX = 120

const cut = (text: string): string => (text.length <= ECHO_MAX ? text : `${Text.cut(text, ECHO_MAX)}…`)

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** RFC 6901. */
const escaped = (key: PropertyKey): string => String(key).replaceAll("~", "~0").replaceAll("/", "~1")

/** Null when the request is not to blame. */
export const describe = (error: HttpApiError.HttpApiSchemaError): Description | null => {
  const part = parts[error.kind]
  if (part === undefined) return null
  const errors = format(error.cause.issue)
    .issues.slice(0, MAX_FAULTS)
    .map(({ message, path = [] }) => ({
      pointer: cut([part, ...path.map((key) => escaped(typeof key === "object" ? key.key : key))].join("/")),
      detail: cut(message),
    }))
  const first = errors[0] ?? { pointer: part, detail: "Not valid" }
  if (first.detail === NOT_JSON) return { code: "malformed-json", detail: "The body could not be parsed.", errors: [] }
  if (first.pointer === "header/idempotency-key" && first.detail === MISSING)
    return { code: "idempotency-key-required", detail: "Choose a key of 1..255 printable characters.", errors }
  return { code: "invalid-request", detail: `${first.pointer}: ${first.detail}`, errors }
}

/** Query parameters where none are known. */
export const unexpected = (names: ReadonlyArray<string>): Description => ({
  code: "invalid-request",
  detail: "This route takes no query.",
  errors: names
    .slice(0, MAX_FAULTS)
    .map((name) => ({ pointer: cut(`query/${escaped(name)}`), detail: "Not expected" })),
})
