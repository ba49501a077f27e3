/** A database of one's own on the test run's Postgres, migrated and empty, or bare. */
import { Effect, Layer } from "effect"
import { inject } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { bareDatabaseOn, copyOn, freshDatabaseOn } from "./database-server.ts"
import * as Door from "./door.ts"

/** The URL of the run's Postgres, whose user may do everything. */
export const serverUrl = async (): Promise<string> => (await Door.knock<{ url: string }>(inject("postgresDoor"))).url

/** Its URL. It is dropped with the server, at the end of the run. */
export const freshDatabase = async (): Promise<string> => freshDatabaseOn(await serverUrl())

/** A client of a database of one's own. */
export const freshClient = Layer.unwrap(Effect.map(Effect.promise(freshDatabase), (url) => PostgresClient.layer(url)))

/** The URL of a database in which there is nothing at all. */
export const bareDatabase = async (): Promise<string> => bareDatabaseOn(await serverUrl())

/** The URL of a copy of a database that no process uses any more: what every test of a file begins with is made once. */
export const copyOf = async (original: string): Promise<string> => copyOn(await serverUrl(), original)
