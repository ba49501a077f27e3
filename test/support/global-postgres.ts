/**
 * One real Postgres for the whole test run, with a migrated template: `freshDatabase` (in `postgres.ts`) copies it.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect, Exit, Scope } from "effect"
import type { TestProject } from "vitest/node"
import * as Server from "../../src/adapters/embedded-postgres/server.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { migrate } from "../../src/adapters/postgres/migrations.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string
  }
}

/** The database that fresh ones are copied from. */
export const TEMPLATE = "jaego_template"

export const databaseUrl = (serverUrl: string, name: string): string => {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

export const setup = async (project: TestProject) => {
  const home = mkdtempSync(join(tmpdir(), "jaego-test-"))
  chmodSync(home, 0o755)
  const scope = Scope.makeUnsafe()
  const { url } = await Effect.runPromise(Server.start(home).pipe(Scope.provide(scope)))
  await Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`create database ${TEMPLATE}`)).pipe(
      Effect.provide(PostgresClient.layer(url)),
    ),
  )
  await Effect.runPromise(migrate.pipe(Effect.provide(PostgresClient.layer(databaseUrl(url, TEMPLATE)))))
  project.provide("postgresUrl", url)
  return async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    rmSync(home, { recursive: true, force: true })
  }
}
