/** `jaego replay`: which file, how it is to be read, and at what pace it is sold. Fails: CommandFailed. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { MAX_ON_HAND } from "../../domain/quantity.ts"
import * as Baskets from "./baskets.ts"
import { CommandFailed } from "./command-failed.ts"
import * as Flags from "./flags.ts"
import { PATIENCE_MS } from "./http-client.ts"
import * as Replay from "./replay.ts"
import * as ReplayReport from "./replay-report.ts"

const reading = {
  file: Argument.String("file").pipe(
    Argument.withDescription("Baskets, one a line: product names with commas, semicolons, tabs or bars between"),
  ),
  encoding: Flags.encoding,
  separator: Flags.separator("names"),
  header: Flag.Boolean("header").pipe(Flag.withDescription("Skip the first line"), Flag.withDefault(false)),
  asBaskets: Flag.Boolean("as-baskets").pipe(
    Flag.withDescription("Sell each line as a basket, though the file looks like another kind of table"),
    Flag.withDefault(false),
  ),
  limit: Flags.whole("limit", 1, Number.MAX_SAFE_INTEGER).pipe(
    Flag.withDescription("Replay only the first baskets"),
    Flag.optional,
  ),
}

const selling = {
  concurrency: Flags.whole("concurrency", 1, 10_000).pipe(
    Flag.withDescription("Orders in flight"),
    Flag.withDefault(32),
  ),
  onHand: Flags.whole("on-hand", 0, MAX_ON_HAND).pipe(
    Flag.withDescription("Units each product starts with"),
    Flag.withDefault(10_000),
  ),
}

interface Reading {
  readonly file: string
  readonly encoding: Option.Option<string>
  readonly separator: Option.Option<"," | ";" | "\t" | "|">
  readonly header: boolean
  readonly asBaskets: boolean
  readonly limit: Option.Option<number>
}

const read = (options: Reading) =>
  Effect.tryPromise({
    try: (signal) =>
      Baskets.read(options.file, {
        signal,
        encoding: Option.getOrNull(options.encoding),
        separator: Option.getOrNull(options.separator),
        limit: Option.getOrNull(options.limit),
        shape: options.asBaskets ? "any" : "baskets",
        head: options.header ? "skip" : "none",
      }),
    catch: CommandFailed.reading(options.file),
  })

export const command = (url: Flag.Flag<string>) =>
  Command.make(
    "replay",
    { ...reading, ...selling, url, json: Flags.json },
    Effect.fnUntraced(function* (options) {
      const baskets = yield* read(options)
      const report = yield* Replay.run(baskets, { ...options, screen: process.stderr, patienceMs: PATIENCE_MS })
      yield* Console.log(options.json ? ReplayReport.json(report) : ReplayReport.text(report))
      if (!ReplayReport.isGood(report)) return yield* new CommandFailed({ message: "" })
    }),
  ).pipe(Command.withDescription("Sell the baskets of a file to a running service, and audit what it did"))
