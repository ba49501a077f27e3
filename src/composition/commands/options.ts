/** What commands share: the database they work on, the service they call, and the part of the environment they read. */
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { CommandFailed } from "../../adapters/cli/command-failed.ts"
import * as EmbeddedPostgres from "../../adapters/embedded-postgres/server.ts"
import * as PostgresClient from "../../adapters/postgres/client.ts"
import * as PostgresInbox from "../../adapters/postgres/inbox.ts"
import * as Database from "../../config/database.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Inbox } from "../../ports/inbox.ts"

/** Of the environment only what the command needs: a wrong PORT is no reason not to verify. */
export const knobs = <A>(read: () => A) =>
  Effect.try({ try: read, catch: (cause) => new CommandFailed({ message: (cause as Error).message }) })

export const url = Flag.String("url").pipe(
  Flag.withDescription("Address of the running service"),
  Flag.withDefault(`http://127.0.0.1:${process.env["PORT"] || 3000}`),
)

export const database = Flag.String("database").pipe(
  Flag.withDescription(
    "postgres://..., seen by other users (`ps`); without it DATABASE_URL or DATABASE_URL_FILE, or else the embedded database",
  ),
  Flag.optional,
)

/** Runs on the database that is named, or that the service would use. */
export const onDatabase = <A, E>(
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
export const openOrMake = (home: string) =>
  Effect.catch(EmbeddedPostgres.open(home), () => EmbeddedPostgres.start(home))

/** On the inbox of a database that a service has been at work on. */
export const onInbox = <A>(database: Option.Option<string>, effect: Effect.Effect<A, Unavailable, Inbox>) =>
  onDatabase(database, EmbeddedPostgres.open, Effect.provide(effect, PostgresInbox.layer)).pipe(
    Effect.catchTag("Unavailable", () =>
      Effect.fail(new CommandFailed({ message: "the database has no dead letters to show: is it migrated?" })),
    ),
  )
