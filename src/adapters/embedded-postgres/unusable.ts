/** The embedded database cannot be used: one line a newcomer can act on. */
import { Schema } from "effect"

export class EmbeddedUnusable extends Schema.TaggedError<EmbeddedUnusable>()("EmbeddedUnusable", {
  message: Schema.String,
}) {}
