/**
 * What a failed statement means: was anything written?
 *
 * - never sent (no connection could be made): for certain not.
 * - answered with an error while the session lived on: for certain not, a single statement has been rolled back.
 * - anything else (connection lost, session ended by the server, no answer in time): the outcome is unknown.
 */
import { Effect } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"

/** Raised by our functions: epochs, seqs or versions are not as the caller believes. */
export const STALE = "JG001"

/** Longest a statement may run (ms): far above the slowest batch, below what a caller waits for. */
export const STATEMENT_TIMEOUT_MS = 5_000

/** Past twice the server's own limit no answer is going to come. */
export const ANSWER_SECONDS = (2 * STATEMENT_TIMEOUT_MS) / 1_000

export const SILENCE = `no answer within ${ANSWER_SECONDS} s`

/** The line fell silent, which TCP notices only after a quarter of an hour. */
export const silence = new SqlError({
  reason: new ConnectionError({ cause: new Error(SILENCE), operation: "query" }),
})

/** What is asked, or `late` without an answer in time. */
export const inTime =
  <B, F>(late: Effect.Effect<B, F>) =>
  <A, E, R>(asked: Effect.Effect<A, E, R>): Effect.Effect<A | B, E | F, R> =>
    Effect.timeoutOrElse(asked, { duration: `${ANSWER_SECONDS} seconds`, orElse: () => late })

export type WriteOutcome = "never-sent" | "refused" | "unknown"

interface ServerFields {
  readonly code?: unknown
  readonly severityUnlocalized?: unknown
  readonly severity?: unknown
}

const fieldsOf = (error: SqlError): ServerFields => {
  const { cause } = error.reason
  return typeof cause === "object" && cause !== null ? cause : {}
}

/** The SQLSTATE, when the server sent one. */
export const stateOf = (error: SqlError): string | undefined => {
  const { code } = fieldsOf(error)
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The database refuses a value (22...) or a row (23...), as it would each time: the statement, not the database, is at fault. */
export const isRefusedValue = (error: SqlError): boolean => /^2[23]/.test(stateOf(error) ?? "")

export const outcomeOf = (error: SqlError): WriteOutcome => {
  if (error.reason.operation === "connect") return "never-sent"
  const state = stateOf(error)
  if (state === undefined) return "unknown"
  const { severity, severityUnlocalized = severity } = fieldsOf(error)
  const ended = severityUnlocalized === "FATAL" || severityUnlocalized === "PANIC"
  return ended || state.startsWith("08") || state.startsWith("57P") || state === "40003" ? "unknown" : "refused"
}

/** One line for the log. */
export const describe = (error: SqlError): string => {
  const { cause } = error.reason
  const state = stateOf(error)
  const said = cause instanceof Error ? cause.message : error.message
  return state === undefined ? said : `${said} (SQLSTATE ${state})`
}
