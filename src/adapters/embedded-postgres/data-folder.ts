/**
 * The files under the home folder: `data` (the cluster), `service-password`, `postgres.log`, `lock` and `postgres.lock`. The
 * cluster is made once, in a folder beside that is renamed when it is whole: a start that was killed half-way leaves nothing
 * that looks like a database.
 */
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Binaries } from "./binaries.ts"
import * as Program from "./program.ts"
import { EmbeddedUnusable } from "./unusable.ts"

export const dataOf = (home: string): string => join(home, "data")
export const logOf = (home: string): string => join(home, "postgres.log")
/** Held by every process of a running PostgreSQL. */
export const postgresLockOf = (home: string): string => join(home, "postgres.lock")

export const exists = (home: string): boolean => existsSync(join(dataOf(home), "PG_VERSION"))

const MAY_LOG_IN =
  "# From this machine, and with a password: the superuser has none.\nhost all all 127.0.0.1/32 scram-sha-256\n"

/** Makes the cluster unless it exists. Its superuser has no password, so that it cannot log in. */
export const initialise = async (binaries: Binaries, place: Program.Place): Promise<void> => {
  const { as, home } = place
  if (exists(home)) return
  const unfinished = join(home, "data.unfinished")
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  if (as !== null) chownSync(unfinished, as.uid, as.gid)
  const { ok, said } = await Program.run({
    program: binaries.initdb,
    flags: (data) => [`--pgdata=${data}`, "--username=postgres", "--auth=reject", "--encoding=UTF8", "--locale=C"],
    data: unfinished,
    ...place,
  })
  if (!ok)
    throw new EmbeddedUnusable({
      message: `the embedded Postgres could not be set up under ${home}: ${Program.reasonIn(said)}`,
    })
  writeFileSync(join(unfinished, "pg_hba.conf"), MAY_LOG_IN)
  renameSync(unfinished, dataOf(home))
}
