/** PostgreSQL as operators run it: settings of roles and databases, encodings, poolers. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Foreign from "../support/foreign-postgres.ts"
import { absent, leaveOut } from "../support/missing.ts"
import { until } from "../support/service.ts"

const refusal = (url: string) =>
  Effect.runPromise(
    Effect.void.pipe(
      Effect.provide(PostgresClient.layer(url)),
      Effect.flip,
      Effect.map((error) => error.message),
    ),
  )

/** Whether the session that it gets is encrypted. */
const ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"

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

  it("is reached through its Unix socket", async () => {
    const url = `postgres:///postgres?host=${postgres.folder}&port=${postgres.port}&user=postgres`
    expect(await ask(url, "select inet_server_addr() is null as local")).toEqual([{ local: true }])
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

const openssl = (...args: ReadonlyArray<string>) => execFileSync("openssl", [...args], { stdio: "ignore" })

describe.skipIf(leaveOut("TLS to PostgreSQL", [...Foreign.lacking, ...absent("openssl")]))(
  "a PostgreSQL with TLS",
  () => {
    let postgres: Foreign.Foreign
    let authority: string
    let other: string

    /** A certificate that signs itself. */
    const certificate = (name: string, subject: string, alternative: string): string => {
      const file = join(postgres.folder, name)
      const subjects = ["-subj", `/CN=${subject}`, "-addext", `subjectAltName=${alternative}`]
      openssl(
        "req",
        "-new",
        "-x509",
        "-days",
        "3",
        "-nodes",
        "-keyout",
        `${file}.key`,
        "-out",
        `${file}.crt`,
        ...subjects,
      )
      return file
    }

    beforeAll(async () => {
      postgres = await Foreign.start()
      const server = certificate("server", "db.internal", "IP:127.0.0.1")
      const client = certificate("client", "buyer", "DNS:buyer")
      other = `${certificate("other", "nobody", "DNS:nobody")}.crt`
      const wrongName = certificate("elsewhere", "elsewhere", "DNS:elsewhere")
      authority = `${server}.crt`
      postgres.own(`${server}.key`, `${wrongName}.key`)
      postgres.query(
        `alter system set ssl_cert_file = '${server}.crt'`,
        `alter system set ssl_key_file = '${server}.key'`,
        `alter system set ssl_ca_file = '${client}.crt'`,
        "alter system set ssl = on",
        "create role buyer login",
      )
      await postgres.configure(
        "hostssl all buyer 127.0.0.1/32 cert\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n",
      )
    })
    afterAll(() => postgres.stop())

    const at = (query: string) => `${postgres.url("postgres")}?${query}`

    it.each(["allow", "prefer", "require", "no-verify"])(
      "is spoken to in TLS, unverified, with sslmode=%s",
      async (mode) => {
        expect(await ask(at(`sslmode=${mode}`), ENCRYPTED)).toEqual([{ ssl: true }])
      },
    )

    it.each(["require", "verify-ca", "verify-full"])(
      "is believed with sslmode=%s when its authority is named",
      async (mode) => {
        expect(await ask(at(`sslmode=${mode}&sslrootcert=${authority}`), ENCRYPTED)).toEqual([{ ssl: true }])
      },
    )

    it.each(["require", "verify-ca", "verify-full"])(
      "is not believed with sslmode=%s under another authority",
      async (mode) => {
        expect(await refusal(at(`sslmode=${mode}&sslrootcert=${other}`))).toMatch(
          /^the certificate of the database at .* is not believed/,
        )
      },
    )

    it.each(["verify-ca", "verify-full"])("is not believed with sslmode=%s under no authority", async (mode) => {
      expect(await refusal(at(`sslmode=${mode}`))).toMatch(/is not believed .*sslrootcert/)
    })

    it("is spoken to in plain text with sslmode=disable", async () => {
      expect(await ask(at("sslmode=disable"), ENCRYPTED)).toEqual([{ ssl: false }])
    })

    it("lets a client in by its certificate", async () => {
      const files = `sslcert=${join(postgres.folder, "client.crt")}&sslkey=${join(postgres.folder, "client.key")}`
      const url = `${postgres.url("postgres", "buyer")}?sslmode=require&${files}`
      expect(await ask(url, "select current_user as me")).toEqual([{ me: "buyer" }])
    })

    it("must have the name that it is asked for with sslmode=verify-full, and not below that", async () => {
      const name = join(postgres.folder, "elsewhere")
      postgres.query(`alter system set ssl_cert_file = '${name}.crt'`, `alter system set ssl_key_file = '${name}.key'`)
      await postgres.reload()
      expect(await ask(at(`sslmode=verify-ca&sslrootcert=${name}.crt`), ENCRYPTED)).toEqual([{ ssl: true }])
      expect(await refusal(at(`sslmode=verify-full&sslrootcert=${name}.crt`))).toMatch(/is not believed .*altnames/i)
    })

    it("that has none is refused where it is required, and used in plain text where it is preferred", async () => {
      postgres.query("alter system set ssl = off")
      await postgres.reload()
      expect(await refusal(at("sslmode=require"))).toMatch(/speaks no TLS: set DATABASE_TLS=off/)
      expect(await ask(at("sslmode=prefer"), ENCRYPTED)).toEqual([{ ssl: false }])
    })
  },
)

describe.skipIf(leaveOut("a PostgreSQL with a standby", Foreign.lacking))("a PostgreSQL with a standby", () => {
  it("is used at the host that takes writes, also when that is another one", async () => {
    const first = await Foreign.start()
    const second = await Foreign.start([], first)
    const url = `postgres://postgres@127.0.0.1:${second.port},127.0.0.1:${first.port}/postgres`
    const where = "select inet_server_port() as port, not pg_is_in_recovery() as writes"
    try {
      await Effect.runPromise(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const look = sql.unsafe(where)
          expect(yield* look).toEqual([{ port: first.port, writes: true }])
          yield* Effect.promise(() => first.stop())
          second.query("select pg_promote()")
          const moved = Effect.promise(() =>
            until("the other one is used", () => Effect.runPromise(look).then((rows) => rows.length > 0 && rows)),
          )
          expect(yield* moved).toEqual([{ port: second.port, writes: true }])
        }).pipe(Effect.provide(PostgresClient.layer(url))),
      )
    } finally {
      await second.stop()
    }
  })
})
