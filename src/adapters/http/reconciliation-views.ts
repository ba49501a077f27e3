/** What is asked of the reconciliation with the payment provider, and how it is shown. */
import { Schema } from "effect"
import type { Found, RunOutcome, State } from "../../app/reconciliation.ts"
import { KINDS } from "../../domain/reconciliation.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import { Money, Status, Time } from "./schemas.ts"

/** A month (s). */
export const SPAN_MAX = 31 * 86_400

export const ReconciliationOrder = Schema.Struct({
  spanSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: SPAN_MAX }))),
  fix: Schema.optionalKey(Schema.Boolean),
}).annotate({ identifier: "ReconciliationOrder" })

const DifferenceView = Schema.Struct({
  kind: Schema.Literals(KINDS),
  key: Schema.String,
  ref: Schema.NullOr(Schema.String),
  orderStatus: Schema.NullOr(Status),
  owed: Schema.NullOr(Money),
  captured: Schema.Int,
  refunded: Schema.Int,
  repaired: Schema.Boolean,
})

export const ReconciliationView = Schema.Struct({
  running: Schema.Boolean,
  /** Of the newest that has ended; null: there was none in this process. */
  last: Schema.NullOr(
    Schema.Struct({
      at: Time,
      outcome: Schema.Literals(["compared", "provider", "database", "too-many"]),
      since: Schema.NullOr(Time),
      matched: Schema.Int,
      foreign: Schema.Int,
      differences: Schema.Array(DifferenceView),
    }),
  ),
}).annotate({ identifier: "Reconciliation" })
export type ReconciliationView = typeof ReconciliationView.Type

const shownDifference = ({ captured, key, kind, owed, ref, refunded, repaired, status: orderStatus }: Found) => ({
  ...{ kind, key, ref, orderStatus, owed },
  ...{ captured, refunded, repaired },
})

const shownOutcome = (outcome: RunOutcome) => {
  if (outcome._tag === "Failed") {
    const nothing = { since: null, matched: 0, foreign: 0, differences: [] }
    return { at: Rfc3339.text(outcome.at), outcome: outcome.reason, ...nothing }
  }
  const { at, differences, foreign, matched, since } = outcome.report
  const found = differences.map(shownDifference)
  const times = { at: Rfc3339.text(at), since: Rfc3339.text(since) }
  return { ...times, outcome: "compared", matched, foreign, differences: found } as const
}

export const shown = ({ isRunning, last }: State): ReconciliationView => ({
  running: isRunning,
  last: last === null ? null : shownOutcome(last),
})
