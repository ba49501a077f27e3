/**
 * `jaego dlq`: dead letters are listed, shown, handled once more, or given up. On which database, and for which consumers,
 * is the root's to choose.
 *
 * Fails: CommandFailed.
 */
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Consumer } from "../../app/consumer.ts"
import * as DeadLetters from "../../app/dead-letters.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Inbox } from "../../ports/inbox.ts"
import { CommandFailed } from "./command-failed.ts"
import * as Output from "./dead-letters.ts"

export interface Deps<E> {
  readonly database: Flag.Flag<Option.Option<string>>
  readonly json: Flag.Flag<boolean>
  readonly consumers: Effect.Effect<ReadonlyArray<Consumer>, E>
  readonly onInbox: <A>(
    database: Option.Option<string>,
    effect: Effect.Effect<A, Unavailable, Inbox>,
  ) => Effect.Effect<A, E>
}

const consumer = Flag.String("consumer").pipe(Flag.withDescription("Only letters of this consumer"), Flag.optional)

const letter = Argument.Int("letter").pipe(Argument.withDescription("Its id, as `jaego dlq list` shows it"))

const all = Flag.Boolean("all").pipe(
  Flag.withDescription("All letters, and not those of one key"),
  Flag.withDefault(false),
)

const absent = (letter: number | null) => new CommandFailed({ message: `there is no dead letter ${letter}` })

/** Waits for a slow reader: what it has not read yet is never kept in memory. */
const write = (text: string) =>
  Effect.callback<void>((resume) => void process.stdout.write(text, () => resume(Effect.void)))

const list = <E>({ database, json, onInbox }: Deps<E>) =>
  Command.make(
    "list",
    { consumer, database, json },
    Effect.fnUntraced(function* (options) {
      const { end, page } = options.json ? Output.jsonPages() : Output.table()
      const letters = DeadLetters.all(Option.getOrNull(options.consumer))
      yield* onInbox(
        options.database,
        Stream.runForEachArray(letters, (some) => write(page(some))),
      )
      yield* write(end())
    }),
  ).pipe(Command.withDescription("Events that could not be handled, and those of the same key that wait behind them"))

const show = <E>({ database, json, onInbox }: Deps<E>) =>
  Command.make(
    "show",
    { letter, database, json },
    Effect.fnUntraced(function* (options) {
      const found = yield* onInbox(options.database, DeadLetters.find(options.letter))
      if (found === null) return yield* absent(options.letter)
      yield* Console.log(options.json ? Output.wholeJson(found) : Output.whole(found))
    }),
  ).pipe(Command.withDescription("One letter whole: where it came from, what is wrong, what is in it"))

const replay = <E>({ consumers, database, json, onInbox }: Deps<E>) =>
  Command.make(
    "replay",
    { letter: letter.pipe(Argument.optional), all, consumer, database, json },
    Effect.fnUntraced(function* ({ all, ...options }) {
      const request = { consumer: Option.getOrNull(options.consumer), letter: Option.getOrNull(options.letter) }
      if ((request.letter !== null) === all) return yield* new CommandFailed({ message: "name a letter, or say --all" })
      const replayed = yield* onInbox(options.database, DeadLetters.replay(yield* consumers, request))
      if (replayed.length === 0 && !all) return yield* absent(request.letter)
      yield* Console.log(options.json ? Output.replayedJson(replayed) : Output.replayed(replayed))
      if (replayed.some(({ stays }) => stays !== null)) return yield* new CommandFailed({ message: "" })
    }),
  ).pipe(Command.withDescription("Handle letters once more, after their cause was mended: the oldest of a key first"))

const discard = <E>({ consumers, database, onInbox }: Deps<E>) =>
  Command.make(
    "discard",
    { letter, database },
    Effect.fnUntraced(function* ({ database, letter }) {
      const behind = yield* onInbox(database, DeadLetters.discard(yield* consumers, letter))
      if (behind === null) return yield* absent(letter)
      yield* Console.log(`letter ${letter} is gone; behind it: ${Output.replayed(behind)}`)
    }),
  ).pipe(Command.withDescription("Give a letter up for good, and handle what waits behind it"))

export const command = <E>(deps: Deps<E>) =>
  Command.make("dlq").pipe(
    Command.withDescription("Dead letters: events that could not be handled"),
    Command.withSubcommands([list(deps), show(deps), replay(deps), discard(deps)]),
  )
