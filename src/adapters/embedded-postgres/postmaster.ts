/**
 * The postmaster process: starting it, knowing when it is ready, stopping it, and finding one that was left over.
 *
 * It runs in a session of its own, because a signal to our process group (Ctrl-C) would otherwise stop it while we drain:
 * it is stopped by us, last. A watchdog beside it stops it when we are killed, as no kill -9 lets us do that.
 *
 * Law: it and every process of it hold the lock that it is started with (`file-lock.ts`).
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { closeSync, constants, openSync, readFileSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { platform } from "node:os"
import { join } from "node:path"
import type { Binaries } from "./binaries.ts"
import { dataOf, logOf } from "./data-folder.ts"
import { environment } from "./environment.ts"
import * as Program from "./program.ts"

export interface Running {
  readonly pid: number
  readonly port: number
  readonly status: string
}

/** How often we look whether it is ready or gone (ms). */
const LOOK_MS = 20

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Absent on Windows. */
const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = constants

/** What `postmaster.pid` says; null: there is none, or it is not yet whole. */
export const read = (home: string): Running | null => {
  try {
    const lines = readFileSync(pidFileOf(home), { encoding: "utf8", flag: O_RDONLY | O_NOFOLLOW | O_NONBLOCK }).split(
      "\n",
    )
    const [pid, port] = [Number(lines[0]), Number(lines[3])]
    return pid > 0 && port > 0 ? { pid, port, status: (lines[7] ?? "").trim() } : null
  } catch {
    return null
  }
}

const pidFileOf = (home: string): string => join(dataOf(home), "postmaster.pid")

/** Only when its owner is known to be dead: PostgreSQL would start a second time beside it. */
export const forget = (home: string): void => rmSync(pidFileOf(home), { force: true })

/** Whether `postmaster.pid`, if there is one, was left by a postmaster that held its lock: earlier versions' did not. */
export const heldLock = (home: string): boolean => {
  try {
    return readFileSync(join(dataOf(home), "postmaster.opts"), "utf8").includes(MARK)
  } catch {
    return true
  }
}

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** A process id is used again by the system: it must also be a program that was started on this folder. */
export const isAlive = (home: string, pid: number): boolean => {
  if (!exists(pid)) return false
  if (platform() === "win32") return true
  try {
    const command =
      platform() === "linux"
        ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
        : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" })
    return command.includes(dataOf(home))
  } catch {
    return false
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** A setting that PostgreSQL does not know: it names the folder for `isAlive`, and says that the lock is held. */
const MARK = "jaego.data="

/**
 * 300 connections: a service with 64 workers and a standby beside it. No Unix socket: its path would have a length limit
 * and it would lie outside the home folder.
 */
const settings = (home: string) => [
  ...["max_connections=300", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_wal_size=2GB"],
  `${MARK}${dataOf(home)}`,
]

export type Started = { readonly child: ChildProcess } | { readonly failed: string }

/** What a postmaster is started with. */
export interface Launch {
  readonly binaries: Binaries
  readonly place: Program.Place
  readonly port: number
}

/** Starts it and waits until it accepts connections, or until it has given up. `spawned` is called at once. */
export const start = async (
  { binaries, place, port }: Launch,
  spawned: (child: ChildProcess) => void,
): Promise<Started> => {
  const { home } = place
  const log = openSync(logOf(home), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o644)
  const child = Program.start({
    program: binaries.postgres,
    flags: (data) => ["-D", data, "-p", String(port), ...settings(home).flatMap((setting) => ["-c", setting])],
    data: dataOf(home),
    ...place,
    stdio: ["ignore", log, log],
    detached: true,
  })
  closeSync(log)
  let failure: string | null = null
  child.once("error", (error) => {
    failure = error.message
  })
  spawned(child)
  for (;;) {
    if (failure !== null) return { failed: failure }
    if (child.exitCode !== null || child.signalCode !== null) return { failed: lastWords(home) }
    const running = read(home)
    if (running?.pid === child.pid && running?.status === "ready") break
    await pause(LOOK_MS)
  }
  child.unref()
  return { child }
}

/** How it ended, once it has. */
export const exited = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    const say = () => resolve(child.signalCode ?? `exit code ${child.exitCode}`)
    if (child.exitCode !== null || child.signalCode !== null) say()
    else child.once("exit", say)
  })

const lastWords = (home: string): string => {
  const lines = readFileSync(logOf(home), "utf8").trim().split("\n")
  const said = lines.filter((line) => /FATAL|PANIC|error/i.test(line)).at(-1) ?? lines.at(-1) ?? "it gave no reason"
  return said.replace(/^.*?(FATAL|PANIC):\s*/, "")
}

/** Longest a fast shutdown may take before it is cut short, and that before the process is killed (ms). */
const PATIENCE_MS = 10_000

const isGone = async (home: string, pid: number): Promise<boolean> => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(LOOK_MS))
    if (!isAlive(home, pid)) return true
  return false
}

/** Fast shutdown: sessions are ended, everything is flushed. Never fails; at worst the next start recovers. */
export const stop = async (home: string, pid: number, binaries: Binaries): Promise<void> => {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    try {
      if (platform() === "win32")
        execFileSync(binaries.pg_ctl, ["stop", "-D", dataOf(home), "-m", "fast"], {
          stdio: "ignore",
          env: environment(),
        })
      else process.kill(pid, signal)
    } catch {
      // It is gone already: the look below says so.
    }
    if (await isGone(home, pid)) return
  }
}

/** Stops the postmaster when we die without having done so: the pipe to it closes with us. */
export const watch = (pid: number): { readonly dismiss: () => void } => {
  if (platform() === "win32") return { dismiss: () => undefined }
  const script = `read -r _ || kill -INT ${pid}`
  const dog = spawn("/bin/sh", ["-c", script], {
    detached: true,
    env: environment(),
    stdio: ["pipe", "ignore", "ignore"],
  })
  dog.on("error", () => undefined)
  dog.stdin.on("error", () => undefined)
  dog.unref()
  const pipe = dog.stdin as typeof dog.stdin & { readonly unref?: () => void }
  pipe.unref?.()
  return { dismiss: () => void dog.stdin.end("done\n") }
}
