/**
 * `jaego`, the command line: `serve`, `migrate`, `seed`, `replay`, `import`, `verify`, `heads`, `doctor`, `dlq`, `profile`, `reconcile`, `simulate`, `lab`, `learn`, `quiz`.
 *
 * A root, and a thin one: it reads arguments and environment, chooses adapters and prints.
 * Fails: one line on stderr and exit code 1, also when a law is broken or an order was not answered.
 */

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit } from "effect"
import { CliOutput, Command } from "effect/cli"
import { CommandFailed } from "./adapters/cli/command-failed.ts"
import * as DeadLetterCommands from "./adapters/cli/dead-letter-commands.ts"
import * as Diagnosis from "./adapters/cli/doctor.ts"
import { json } from "./adapters/cli/flags.ts"
import * as ImportCommand from "./adapters/cli/import-command.ts"
import { printable } from "./adapters/cli/printable.ts"
import * as Reconcile from "./adapters/cli/reconcile.ts"
import * as ReplayCommand from "./adapters/cli/replay-command.ts"
import * as FactPipeline from "./app/fact-pipeline.ts"
import * as Data from "./composition/commands/data.ts"
import { database, knobs, onInbox, url } from "./composition/commands/options.ts"
import { profile } from "./composition/commands/profile.ts"
import { simulate } from "./composition/commands/simulate.ts"
import * as Config from "./config/config.ts"
import * as Shipping from "./config/shipping.ts"
import * as Lab from "./lab/command.ts"
import * as Learn from "./learn/command.ts"

const replay = ReplayCommand.command(url)

const doctor = Command.make(
  "doctor",
  { json },
  Effect.fnUntraced(function* (options) {
    const config = yield* knobs(() => Config.read(process.env))
    const Doctor = yield* Effect.promise(() => import("./composition/doctor.ts"))
    const findings = yield* Doctor.checkup(config, process.env)
    yield* Console.log(options.json ? Diagnosis.json(findings) : Diagnosis.text(findings))
    if (!Diagnosis.isWell(findings)) return yield* new CommandFailed({ message: "" })
  }),
).pipe(
  Command.withDescription(
    "Look at the deployment that the environment describes, and say what to do; 1 if something is wrong",
  ),
)

const dlq = DeadLetterCommands.command({
  ...{ database, json, onInbox },
  consumers: Effect.suspend(() => knobs(() => FactPipeline.consumers(Shipping.read(process.env).consumers))),
})

const serve = Command.make(
  "serve",
  {},
  Effect.fnUntraced(function* () {
    // Loaded only when asked for: the other commands need not wait for the whole service.
    const main = yield* Effect.promise(() => import("./main.ts"))
    yield* main.serve(yield* knobs(() => Config.read(process.env)))
  }),
).pipe(Command.withDescription("Run the service (what `npm start` runs)"))

const firstLine = ({ message }: { readonly message: string }): string => message.split("\n")[0]!

/** A mistyped command gets one line, not the manual; the manual is `--help`. */
const Presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(`jaego: ${printable(event.errors.map(firstLine).join("; "))} (see --help)`)
      : CliOutput.defaultPresenter.present(event),
})

const jaego = Command.make("jaego").pipe(
  Command.withDescription("Orders and inventory for things that run out"),
  Command.withSubcommands([
    serve,
    Data.migrate,
    Data.seed,
    replay,
    ImportCommand.command(url),
    Data.verify,
    Data.heads,
    doctor,
    dlq,
    profile,
    Reconcile.command(url),
    simulate,
    Lab.command,
    ...Learn.commands,
  ]),
)

const isTold = (failure: unknown): boolean =>
  typeof failure !== "object" || failure === null || ("_tag" in failure && failure._tag === "ShowHelp")

const program = Command.run(jaego, { version: "0.1.0", renderErrors: true }).pipe(
  Effect.tapCause((cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.void
    const failure = Cause.squash(cause)
    const message = failure instanceof Error ? failure.message : String(failure)
    return isTold(failure) || message === "" ? Effect.void : Console.error(`jaego: ${printable(message)}`)
  }),
  Effect.provide(Presenter),
  Effect.provide(NodeServices.layer),
)

/** What runs until it is asked to stop, and then did so, has done well. */
const ENDLESS: ReadonlyArray<string | undefined> = ["serve", "simulate"]

/** How shells report an end by SIGPIPE. */
const SIGPIPE_EXIT = 141

/** Output that cannot be written ends a command, quietly when its reader has seen enough (`| head`); but no service. */
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (ENDLESS.includes(process.argv[2])) return
  if (code === "EPIPE") process.exit(SIGPIPE_EXIT)
  console.error(`jaego: cannot write the output: ${message}`)
  process.exit(1)
})

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(0)
    if (Cause.hasInterruptsOnly(exit.cause)) return onExit(ENDLESS.includes(process.argv[2]) ? 0 : 130)
    onExit(1)
  },
})
