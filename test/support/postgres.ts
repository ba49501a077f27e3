/** A database of one's own on the test run's Postgres: migrated, empty, some 50 ms. */
import { randomUUID } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { inject } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { databaseUrl, TEMPLATE } from "./global-postgres.ts"

/** Its URL. It is dropped with the server, at the end of the run. */
export const freshDatabase = async (): Promise<string> => {
  const server = inject("postgresUrl")
  const name = `test_${randomUUID().replaceAll("-", "")}`
  await Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`create database ${name} template ${TEMPLATE}`)).pipe(
      Effect.provide(PostgresClient.layer(server)),
    ),
  )
  return databaseUrl(server, name)
}

/** A client of a database of one's own. */
export const freshClient = Layer.unwrap(Effect.map(Effect.promise(freshDatabase), (url) => PostgresClient.layer(url)))
