/** A write is tried on a real Postgres: taken where an order would be, and refused where an order would be. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as PostgresWriteTrial from "../../../src/adapters/postgres/write-trial.ts"
import { WriteTrial } from "../../../src/ports/write-trial.ts"
import { bareDatabase } from "../../support/postgres.ts"

const on = (url: string, program: Effect.Effect<void, unknown, WriteTrial | PgClient.PgClient>) =>
  Effect.runPromise(
    program.pipe(Effect.provide(PostgresWriteTrial.layer.pipe(Layer.provideMerge(PostgresClient.layer(url))))),
  )

it("is taken again and again, and leaves nothing behind", async () => {
  await on(
    await bareDatabase(),
    Effect.gen(function* () {
      const { attempt } = yield* WriteTrial
      yield* attempt
      yield* attempt
      const sql = yield* PgClient.PgClient
      expect(yield* sql`select relname from pg_class where relname = 'jaego_write_trial'`).toEqual([])
    }),
  )
})

it("is refused by a database that takes no writes, in its own words", async () => {
  const url = await bareDatabase()
  const name = new URL(url).pathname.slice(1)
  await on(
    url,
    Effect.andThen(PgClient.PgClient, (sql) =>
      Effect.asVoid(sql.unsafe(`alter database ${name} set default_transaction_read_only = on`)),
    ),
  )
  await on(
    url,
    Effect.gen(function* () {
      const { detail } = yield* Effect.flip((yield* WriteTrial).attempt)
      expect(detail).toMatch(/read-only transaction \(SQLSTATE 25006\)/)
    }),
  )
})
