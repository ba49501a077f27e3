/** A process that owns an embedded Postgres: says its URL and process id, and stops cleanly when its stdin closes. */
import { text } from "node:stream/consumers"
import { Effect } from "effect"
import * as Server from "../../src/adapters/embedded-postgres/server.ts"

process.on("SIGINT", () => undefined)
process.on("SIGTERM", () => undefined)

const own = Effect.gen(function* () {
  const embedded = yield* Server.start(process.argv[2]!)
  process.stdout.write(`${JSON.stringify(embedded)}\n`)
  yield* Effect.promise(() => text(process.stdin))
})

await Effect.runPromise(
  Effect.scoped(own).pipe(
    Effect.catchTag("EmbeddedUnusable", ({ message }) => Effect.sync(() => process.stdout.write(`${message}\n`))),
  ),
)
