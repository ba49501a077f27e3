/**
 * The world says not now: nothing was decided, or nobody can tell yet. Safe to try again with the same key.
 *
 * The other two kinds of failure have no class here: a rejection is a value of the domain, a defect is a thrown error.
 */
import { Schema } from "effect"

export const UnavailableReason = Schema.Literals([
  "mailbox-full",
  "worker-lost",
  "database",
  "standby",
  "starting",
  "draining",
  "stale-owner",
  "hold-lapsed",
  "contended",
])
export type UnavailableReason = typeof UnavailableReason.Type

export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  reason: UnavailableReason,
  /** When to come back, in seconds. */
  retryAfterSeconds: Schema.Int,
}) {}

export const unavailable = (reason: UnavailableReason, retryAfterSeconds = 1): Unavailable =>
  new Unavailable({ reason, retryAfterSeconds })
