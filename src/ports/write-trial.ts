/** A write trial: whether the ledger takes writes at all, when no order asks. */
import { Context, type Effect, Schema } from "effect"

/** It takes none; `detail`: what it says. */
export class NotWritten extends Schema.TaggedError<NotWritten>()("NotWritten", { detail: Schema.String }) {}

export class WriteTrial extends Context.Service<
  WriteTrial,
  {
    /** Writes as much as a batch may need, and leaves nothing behind. */
    readonly attempt: Effect.Effect<void, NotWritten>
  }
>()("jaego/ports/WriteTrial") {}
