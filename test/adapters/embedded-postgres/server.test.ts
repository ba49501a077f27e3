/** An embedded Postgres keeps its data, belongs to one process, outlives signals, and recovers from kill -9 at once. */
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { PgClient } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as DataFolder from "../../../src/adapters/embedded-postgres/data-folder.ts"
import * as Postmaster from "../../../src/adapters/embedded-postgres/postmaster.ts"
import * as Server from "../../../src/adapters/embedded-postgres/server.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"

const script = join(import.meta.dirname, "../../support/embedded-owner.ts")

let folder: string
let home: string
const owners: Array<ChildProcess> = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jaego-embedded-"))
  chmodSync(folder, 0o755)
  home = join(folder, "home")
})

afterEach(async () => {
  for (const each of owners.splice(0)) if (each.exitCode === null) each.kill("SIGKILL")
  // A start clears what a killed owner may have left running.
  if (DataFolder.exists(home)) await Effect.runPromise(Effect.scoped(Server.start(home)).pipe(Effect.ignore))
  rmSync(folder, { recursive: true, force: true })
})

const run = <A, E>(body: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(body))

const query = (url: string, statement: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<{ n: number }>(statement)).pipe(
    Effect.provide(PostgresClient.layer(url), { local: true }),
  )

/** Another process, in a group of its own, that owns the home; its first line. */
const owner = async () => {
  const child = spawn(process.execPath, [script, home], { detached: true, stdio: ["pipe", "pipe", "inherit"] })
  owners.push(child)
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve))
  for await (const line of createInterface(child.stdout)) return { child, gone, line }
  throw new Error("the owner said nothing")
}

const owned = async () => {
  const { child, gone, line } = await owner()
  return { child, gone, embedded: JSON.parse(line) as Server.Embedded }
}

describe("the embedded Postgres", () => {
  it("keeps its data from one start to the next, on fsynced files", async () => {
    await run(Effect.flatMap(Server.start(home), ({ url }) => query(url, "create table kept as select 7 as n")))
    const rows = await run(
      Effect.flatMap(Server.start(home), ({ url }) =>
        Effect.all([
          query(url, "select n from kept"),
          query(url, "select 1 as n where current_setting('fsync') = 'on'"),
        ]),
      ),
    )
    expect(rows.map((each) => each[0]!.n)).toEqual([7, 1])
  })

  it("belongs to one process: the second gets one clear line", async () => {
    await owned()
    const { gone, line } = await owner()
    expect(line).toMatch(/^another jaego is already running on .*\(process \d+ on .+\): stop it, or set JAEGO_HOME$/)
    await gone
  })

  it("can be looked into while another process runs it, and when none does", async () => {
    const { child, embedded, gone } = await owned()
    await run(
      Effect.gen(function* () {
        const joined = yield* Server.open(home)
        expect(joined).toEqual(embedded)
        yield* query(joined.url, "create table seen as select 8 as n")
      }),
    )
    child.stdin!.end()
    expect(await gone).toBe(0)
    const rows = await run(Effect.flatMap(Server.open(home), ({ url }) => query(url, "select n from seen")))
    expect(rows).toEqual([{ n: 8 }])
  })

  it("is not made by looking into it", async () => {
    const error = await run(Effect.flip(Server.open(home)))
    expect(error.message).toBe(`there is no database under ${home}: set JAEGO_HOME or --database`)
  })

  it("goes on when its process group gets SIGINT and SIGTERM", async () => {
    const { child, embedded } = await owned()
    for (const signal of ["SIGINT", "SIGTERM", "SIGINT"] as const) process.kill(-child.pid!, signal)
    expect(await run(query(embedded.url, "select 1 as n"))).toEqual([{ n: 1 }])
    expect(await run(query(embedded.url, "select 2 as n"))).toEqual([{ n: 2 }])
  })

  it("stops by itself when its owner is killed", async () => {
    const { child, embedded } = await owned()
    process.kill(-child.pid!, "SIGKILL")
    await expect.poll(() => Postmaster.isAlive(home, embedded.pid), { timeout: 60_000 }).toBe(false)
  })

  it("recovers at once after kill -9 of its owner, of itself, or of both", async () => {
    for (const victims of ["owner", "postmaster", "both"] as const) {
      const { child, embedded, gone } = await owned()
      await run(query(embedded.url, `create table killed_${victims} as select 9 as n`))
      if (victims !== "owner") process.kill(embedded.pid, "SIGKILL")
      if (victims !== "postmaster") process.kill(-child.pid!, "SIGKILL")
      else child.stdin!.end()
      await gone
      const rows = await run(
        Effect.flatMap(Server.start(home), ({ url }) => query(url, `select n from killed_${victims}`)),
      )
      expect(rows).toEqual([{ n: 9 }])
    }
  })

  it("is started again, at the same address, when it dies under a running owner, however often", async () => {
    const { child, embedded, gone } = await owned()
    await run(query(embedded.url, "create table outlived as select 10 as n"))
    let pid = embedded.pid
    for (const signal of ["SIGKILL", "SIGQUIT", "SIGKILL"] as const) {
      process.kill(pid, signal)
      const next = () => Postmaster.read(home)
      await expect
        .poll(() => next()?.status === "ready" && next()?.pid !== pid && next()?.port === embedded.port, {
          timeout: 60_000,
        })
        .toBe(true)
      pid = next()!.pid
      expect(await run(query(embedded.url, "select n from outlived"))).toEqual([{ n: 10 }])
    }
    child.stdin!.end()
    expect(await gone).toBe(0)
    expect(Postmaster.isAlive(home, pid)).toBe(false)
  })

  it("is not left behind when its owner is killed after it was started again", async () => {
    const { child, embedded } = await owned()
    process.kill(embedded.pid, "SIGKILL")
    await expect
      .poll(() => Postmaster.read(home)?.pid !== embedded.pid && Postmaster.read(home)?.status === "ready", {
        timeout: 60_000,
      })
      .toBe(true)
    const { pid } = Postmaster.read(home)!
    process.kill(-child.pid!, "SIGKILL")
    await expect.poll(() => Postmaster.isAlive(home, pid), { timeout: 60_000 }).toBe(false)
  })

  it("starts although its old process id now belongs to another program", async () => {
    await run(Server.start(home))
    writeFileSync(join(home, "data/postmaster.pid"), `${process.pid}\n${home}/data\n1\n5432\n\n127.0.0.1\n\nready   \n`)
    expect(await run(Effect.flatMap(Server.start(home), ({ url }) => query(url, "select 1 as n")))).toEqual([{ n: 1 }])
  })

  it("is made anew when the first attempt was killed half-way", async () => {
    mkdirSync(join(home, "data.unfinished/base"), { recursive: true })
    expect(await run(Effect.flatMap(Server.start(home), ({ url }) => query(url, "select 1 as n")))).toEqual([{ n: 1 }])
  })

  it.runIf(process.getuid?.() === 0 && process.platform === "linux")(
    "starts for root below a folder that Postgres may not enter",
    async () => {
      chmodSync(folder, 0o700)
      const started = run(Effect.flatMap(Server.start(home), ({ url }) => query(url, "select 1 as n")))
      expect(await started).toEqual([{ n: 1 }])
      chmodSync(folder, 0o755)
    },
  )
})
