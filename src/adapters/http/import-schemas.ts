/** What answers show of an import. */
import { Schema } from "effect"
import { Id, Time } from "./schemas.ts"

export const ImportView = Schema.Struct({
  id: Id,
  mode: Schema.Literals(["delta", "absolute"]),
  dryRun: Schema.Boolean,
  state: Schema.Literals(["receiving", "waiting", "running", "finished", "failed"]),
  /** `skipped`: there was nothing to do. Of a dry run: what would become of them. */
  rows: Schema.Struct({ read: Schema.Int, applied: Schema.Int, failed: Schema.Int, skipped: Schema.Int }),
  receivedAt: Time,
  startedAt: Schema.NullOr(Time),
  finishedAt: Schema.NullOr(Time),
  /** Why it failed as a whole. */
  error: Schema.NullOr(Schema.String),
}).annotate({ identifier: "Import" })
export type ImportView = typeof ImportView.Type

export const ImportRowView = Schema.Struct({
  /** Where it begins in the text, from 1. */
  line: Schema.Int,
  sku: Schema.NullOr(Schema.String),
  status: Schema.Literals(["pending", "applied", "skipped", "failed"]),
  problem: Schema.optionalKey(Schema.String),
  what: Schema.optionalKey(Schema.Literals(["created", "moved", "counted"])),
  productId: Schema.optionalKey(Schema.NullOr(Id)),
  /** Change of `onHand`, units. */
  delta: Schema.optionalKey(Schema.Int),
  /** Of the stock behind it. */
  version: Schema.optionalKey(Schema.Int),
}).annotate({ identifier: "ImportRow" })
export type ImportRowView = typeof ImportRowView.Type
