/**
 * Starting a PostgreSQL program on a data folder: as its account, with the environment of `environment.ts`, and without any
 * capability.
 *
 * As another account it gets the folder opened by us, as an inherited file: no folder above need let its user pass.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { platform } from "node:os"
import { text } from "node:stream/consumers"
import type { Account } from "./account.ts"
import { environment } from "./environment.ts"
import * as Nameless from "./nameless-user.ts"

/** The first number behind stdin, stdout and stderr. */
const FOLDER = 3

export interface Start {
  readonly program: string
  /** `data`: the folder as the program is to call it. */
  readonly flags: (data: string) => ReadonlyArray<string>
  /** The data folder, and the folder to work in. */
  readonly data: string
  readonly home: string
  readonly as: Account
  /** The open lock of the data folder: as long as the program runs, the folder is taken. */
  readonly lock: number
  /** stdin, stdout and stderr. */
  readonly stdio: readonly [StdioOption, StdioOption, StdioOption]
  readonly detached?: boolean
  readonly environment?: NodeJS.ProcessEnv
}

type StdioOption = Exclude<StdioOptions, string>[number]

export const start = ({
  as,
  data,
  detached = false,
  flags,
  home,
  lock,
  program,
  stdio,
  ...more
}: Start): ChildProcess => {
  const byFile = as !== null && platform() === "linux"
  const folder = byFile ? openSync(data, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW) : "ignore"
  try {
    return spawn(program, [...flags(byFile ? `/proc/self/fd/${FOLDER}` : data)], {
      ...(as === null ? {} : { uid: as.uid, gid: as.gid }),
      cwd: home,
      detached,
      env: { ...environment(), ...more.environment },
      stdio: [...stdio, folder, lock],
    })
  } finally {
    if (folder !== "ignore") closeSync(folder)
  }
}

export interface Ended {
  readonly ok: boolean
  /** What it wrote to stderr, or why it could not be started. */
  readonly said: string
}

/** What every program of one home is started with. */
export type Place = Pick<Start, "home" | "as" | "lock">

/** Runs it to its end with that input. */
export const run = (what: Omit<Start, "stdio" | "environment">, input = ""): Promise<Ended> =>
  Nameless.named(what.home, (environment) =>
    ended(start({ ...what, environment, stdio: ["pipe", "ignore", "pipe"] }), input),
  )

const ended = async (child: ChildProcess, input: string): Promise<Ended> => {
  const code = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", resolve)
  })
  // It may have ended without having read all of it.
  child.stdin!.on("error", () => undefined)
  child.stdin!.end(input)
  try {
    const [exitCode, said] = await Promise.all([code, text(child.stderr!)])
    return { ok: exitCode === 0, said }
  } catch (error) {
    return { ok: false, said: (error as Error).message }
  }
}

/** The line that says why, of all that a program wrote before it cleaned up behind itself. */
export const reasonIn = (said: string): string => {
  const lines = said.split("\n").flatMap((line) => line.trim() || [])
  const reason = lines.find((line) => /\b(FATAL|PANIC|error|could not|cannot)\b/i.test(line)) ?? lines.at(-1)
  return (reason ?? "it gave no reason").replace(/^.*?\b(FATAL|PANIC|error):\s*/, "")
}
