/**
 * `jaego`, the command line: `serve`, `migrate`, `seed`, `replay`, `verify`, `heads`, `doctor`, `dlq`, `simulate`, `lab`, `learn`, `quiz`.
 *
 * A root, and a thin one: it reads arguments and environment, chooses adapters and prints.
 * Fails: one line on stderr and exit code 1, also when a law is broken or an order was not answered.
 */

import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Clock, Console, Effect, Exit, Option } from "effect"
import { CliOutput, Command, Flag } from "effect/cli"
import { CommandFailed } from "./adapters/cli/command-failed.ts"
import * as DeadLetterCommands from "./adapters/cli/dead-letter-commands.ts"
import * as Diagnosis from "./adapters/cli/doctor.ts"
import { json, whole } from "./adapters/cli/flags.ts"
import * as Heads from "./adapters/cli/heads.ts"
import { PATIENCE_MS } from "./adapters/cli/http-client.ts"
import { json as jsonOf, printable } from "./adapters/cli/printable.ts"
import * as ReplayCommand from "./adapters/cli/replay-command.ts"
import * as Seed from "./adapters/cli/seed.ts"
import * as Verdict from "./adapters/cli/verdict.ts"
import * as EmbeddedPostgres from "./adapters/embedded-postgres/server.ts"
import * as BulkLoad from "./adapters/postgres/bulk-load.ts"
import * as PostgresClient from "./adapters/postgres/client.ts"
import * as PostgresInbox from "./adapters/postgres/inbox.ts"
import * as Migrations from "./adapters/postgres/migrations.ts"
import * as History from "./adapters/postgres/verification/history.ts"
import * as Verification from "./adapters/postgres/verification/verify.ts"
import * as Facts from "./app/facts.ts"
import * as Config from "./config/config.ts"
import * as Database from "./config/database.ts"
import * as Payment from "./config/payment.ts"
import * as Shipping from "./config/shipping.ts"
import * as Lab from "./lab/command.ts"
import * as Learn from "./learn/command.ts"
import type { Unavailable } from "./ports/failures.ts"
import type { Inbox } from "./ports/inbox.ts"

/** Of the environment only what the command needs: a wrong PORT is no reason not to verify. */
const knobs = <A>(read: () => A) =>
  Effect.try({ try: read, catch: (cause) => new CommandFailed({ message: (cause as Error).message }) })

const url = Flag.String("url").pipe(
  Flag.withDescription("Address of the running service"),
  Flag.withDefault(`http://127.0.0.1:${process.env["PORT"] || 3000}`),
)

/** Units each generated product began with: more than all the orders of one product. */
const GENERATED_ON_HAND = 1_000_000_000

const replay = ReplayCommand.command(url)

const database = Flag.String("database").pipe(
  Flag.withDescription(
    "postgres://..., seen by other users (`ps`); without it DATABASE_URL or DATABASE_URL_FILE, or else the embedded database",
  ),
  Flag.optional,
)

/** Runs on the database that is named, or that the service would use. */
const onDatabase = <A, E>(
  flag: Option.Option<string>,
  embedded: typeof EmbeddedPostgres.open,
  effect: Effect.Effect<A, E, PostgresClient.Client>,
) =>
  Effect.gen(function* () {
    const named = Option.match(flag, { onNone: () => ({}), onSome: (url) => ({ DATABASE_URL: url }) })
    const { home, url } = yield* knobs(() => Database.read({ ...process.env, ...named }))
    return yield* Effect.provide(effect, PostgresClient.layer(url ?? (yield* embedded(home)).url))
  }).pipe(Effect.scoped)

/** A running service has migrated its database already, so that joining it is as good as starting it. */
const openOrMake = (home: string) => Effect.catch(EmbeddedPostgres.open(home), () => EmbeddedPostgres.start(home))

/** Fills an empty database that no process is using: the lanes are taken for it. */
const fill = (database: Option.Option<string>, past: BulkLoad.Past) =>
  Effect.gen(function* () {
    const told = (stage: string) => Console.error(`filling: ${stage}`)
    const filled = Effect.andThen(Migrations.migrate, BulkLoad.fill(past, told))
    yield* onDatabase(database, openOrMake, filled)
    yield* Console.log(`filled with ${past.products} products and ${past.orders} orders`)
  })

const seed = Command.make(
  "seed",
  {
    url,
    products: whole("products", 1, 10_000_000).pipe(
      Flag.withDescription("Generate so many products, straight into an empty database; no service may run on it"),
      Flag.optional,
    ),
    orders: whole("orders", 0, 100_000_000).pipe(
      Flag.withDescription("With --products: and so many orders that have come to their end"),
      Flag.withDefault(0),
    ),
    database,
  },
  Effect.fn(function* ({ database, orders, products, url }) {
    if (Option.isSome(products)) {
      const past = { products: products.value, orders, onHand: GENERATED_ON_HAND, now: yield* Clock.currentTimeMillis }
      return yield* fill(database, past)
    }
    if (orders > 0) return yield* new CommandFailed({ message: "--orders needs --products: an order is of something" })
    const count = yield* Seed.run(url, PATIENCE_MS)
    yield* Console.log(count > 0 ? `seeded ${count} products` : "nothing to seed: the catalogue is not empty")
  }),
).pipe(
  Command.withDescription(
    "Put the demonstration products into an empty catalogue, or a generated past into a database",
  ),
)

const migrate = Command.make(
  "migrate",
  { database },
  Effect.fn(function* (options) {
    yield* onDatabase(options.database, openOrMake, Migrations.migrate)
    yield* Console.log("the database is up to date")
  }),
).pipe(Command.withDescription("Bring a database to this version's tables"))

const verify = Command.make(
  "verify",
  {
    database,
    json,
    heads: Flag.String("heads").pipe(
      Flag.withDescription("A file of heads noted before (`jaego heads`): a history cut off or forked since is told"),
      Flag.optional,
    ),
  },
  Effect.fn(function* (options) {
    const noted = Option.isSome(options.heads) ? yield* Heads.read(options.heads.value) : []
    const report = yield* onDatabase(options.database, EmbeddedPostgres.open, Verification.verifyFrom(noted))
    yield* Console.log(options.json ? Verdict.json(report) : Verdict.text(report))
    if (!report.ok) return yield* new CommandFailed({ message: "" })
  }),
).pipe(Command.withDescription("Prove a database right or wrong, from SQL alone"))

const heads = Command.make(
  "heads",
  { database },
  Effect.fn(function* (options) {
    yield* Console.log(jsonOf(yield* onDatabase(options.database, EmbeddedPostgres.open, History.heads)))
  }),
).pipe(Command.withDescription("Print how far the history of each lane goes, to be noted for `verify --heads`"))

const doctor = Command.make(
  "doctor",
  { json },
  Effect.fn(function* (options) {
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

const chance = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.filter(
      (value) => value >= 0 && value <= 1,
      (value) => `a chance from 0 to 1, not ${value}`,
    ),
    Flag.withDescription(description),
    Flag.withDefault(0),
  )

const milliseconds = (name: string, fallback: number, description: string) =>
  whole(name, 0, 3_600_000).pipe(Flag.withDescription(`${description}, milliseconds`), Flag.withDefault(fallback))

const carrier = Command.make(
  "carrier",
  {
    port: whole("port", 0, 65_535).pipe(Flag.withDescription("0: any free one"), Flag.withDefault(3100)),
    callbacks: Flag.String("callbacks").pipe(
      Flag.withDescription(
        "Where to call back, signed with CARRIER_WEBHOOK_SECRET: http://127.0.0.1:3000/v1/carrier/callbacks",
      ),
      Flag.optional,
    ),
    collectAfterMs: milliseconds("collect-after", 1_000, "From the answer until it is collected"),
    deliverAfterMs: milliseconds("deliver-after", 2_000, "From then until it is delivered"),
    slow: chance("slow", "Chance of a slow answer"),
    errors: chance("errors", "Chance of a 500"),
    silences: chance("silences", "Chance that it takes nothing and says nothing"),
    lost: chance("lost", "Chance that it takes it and says nothing"),
    refusals: chance("refusals", "Chance of a refusal"),
    duplicates: chance("duplicates", "Chance that callbacks come twice and in the wrong order"),
  },
  Effect.fn(function* ({ callbacks, collectAfterMs, deliverAfterMs, port, ...faults }) {
    const to = Option.getOrNull(callbacks)
    if (to !== null && !URL.canParse(to))
      return yield* new CommandFailed({ message: "--callbacks must look like http://host:port/path" })
    const { webhookSecret } = yield* knobs(() => Shipping.read(process.env))
    const Simulator = yield* Effect.promise(() => import("./adapters/carrier-simulator/server.ts"))
    const options = { port, faults, collectAfterMs, deliverAfterMs, callbacks: to, secret: webhookSecret ?? "" }
    const url = yield* Simulator.serve(options)
    yield* Console.log(`the carrier is ready at ${url}; start the service with CARRIER_URL=${url}`)
    return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "A carrier with faults; a customer's name that ends with +refused, +down, +silent, +flaky, +late, +lost, +slow, +swift, +twice or +quiet shows each",
  ),
)

const payment = Command.make(
  "payment",
  {
    port: whole("port", 0, 65_535).pipe(Flag.withDescription("0: any free one"), Flag.withDefault(3200)),
    callbacks: Flag.String("callbacks").pipe(
      Flag.withDescription(
        "Where to tell what has changed, signed with PAYMENT_WEBHOOK_SECRET; the service itself takes no webhooks yet",
      ),
      Flag.optional,
    ),
    webhooks: Flag.Literals("webhooks", ["normal", "duplicate", "late", "reordered", "none"]).pipe(
      Flag.withDescription("How it tells it"),
      Flag.withDefault("normal" as const),
    ),
    rate: whole("rate", 0, 1_000_000).pipe(
      Flag.withDescription("Requests a second, and 429 beyond them; 0: no limit"),
      Flag.withDefault(0),
    ),
    declines: chance("declines", "Chance of a decline"),
    actions: chance("actions", "Chance that the buyer has to act, and does a second later"),
    late: chance("late", "Chance that the charge is made after the caller has given up"),
    slow: chance("slow", "Chance of a slow answer"),
    errors: chance("errors", "Chance of a 500"),
    silences: chance("silences", "Chance that it does nothing and says nothing"),
    resets: chance("resets", "Chance that the connection breaks, and nothing was done"),
    lost: chance("lost", "Chance that it does it and says nothing"),
  },
  Effect.fn(function* ({ callbacks, port, rate, webhooks, ...faults }) {
    const to = Option.getOrNull(callbacks)
    if (to !== null && !URL.canParse(to))
      return yield* new CommandFailed({ message: "--callbacks must look like http://host:port/path" })
    const { webhookSecrets } = yield* knobs(() => Payment.read(process.env))
    const Simulator = yield* Effect.promise(() => import("./adapters/payment-simulator/server.ts"))
    const telling = { url: to, secret: webhookSecrets[0] ?? "", manner: webhooks }
    const url = yield* Simulator.serve({ port, faults, rate, webhooks: telling })
    yield* Console.log(
      `the payment provider is ready at ${url}; start the service with PAYMENT=http PAYMENT_URL=${url}`,
    )
    return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "A payment provider with faults; a customer's name that ends with +declined, +3ds, +late or +silent shows each",
  ),
)

const simulate = Command.make("simulate").pipe(
  Command.withDescription("Play what is outside of the shop"),
  Command.withSubcommands([carrier, payment]),
)

/** On the inbox of a database that a service has been at work on. */
const onInbox = <A>(database: Option.Option<string>, effect: Effect.Effect<A, Unavailable, Inbox>) =>
  onDatabase(database, EmbeddedPostgres.open, Effect.provide(effect, PostgresInbox.layer)).pipe(
    Effect.catchTag("Unavailable", () =>
      Effect.fail(new CommandFailed({ message: "the database has no dead letters to show: is it migrated?" })),
    ),
  )

const dlq = DeadLetterCommands.command({
  ...{ database, json, onInbox },
  consumers: Effect.suspend(() => knobs(() => Facts.consumers(Shipping.read(process.env).consumers))),
})

const serve = Command.make(
  "serve",
  {},
  Effect.fn(function* () {
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
    migrate,
    seed,
    replay,
    verify,
    heads,
    doctor,
    dlq,
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

/** How shells tell of an end by SIGPIPE. */
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
