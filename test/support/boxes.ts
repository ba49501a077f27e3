/**
 * Boxes: processes in namespaces of their own, as containers are, with the files of this machine. A box ends with its first
 * process; whatever is left of it when the run ends is killed.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { ROOT } from "./service.ts"

export interface Box {
  /** Everything in it is killed at once. */
  readonly kill: () => Promise<void>
  readonly endInput: () => void
  /** What it wrote to stdout, once it has ended. */
  readonly said: Promise<string>
  /** Resolves with the first line of stdout, or with "" when it ends without one. */
  readonly line: Promise<string>
}

const boxes = new Set<ChildProcess>()
process.once("exit", () => {
  for (const each of boxes) each.kill("SIGKILL")
})

/** Runs a line of the shell, as root, in namespaces of its own: `--net --pid --ipc --uts` as Docker has, or others. */
export const open = (script: string, namespaces: ReadonlyArray<string> = CONTAINER): Box => {
  const child = spawn("unshare", [...namespaces, "sh", "-c", script], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] })
  boxes.add(child)
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  void gone.then(() => boxes.delete(child))
  child.stdin.on("error", () => undefined)
  const said = text(child.stdout)
  const line = new Promise<string>((resolve) => {
    let seen = ""
    child.stdout.on("data", (chunk: Buffer) => {
      seen += String(chunk)
      const end = seen.indexOf("\n")
      if (end >= 0) resolve(seen.slice(0, end))
    })
    void said.then(() => resolve(seen.trim()))
  })
  return {
    said,
    line,
    kill: async () => {
      child.kill("SIGKILL")
      await gone
    },
    endInput: () => void child.stdin.end(),
  }
}

const CONTAINER = ["--net", "--pid", "--ipc", "--uts", "--mount-proc", "--fork", "--kill-child"]
