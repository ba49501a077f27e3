/** A file of heads, as `jaego heads` prints them and `jaego verify --heads` reads them. Fails: CommandFailed. */
import { Effect, FileSystem, Schema } from "effect"
import { CommandFailed } from "./command-failed.ts"
import { printable } from "./printable.ts"

const Heads = Schema.Array(
  Schema.Struct({
    lane: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 63 })),
    seq: Schema.Int.check(Schema.isGreaterThan(0)),
    link: Schema.String.check(Schema.isUUID()),
  }),
)

const decode = Schema.decodeEffect(Schema.fromJsonString(Heads))

export const read = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  return yield* files.readFileString(file).pipe(
    Effect.flatMap(decode),
    Effect.mapError(
      ({ message }) =>
        new CommandFailed({ message: `${file} has no heads as \`jaego heads\` prints them: ${printable(message)}` }),
    ),
  )
})
