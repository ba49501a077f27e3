/**
 * An exclusive lock on a file (flock): kept by the processes that have the file open, inherited by a program that is started
 * with it, and ended by the kernel with the last of them, however it ended.
 *
 * Why it exists: it belongs to the file. Containers that share a volume see neither each other's processes nor sockets,
 * but they meet here.
 * Law: taken while it is free means that no process has it any more, in no container of this machine.
 * Limits: machines that share a file system meet only where that file system shares its locks (NFS 4 does).
 */
import { spawnSync } from "node:child_process"
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { hostname, platform } from "node:os"
import { environment } from "./environment.ts"
import { EmbeddedUnusable } from "./unusable.ts"

/** macOS and Windows lock within open(2); Linux has no flag for it, so there `flock` locks what it inherits. */
const EXLOCK: Partial<Record<NodeJS.Platform, number>> = { darwin: 0x20, win32: 0x1000_0000 }

/** Windows has neither of the two. */
const { O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDWR } = constants

/** What those two say when another process has it. */
const TAKEN = ["EAGAIN", "EBUSY"]

/** The open file; null: another process has it. Closed by the caller, or with this process. */
export const tryTake = (path: string): number | null => {
  let file: number
  try {
    file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (EXLOCK[platform()] ?? 0), 0o600)
  } catch (error) {
    if (TAKEN.includes((error as NodeJS.ErrnoException).code ?? "")) return null
    throw new EmbeddedUnusable({ message: `the lock cannot be opened: ${(error as Error).message}` })
  }
  return platform() in EXLOCK || flock(path, file) ? sign(file) : null
}

/** On the open file that both share, so that the lock outlives the program that took it. Closes it when it has failed. */
const flock = (path: string, file: number): boolean => {
  const stdio = ["ignore", "ignore", "pipe", file] as const
  const { error, status, stderr } = spawnSync("flock", ["-n", "-x", "3"], { stdio: [...stdio], env: environment() })
  if (status === 0) return true
  closeSync(file)
  if (status === 1) return false
  throw new EmbeddedUnusable({
    message:
      error === undefined
        ? `${path} cannot be locked (${String(stderr).trim()}): set JAEGO_HOME to a folder whose file system has locks`
        : "the embedded Postgres needs flock (of util-linux) to guard its files: install it, or set DATABASE_URL",
  })
}

/** For people who find it taken. */
const sign = (file: number): number => {
  ftruncateSync(file)
  writeSync(file, `process ${process.pid} on ${hostname()}\n`, 0)
  return file
}

/** Who has it, as far as that can be read; it may be gone by now. */
export const holderOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim() || "unknown"
  } catch {
    return "unknown"
  }
}
