/**
 * A Postgres of one's own that may be hurt: stopped, started again on the same port, filled up. Only the test looks after
 * it. Its data lie in a folder of their own, or on a small file system that was mounted for them.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { ScratchServer, type Shutdown } from "../../src/adapters/embedded-postgres/scratch-server.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { migrate } from "../../src/adapters/postgres/migrations.ts"

export type { Shutdown }

export class OwnPostgres extends ScratchServer {
  /** A new one, running. `home`: a folder that may be made. */
  static override async make(home: string): Promise<OwnPostgres> {
    const postgres = new OwnPostgres(...(await OwnPostgres.prepare(home)))
    await postgres.start()
    return postgres
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
    const { as } = this.launch.place
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
