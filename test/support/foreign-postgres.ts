/**
 * A PostgreSQL of the machine's own (Debian's), as operators run it: any settings, encodings, TLS, and a PgBouncer before it.
 * Without a password, for tests on loopback only.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { appendFileSync, chmodSync, chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Account from "../../src/adapters/embedded-postgres/account.ts"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import { until } from "./service.ts"

/** The folder of the newest one's programs; undefined: there is none. */
const programs = globSync("/usr/lib/postgresql/*/bin/initdb").map(dirname).sort().at(-1)

export const lacking = programs === undefined ? ["PostgreSQL (Debian: postgresql-15)"] : []

export interface Foreign {
  readonly port: number
  /** The cluster's own, below `folder`. */
  readonly data: string
  readonly folder: string
  readonly url: (database: string, user?: string) => string
  /** Statements of the superuser, each on its own. */
  readonly query: (...statements: ReadonlyArray<string>) => string
  /** Reads its settings again, which it does in its own time. */
  readonly reload: () => Promise<void>
  /** The same, with another pg_hba.conf. */
  readonly configure: (mayLogIn: string) => Promise<void>
  /** Files become its own, and no other user's. */
  readonly own: (...files: ReadonlyArray<string>) => void
  /** To the server and each of its sessions: STOP freezes it, CONT thaws it. */
  readonly signal: (name: "SIGSTOP" | "SIGCONT") => void
  /** Ends at once, its data stay; `run` starts it again on the same port. */
  readonly kill: () => Promise<void>
  readonly run: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** `settings`: lines of postgresql.conf. `copied`: the server that it follows as its standby. */
export const start = async (settings: ReadonlyArray<string> = [], copied: Foreign | null = null): Promise<Foreign> => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-foreign-"))
  chmodSync(folder, 0o755)
  const as = Account.find()
  if (as !== null) chownSync(folder, as.uid, as.gid)
  const identity = as === null ? {} : { uid: as.uid, gid: as.gid }
  const [port, data] = [await Postmaster.freePort(), join(folder, "data")]
  const at = { ...identity, cwd: folder }
  if (copied === null)
    execFileSync(
      join(programs!, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"],
      at,
    )
  else
    execFileSync(join(programs!, "pg_basebackup"), ["-D", data, "-R", "-c", "fast", "-d", copied.url("postgres")], at)
  const all = [`port=${port}`, "listen_addresses='127.0.0.1'", `unix_socket_directories='${folder}'`, "fsync=off"]
  // Behind what a copied one has there already.
  appendFileSync(join(data, "postgresql.auto.conf"), `${[...all, ...settings].join("\n")}\n`)
  let child: ChildProcess
  const run = async () => {
    child = spawn(join(programs!, "postgres"), ["-D", data], { ...at, stdio: "ignore" })
    child.once("exit", Postmaster.watch(child.pid!).dismiss)
    await until("PostgreSQL answers", () => query("select 1") === "1")
  }
  const kill = async () => {
    child.kill("SIGQUIT")
    await Postmaster.exited(child)
  }
  const query = (...statements: ReadonlyArray<string>): string => {
    const options = ["-h", folder, "-p", String(port), "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"]
    const run = spawnSync("psql", [...options, ...statements.flatMap((each) => ["-c", each]), "postgres"], {
      encoding: "utf8",
    })
    if (run.status !== 0) throw new Error(run.stderr)
    return run.stdout.trim()
  }
  await run()
  const reload = async () => {
    const before = query("select pg_conf_load_time()")
    child.kill("SIGHUP")
    await until("it has read its settings", () => query("select pg_conf_load_time()") !== before)
  }
  return {
    port,
    data,
    folder,
    query,
    url: (database, user = "postgres") => `postgres://${user}@127.0.0.1:${port}/${database}`,
    reload,
    configure: (mayLogIn) => {
      writeFileSync(join(data, "pg_hba.conf"), mayLogIn)
      return reload()
    },
    own: (...files) => {
      for (const file of files) {
        if (as !== null) chownSync(file, as.uid, as.gid)
        chmodSync(file, 0o600)
      }
    },
    signal: (name) => {
      const sessions = execFileSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" })
      for (const pid of [child.pid!, ...sessions.trim().split(/\s+/).map(Number)]) process.kill(pid, name)
    },
    kill,
    run,
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Pooler {
  readonly url: (database: string) => string
  readonly stop: () => Promise<void>
}

/** A PgBouncer before it. */
export const pool = async (postgres: Foreign, settings: ReadonlyArray<string>): Promise<Pooler> => {
  const [port, file] = [await Postmaster.freePort(), join(postgres.folder, "pgbouncer.ini")]
  const lines = [
    ...["[databases]", `* = host=127.0.0.1 port=${postgres.port}`, "[pgbouncer]", "listen_addr=127.0.0.1"],
    ...[`listen_port=${port}`, "auth_type=any", "unix_socket_dir="],
    ...settings,
  ]
  writeFileSync(file, `${lines.join("\n").replace("* = ", "* = user=postgres ")}\n`)
  const as = Account.find()
  const identity = as === null ? {} : { uid: as.uid, gid: as.gid }
  const child: ChildProcess = spawn("pgbouncer", [file], { ...identity, cwd: postgres.folder, stdio: "ignore" })
  await until("PgBouncer listens", () => listens(port))
  return {
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    stop: async () => {
      child.kill("SIGKILL")
      await Postmaster.exited(child)
    },
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })
