/** PostgreSQL as operators run it: settings of roles and databases, encodings, poolers. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Foreign from "../support/foreign-postgres.ts"
import { absent, leaveOut } from "../support/missing.ts"

const refusal = (url: string) =>
  Effect.runPromise(
    Effect.void.pipe(
      Effect.provide(PostgresClient.layer(url)),
      Effect.flip,
      Effect.map((error) => error.message),
    ),
  )

const ask = (url: string, statement: string) =>
  Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(PostgresClient.layer(url))),
  )

describe.skipIf(leaveOut("foreign databases", Foreign.lacking))("a foreign PostgreSQL", () => {
  let postgres: Foreign.Foreign

  beforeAll(async () => {
    postgres = await Foreign.start()
  })
  afterAll(() => postgres.stop())

  it("has no say in how our sessions isolate and flush", async () => {
    postgres.query(
      "create database foreign_settings",
      "alter database foreign_settings set default_transaction_isolation = 'serializable'",
      "alter database foreign_settings set synchronous_commit = off",
      "alter role postgres in database foreign_settings set lock_timeout = 1",
      "alter role postgres in database foreign_settings set idle_session_timeout = 1",
    )
    const shown = (name: string) => `current_setting('${name}') as ${name}`
    const names = ["default_transaction_isolation", "synchronous_commit", "lock_timeout", "idle_session_timeout"]
    expect(await ask(postgres.url("foreign_settings"), `select ${names.map(shown).join(", ")}`)).toEqual([
      {
        default_transaction_isolation: "read committed",
        synchronous_commit: "on",
        lock_timeout: "0",
        idle_session_timeout: "0",
      },
    ])
  })

  it.each(["LATIN1", "SQL_ASCII", "EUC_KR"])("is refused when its encoding is %s", async (encoding) => {
    const name = `in_${encoding.toLowerCase()}`
    postgres.query(`create database ${name} encoding '${encoding}' template template0 locale 'C'`)
    expect(await refusal(postgres.url(name))).toBe(
      `the database is encoded in ${encoding}, which cannot hold what buyers type: create one with encoding 'UTF8'`,
    )
  })

  describe.skipIf(leaveOut("poolers", absent("pgbouncer")))("behind PgBouncer", () => {
    const IGNORED =
      "ignore_startup_parameters=statement_timeout,lock_timeout,idle_session_timeout,default_transaction_isolation,synchronous_commit,enable_seqscan,jit"

    it.each([
      ["in transaction mode", ["pool_mode=transaction"]],
      ["in transaction mode, which ignores our settings", ["pool_mode=transaction", IGNORED]],
      ["in session mode, which ignores our settings", ["pool_mode=session", IGNORED]],
    ])("is refused in one line, %s", async (_, settings) => {
      const pooler = await Foreign.pool(postgres, settings)
      try {
        expect(await refusal(pooler.url("postgres"))).toMatch(/^connect to PostgreSQL itself\. .*PgBouncer.*$/)
      } finally {
        await pooler.stop()
      }
    })
  })
})
