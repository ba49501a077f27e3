/** A wrong DATABASE_URL, or a database of another build: one line that says what to do. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { migrate } from "../../../src/adapters/postgres/migrations.ts"
import { freshClient, serverUrl } from "../../support/postgres.ts"

const server = await serverUrl()

const changed = (change: (url: URL) => void): string => {
  const url = new URL(server)
  change(url)
  return url.href
}

const complaint = (url: string) =>
  Effect.runPromise(
    Effect.void.pipe(
      Effect.provide(PostgresClient.layer(url)),
      Effect.flip,
      Effect.map((error) => error.message),
    ),
  )

describe("a database that cannot be used", () => {
  it("says that no server answers", async () => {
    expect(await complaint("postgres://postgres:x@127.0.0.1:1/postgres")).toMatch(
      /^no database answers at 127\.0\.0\.1:1: .*ECONNREFUSED.*$/,
    )
  })

  it("says that the password is wrong", async () => {
    const url = changed((each) => {
      each.password = "wrong"
    })
    expect(await complaint(url)).toMatch(/^the database at .* does not let user "postgres" in: .*password.*$/)
  })

  it("says that there is no such database", async () => {
    const url = changed((each) => {
      each.pathname = "/nowhere"
    })
    expect(await complaint(url)).toMatch(/^the database at .* has no database "nowhere": create it first$/)
  })

  it("says that it was made with another number of lanes", async () => {
    const message = Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`delete from lanes where lane >= 32`
      return (yield* Effect.flip(migrate)).message
    })
    expect(await Effect.runPromise(message.pipe(Effect.provide(freshClient)))).toMatch(
      /with 32 lanes, this build has 64/,
    )
  })
})

describe("the migrations", () => {
  it("may run twice, and at once", () =>
    Effect.runPromise(Effect.all([migrate, migrate], { concurrency: 2 }).pipe(Effect.provide(freshClient))))
})
