/** A database of one's own on the test run's Postgres, migrated and empty, or bare. */
import { Effect, Layer } from "effect"
import { inject } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { bareDatabaseOn, freshDatabaseOn } from "./database-server.ts"

/** Its URL. It is dropped with the server, at the end of the run. */
export const freshDatabase = (): Promise<string> => freshDatabaseOn(inject("postgresUrl"))

/** A client of a database of one's own. */
export const freshClient = Layer.unwrap(Effect.map(Effect.promise(freshDatabase), (url) => PostgresClient.layer(url)))

/** The URL of a database in which there is nothing at all. */
export const bareDatabase = (): Promise<string> => bareDatabaseOn(inject("postgresUrl"))
