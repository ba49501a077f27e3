/** The processes that the lab has started: each ends with it, also when it is interrupted. */
import { spawn } from "node:child_process"

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Child {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<Ended>
  /** Null while it runs. */
  readonly end: Ended | null
  readonly kill: (signal: NodeJS.Signals) => void
  /** To its stdin. */
  readonly say: (text: string) => void
}

/** What a program needs of the environment to run at all: no knob of the caller's reaches a process that is measured. */
const NEEDED = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot", "LANG"]

const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(([name]) => NEEDED.includes(name))
  return { ...Object.fromEntries(inherited), ...env }
}

export class Children {
  readonly #running = new Set<Child>()

  start(program: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Child {
    const running = this.#running
    const process = spawn(program, args, { env: environment(env), stdio: ["pipe", "pipe", "pipe"] })
    const said = { stdout: "", stderr: "" }
    let end: Ended | null = null
    process.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text))
    process.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text))
    process.stdin.on("error", () => undefined)
    const child: Child = {
      pid: process.pid!,
      get stdout() {
        return said.stdout
      },
      get stderr() {
        return said.stderr
      },
      get end() {
        return end
      },
      ended: new Promise((resolve, reject) => {
        process.once("error", reject)
        process.once("close", (code, signal) => {
          end = { code, signal }
          running.delete(child)
          resolve(end)
        })
      }),
      kill: (signal) => void process.kill(signal),
      say: (text) => void process.stdin.write(text),
    }
    running.add(child)
    return child
  }

  /** Ends what still runs. */
  async killAll(): Promise<void> {
    const left = [...this.#running]
    for (const each of left) each.kill("SIGKILL")
    await Promise.all(left.map((each) => each.ended.catch(() => undefined)))
  }
}
