/** Anything that ends a command: one line for people; an empty one when the command has already said it. */
import { Schema } from "effect"

export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", { message: Schema.String }) {
  /** What a file could not be read for: what its reader says of it, or what the system says. */
  static reading(file: string) {
    return (cause: unknown): CommandFailed =>
      cause instanceof CommandFailed
        ? cause
        : new CommandFailed({ message: `cannot read ${file}: ${(cause as Error).message}` })
  }
}
