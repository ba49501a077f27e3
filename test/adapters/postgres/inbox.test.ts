/** The inbox on Postgres: its contract, and what only a real database can do to it. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as PostgresInbox from "../../../src/adapters/postgres/inbox.ts"
import { Effects, inboxContract } from "../../contracts/inbox.ts"
import { freshClient } from "../../support/postgres.ts"

const effects = Layer.effect(
  Effects,
  Effect.map(PgClient.PgClient, (sql) => ({
    versions: (orderId) =>
      sql<{
        readonly version: bigint
      }>`select version from timeline where order_id = ${orderId}::uuid order by at, id`.pipe(
        Effect.map((rows) => rows.map(({ version }) => Number(version))),
        Effect.orDie,
      ),
    shipmentDue: (orderId) =>
      sql<{ readonly at: Date }>`select next_attempt_at as at from shipments where order_id = ${orderId}::uuid`.pipe(
        Effect.map(([row]) => row?.at.getTime() ?? null),
        Effect.orDie,
      ),
  })),
)

inboxContract("postgres", Layer.mergeAll(PostgresInbox.layer, effects).pipe(Layer.provide(freshClient)))
