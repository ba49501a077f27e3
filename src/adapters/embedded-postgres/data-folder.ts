/**
 * The files under the home folder: `data` (the cluster), `password`, `postgres.log`. Made once, in a folder beside that is
 * renamed when it is whole: a start that was killed half-way leaves nothing that looks like a database.
 */
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Account, type Binaries, launched } from "./binaries.ts"
import { EmbeddedUnusable } from "./unusable.ts"

export const dataOf = (home: string): string => join(home, "data")
export const logOf = (home: string): string => join(home, "postgres.log")
const passwordFileOf = (home: string): string => join(home, "password")

export const exists = (home: string): boolean => existsSync(join(dataOf(home), "PG_VERSION"))

export const passwordOf = (home: string): string => readFileSync(passwordFileOf(home), "utf8").trim()

export const urlOf = (home: string, port: number): string =>
  `postgres://postgres:${passwordOf(home)}@127.0.0.1:${port}/postgres`

/** What every Postgres program is started with: no locale of the caller's, and none of his PG* settings. */
export const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG"))),
  LC_ALL: "C",
})

/** The folder's real path: the one by which a process of ours is recognised. */
export const makeHome = (home: string): string => {
  try {
    mkdirSync(home, { recursive: true, mode: 0o755 })
    return realpathSync(home)
  } catch (error) {
    throw new EmbeddedUnusable({ message: `JAEGO_HOME ${home} cannot be made: ${(error as Error).message}` })
  }
}

/** Makes the cluster unless it exists. */
export const initialise = async (home: string, binaries: Binaries, as: Account): Promise<void> => {
  if (exists(home)) return
  const unfinished = join(home, "data.unfinished")
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFileOf(home), `${randomBytes(18).toString("hex")}\n`, { mode: 0o600 })
  if (as !== null) for (const path of [unfinished, passwordFileOf(home)]) chownSync(path, as.uid, as.gid)
  const flags = [
    `--pgdata=${unfinished}`,
    "--username=postgres",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFileOf(home)}`,
    "--encoding=UTF8",
    "--locale=C",
  ]
  try {
    const start = launched(binaries.initdb, flags, as)
    await promisify(execFile)(start.file, start.flags, { ...start.identity, cwd: home, env: environment() })
  } catch (error) {
    const { message, stderr } = error as Error & { readonly stderr?: string }
    const said = (stderr || message).trim().split("\n").slice(-1)[0]
    throw new EmbeddedUnusable({ message: `the embedded Postgres could not be set up under ${home}: ${said}` })
  }
  renameSync(unfinished, dataOf(home))
}
