/** Anything that ends a command: one line for people; an empty one when the command has already said it. */
import { Schema } from "effect"

export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", { message: Schema.String }) {}
