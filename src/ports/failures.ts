/**
 * Unavailability: the world says not now. Safe to try again with the same key; without one only where `fate` says that
 * nothing was decided.
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
  "deadline-passed",
  "paused",
  "payment-backlog",
])
export type UnavailableReason = typeof UnavailableReason.Type

/** What became of the command: nothing, for certain; or it may have been carried out, or may still be. */
export const Fate = Schema.Literals(["undecided", "unknown"])
export type Fate = typeof Fate.Type

export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  reason: UnavailableReason,
  fate: Fate,
  /** When to come back, in seconds. */
  retryAfterSeconds: Schema.Int,
}) {}

export const unavailable = (reason: UnavailableReason, fate: Fate = "undecided", retryAfterSeconds = 1): Unavailable =>
  new Unavailable({ reason, fate, retryAfterSeconds })
