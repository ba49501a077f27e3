/**
 * A Postgres of one's own that may be hurt: stopped, started again on the same port, filled up. Only the test looks after
 * it. Its data lie in a folder of their own, or on a small file system that was mounted for them.
 */
import { type ChildProcess, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as Account from "../../src/adapters/embedded-postgres/account.ts"
import * as Binaries from "../../src/adapters/embedded-postgres/binaries.ts"
import * as DataFolder from "../../src/adapters/embedded-postgres/data-folder.ts"
import * as FileLock from "../../src/adapters/embedded-postgres/file-lock.ts"
import * as Home from "../../src/adapters/embedded-postgres/home.ts"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import * as ServiceRole from "../../src/adapters/embedded-postgres/service-role.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { migrate } from "../../src/adapters/postgres/migrations.ts"

/** Smart would wait for the service to leave. `fast` ends its sessions, `immediate` crashes, `killed` is kill -9. */
export type Shutdown = "fast" | "immediate" | "killed"

const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT", killed: "SIGKILL" } as const

/** Backends of a killed postmaster keep a new one from starting until they have noticed, milliseconds. */
const START_WITHIN_MS = 20_000

export class OwnPostgres {
  readonly #launch: Postmaster.Launch
  readonly #password: string
  #child: ChildProcess | null = null

  private constructor(launch: Postmaster.Launch, password: string) {
    this.#launch = launch
    this.#password = password
  }

  /** A new one, running. `home`: a folder that may be made. */
  static async make(home: string): Promise<OwnPostgres> {
    const as = Account.find()
    const binaries = Binaries.withinReach(await Binaries.find(), as)
    const real = Home.make(home)
    const place = { home: real, as, lock: FileLock.tryTake(DataFolder.postgresLockOf(real))! }
    const password = randomBytes(8).toString("hex")
    await DataFolder.initialise(binaries, place)
    await ServiceRole.execute(binaries, place, [`alter role postgres password '${password}'`])
    const postgres = new OwnPostgres({ binaries, place, port: await Postmaster.freePort() }, password)
    await postgres.start()
    return postgres
  }

  /** The superuser's, of a database there. */
  url(database = "postgres"): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#launch.port}/${database}`
  }

  /** Of its main process. */
  get pid(): number {
    return this.#child!.pid!
  }

  async start(): Promise<void> {
    for (const end = Date.now() + START_WITHIN_MS; ; await Postmaster.pause(50)) {
      const started = await Postmaster.start(this.#launch, (child) => {
        this.#child = child
        child.once("exit", Postmaster.watch(child.pid!).dismiss)
      })
      if ("child" in started) return
      if (Date.now() >= end) throw new Error(`Postgres does not start: ${started.failed}`)
    }
  }

  /** Settles when its main process has ended. */
  async stop(how: Shutdown): Promise<void> {
    const child = this.#child!
    // Waited for, even by a process that has nothing else to do.
    child.ref()
    child.kill(SIGNALS[how])
    await Postmaster.exited(child)
  }

  query<Row extends object>(statement: string): Promise<ReadonlyArray<Row>> {
    return Effect.runPromise(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement).unprepared).pipe(
        Effect.provide(PostgresClient.layer(this.url())),
      ),
    )
  }

  /** A migrated, empty database; its URL. */
  async database(name: string, tablespace = "pg_default"): Promise<string> {
    await this.query(`create database ${name} tablespace ${tablespace}`)
    await Effect.runPromise(migrate.pipe(Effect.provide(PostgresClient.layer(this.url(name)))))
    return this.url(name)
  }

  /** A folder on a file system that Postgres keeps tables in. */
  async tablespace(name: string, folder: string): Promise<void> {
    mkdirSync(folder, { mode: 0o700 })
    const { as } = this.#launch.place
    if (as !== null) chownSync(folder, as.uid, as.gid)
    await this.query(`create tablespace ${name} location '${folder}'`)
  }
}

/** A folder that the user Postgres runs as may enter. */
export const freshFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "jaego-own-postgres-"))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A small file system in memory, which can be filled up. */
export interface SmallDisk {
  readonly path: string
  /** Not one byte is left. */
  readonly fill: () => void
  readonly free: () => void
  readonly remove: () => void
}

/** Null with the reason: mounting is not permitted here. */
export const mountSmallDisk = (megabytes: number): SmallDisk | { readonly refused: string } => {
  const { path, remove } = freshFolder()
  const { error, status, stderr } = spawnSync(
    "mount",
    ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "tmpfs", path],
    { encoding: "utf8" },
  )
  if (status !== 0) {
    remove()
    return { refused: (error?.message ?? stderr).trim() }
  }
  const filler = join(path, "filler")
  return {
    path,
    fill: () => fillWith(filler),
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      // Lazily: a process with an open file there keeps it for as long as it runs.
      spawnSync("umount", ["-l", path])
      remove()
    },
  }
}

const fillWith = (path: string): void => {
  const file = openSync(path, "w")
  try {
    for (const chunk of [1 << 20, 1 << 12]) {
      const bytes = Buffer.alloc(chunk)
      try {
        for (;;) writeSync(file, bytes)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
      }
    }
  } finally {
    closeSync(file)
  }
}
