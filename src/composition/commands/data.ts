/** Commands on a database itself: `jaego seed`, `migrate`, `verify`, `heads`. */
import { Clock, Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "../../adapters/cli/command-failed.ts"
import { json, whole } from "../../adapters/cli/flags.ts"
import * as Heads from "../../adapters/cli/heads.ts"
import { PATIENCE_MS } from "../../adapters/cli/http-client.ts"
import { json as jsonOf } from "../../adapters/cli/printable.ts"
import * as Seed from "../../adapters/cli/seed.ts"
import * as Verdict from "../../adapters/cli/verdict.ts"
import * as EmbeddedPostgres from "../../adapters/embedded-postgres/server.ts"
import * as BulkLoad from "../../adapters/postgres/bulk-load.ts"
import * as Migrations from "../../adapters/postgres/migrations.ts"
import * as History from "../../adapters/postgres/verification/history.ts"
import * as Verification from "../../adapters/postgres/verification/verify.ts"
import { database, onDatabase, openOrMake, url } from "./options.ts"

/** Units each generated product began with: more than all the orders of one product. */
const GENERATED_ON_HAND = 1_000_000_000

/** Fills an empty database that no process is using: the lanes are taken for it. */
const fill = (database: Option.Option<string>, past: BulkLoad.Past) =>
  Effect.gen(function* () {
    const report = (stage: string) => Console.error(`filling: ${stage}`)
    const filled = Effect.andThen(Migrations.migrate, BulkLoad.fill(past, report))
    yield* onDatabase(database, openOrMake, filled)
    yield* Console.log(`filled with ${past.products} products and ${past.orders} orders`)
  })

export const seed = Command.make(
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
  Effect.fnUntraced(function* ({ database, orders, products, url }) {
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

export const migrate = Command.make(
  "migrate",
  { database },
  Effect.fnUntraced(function* (options) {
    yield* onDatabase(options.database, openOrMake, Migrations.migrate)
    yield* Console.log("the database is up to date")
  }),
).pipe(Command.withDescription("Bring a database to this version's tables"))

export const verify = Command.make(
  "verify",
  {
    database,
    json,
    heads: Flag.String("heads").pipe(
      Flag.withDescription(
        "A file of heads noted before (`jaego heads`): a history cut off or forked since is reported",
      ),
      Flag.optional,
    ),
  },
  Effect.fnUntraced(function* (options) {
    const noted = Option.isSome(options.heads) ? yield* Heads.read(options.heads.value) : []
    const report = yield* onDatabase(options.database, EmbeddedPostgres.open, Verification.verifyFrom(noted))
    yield* Console.log(options.json ? Verdict.json(report) : Verdict.text(report))
    if (!report.ok) return yield* new CommandFailed({ message: "" })
  }),
).pipe(Command.withDescription("Prove a database right or wrong, from SQL alone"))

export const heads = Command.make(
  "heads",
  { database },
  Effect.fnUntraced(function* (options) {
    yield* Console.log(jsonOf(yield* onDatabase(options.database, EmbeddedPostgres.open, History.heads)))
  }),
).pipe(Command.withDescription("Print how far the history of each lane goes, to be noted for `verify --heads`"))
