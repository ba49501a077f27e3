/** The service works as an owner without superuser, also on what earlier versions made, and PostgreSQL knows none of its secrets. */
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Account from "../../../src/adapters/embedded-postgres/account.ts"
import * as Binaries from "../../../src/adapters/embedded-postgres/binaries.ts"
import * as DataFolder from "../../../src/adapters/embedded-postgres/data-folder.ts"
import * as FileLock from "../../../src/adapters/embedded-postgres/file-lock.ts"
import * as Home from "../../../src/adapters/embedded-postgres/home.ts"
import * as Postmaster from "../../../src/adapters/embedded-postgres/postmaster.ts"
import * as Server from "../../../src/adapters/embedded-postgres/server.ts"
import * as ServiceRole from "../../../src/adapters/embedded-postgres/service-role.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { migrate } from "../../../src/adapters/postgres/migrations.ts"

let folder: string
let home: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jaego-role-"))
  chmodSync(folder, 0o755)
  home = join(folder, "home")
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = <A, E>(body: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(body))

const on = <A, E>(url: string, body: Effect.Effect<A, E, PgClient.PgClient | SqlClient>) =>
  Effect.provide(body, PostgresClient.layer(url), { local: true })

const rows = (url: string, statement: string) =>
  on(
    url,
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)),
  )

/** What is not the service's own, of all that it works with. */
const FOREIGN = `
  select relname as name from pg_class where relnamespace = 'public'::regnamespace and relowner <> 'jaego'::regrole
  union all select proname from pg_proc where pronamespace = 'public'::regnamespace and proowner <> 'jaego'::regrole
  union all select typname from pg_type where typnamespace = 'public'::regnamespace and typowner <> 'jaego'::regrole`

/** A home as version 0.1.0 left it: everything is the superuser's, who has a password. */
const formerHome = async (postmasterLeft: "stopped" | "killed"): Promise<void> => {
  const as = Account.find()
  const binaries = Binaries.withinReach(await Binaries.find(), as)
  const place = { home: Home.make(home), as, lock: FileLock.tryTake(join(Home.open(home), "test.lock"))! }
  const password = randomBytes(8).toString("hex")
  await DataFolder.initialise(binaries, place)
  await ServiceRole.execute(binaries, place, [`alter role postgres password '${password}'`])
  const port = await Postmaster.freePort()
  const started = await Postmaster.start({ binaries, place, port }, () => undefined)
  if ("failed" in started) throw new Error(started.failed)
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  await run(Effect.andThen(on(url, migrate), rows(url, "create type mood as enum ('glad')")))
  started.child.ref()
  started.child.kill(postmasterLeft === "stopped" ? "SIGINT" : "SIGKILL")
  await Postmaster.exited(started.child)
  writeFileSync(join(home, "password"), `${password}\n`, { mode: 0o600 })
  // Nor did its PostgreSQL hold a lock.
  const opts = join(home, "data/postmaster.opts")
  writeFileSync(opts, readFileSync(opts, "utf8").replaceAll("jaego.data=", "data="))
  for (const each of ["test.lock", "postgres.lock"]) rmSync(join(home, each), { force: true })
}

describe("the service's role", () => {
  it("owns its database and is no superuser; the superuser cannot log in", async () => {
    await run(
      Effect.gen(function* () {
        const { url } = yield* Server.start(home)
        yield* on(url, migrate)
        expect(
          yield* rows(
            url,
            "select current_user as me, rolsuper or rolcreaterole or rolcreatedb as mighty from pg_roles where rolname = current_user",
          ),
        ).toEqual([{ me: "jaego", mighty: false }])
        expect(yield* rows(url, FOREIGN)).toEqual([])
        const programs = yield* Effect.flip(rows(url, "copy (select 1) to program 'true'"))
        expect(programs).toMatchObject({ reason: { _tag: "AuthorizationError" } })
        const superuser = url.replace("//jaego:", "//postgres:")
        const { message } = yield* Effect.flip(rows(superuser, "select 1"))
        expect(message).toMatch(/does not let user "postgres" in/)
      }),
    )
    expect(statSync(join(home, "service-password")).mode & 0o077).toBe(0)
  })

  it("takes over a database that an earlier version made as the superuser", async () => {
    await formerHome("stopped")
    for (const start of ["first", "second"])
      await run(
        Effect.gen(function* () {
          const { url } = yield* Server.start(home)
          expect(yield* rows(url, FOREIGN), start).toEqual([])
          yield* on(url, migrate)
          expect(yield* rows(url, "select enum_range(null::mood)::text as moods")).toEqual([{ moods: "{glad}" }])
        }),
      )
    expect(existsSync(join(home, "password"))).toBe(false)
  })

  it("is refused a folder on which an earlier version may still run; without its traces it starts", async () => {
    await formerHome("killed")
    const { message } = await run(Effect.flip(Server.start(home)))
    expect(message).toMatch(/^an earlier version of Jaego left .*postmaster\.pid, .*remove that file$/)
    rmSync(join(home, "data/postmaster.pid"))
    expect(await run(Effect.flatMap(Server.start(home), ({ url }) => rows(url, "select 1 as n")))).toEqual([{ n: 1 }])
  })
})

describe.runIf(process.platform === "linux")("the programs that are started", () => {
  it("get no secret from our environment, and no capability", async () => {
    process.env["CARRIER_WEBHOOK_SECRET"] = "a secret of a good length"
    try {
      await run(
        Effect.gen(function* () {
          const { pid } = yield* Server.start(home)
          const seen = readFileSync(`/proc/${pid}/environ`, "utf8")
          expect(seen).toContain("LC_ALL=C")
          expect(seen).not.toMatch(/secret/i)
          const status = readFileSync(`/proc/${pid}/status`, "utf8")
          for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"])
            expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, "m"))
        }),
      )
    } finally {
      delete process.env["CARRIER_WEBHOOK_SECRET"]
    }
  })
})
