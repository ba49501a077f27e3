/** One real Postgres with a migrated template, and databases copied from it: empty ones of one's own in some 50 ms. */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { migrate } from "../../src/adapters/postgres/migrations.ts"
import { freshFolder, OwnPostgres } from "./own-postgres.ts"

const TEMPLATE = "jaego_template"

export const databaseUrl = (serverUrl: string, name: string): string => {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

const on = <A, E>(url: string, program: Effect.Effect<A, E, PgClient.PgClient | SqlClient>): Promise<A> =>
  Effect.runPromise(Effect.provide(program, PostgresClient.layer(url)))

const create = (serverUrl: string, what: string) =>
  on(
    serverUrl,
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`create database ${what}`)),
  )

export interface DatabaseServer {
  readonly url: string
  /** Stops it; its databases are gone with it. */
  readonly stop: () => Promise<void>
}

/**
 * This server is never killed, so it need not wait for the disk. What proves durability has a server of its own
 * (`own-postgres.ts`). Nor does autovacuum visit each of its hundreds of databases every minute.
 */
const HASTY = ["fsync = off", "full_page_writes = off", "autovacuum_naptime = '1h'"]

const makeHasty = async (postgres: OwnPostgres): Promise<void> => {
  for (const setting of HASTY) await postgres.query(`alter system set ${setting}`)
  await postgres.query("select pg_reload_conf()")
}

const REMOVE = "require('node:fs').rmSync(process.argv[1], { recursive: true, force: true })"

/**
 * In a process of its own, which outlives this one: the hundreds of databases of a run are 100,000 files and more, and take a disk some
 * ten seconds. Removed here and synchronously they keep the run's process from hearing that its forks have ended.
 */
const removeBehind = (path: string): void => {
  const remover = spawn(process.execPath, ["-e", REMOVE, path], { detached: true, stdio: "ignore" })
  remover.unref()
}

export const startServer = async (): Promise<DatabaseServer> => {
  const { path } = freshFolder()
  const postgres = await OwnPostgres.make(join(path, "home"))
  const url = postgres.url()
  await makeHasty(postgres)
  await create(url, TEMPLATE)
  await on(databaseUrl(url, TEMPLATE), migrate)
  return {
    url,
    stop: async () => {
      // Nothing of it is wanted any more.
      await postgres.stop("immediate")
      removeBehind(path)
    },
  }
}

const databaseOn = async (serverUrl: string, template: string): Promise<string> => {
  const name = `test_${randomUUID().replaceAll("-", "")}`
  // By copying files, which takes half of what the default does, its pages one by one through the log.
  await create(serverUrl, `${name} template ${template} strategy file_copy`)
  return databaseUrl(serverUrl, name)
}

/** The URL of a migrated, empty database on that server. */
export const freshDatabaseOn = (serverUrl: string): Promise<string> => databaseOn(serverUrl, TEMPLATE)

/** The URL of a copy of another database there, which no session uses. */
export const copyOn = (serverUrl: string, original: string): Promise<string> =>
  databaseOn(serverUrl, new URL(original).pathname.slice(1))

/** The URL of a database in which there is nothing at all. */
export const bareDatabaseOn = (serverUrl: string): Promise<string> => databaseOn(serverUrl, "template0")
