/**
 * The real service as a child process, spoken to over real HTTP, and the patience to wait for what it does.
 *
 * Each is the leader of its own process group, so that a signal may reach all of it, as from a terminal. It listens on
 * any free port and says which. A process that still runs when its test file ends is killed.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const ROOT = fileURLToPath(new URL("../..", import.meta.url))
export const CLI = join(ROOT, "src/cli.ts")

/** Between two looks (ms). */
const LOOK_MS = 15

/**
 * Looks until there is something to see; fails with what was waited for, and with what was thrown last. The limit only ends what
 * hangs: it is far above what a busy machine takes.
 */
export const until = async <A>(
  what: string,
  look: () => Promise<A | false | null | undefined> | A | false | null | undefined,
  withinMs = 150_000,
): Promise<A> => {
  let thrown: unknown = null
  for (const end = performance.now() + withinMs; performance.now() < end; ) {
    try {
      const seen = await look()
      if (seen !== false && seen !== null && seen !== undefined) return seen
      thrown = null
    } catch (error) {
      thrown = error
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`waited ${withinMs} ms in vain: ${what}`, thrown === null ? {} : { cause: thrown })
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  readonly body: any
}

type Env = Readonly<Record<string, string>>

/** A folder for an embedded database, which may run as another user. */
export const freshHome = (): { readonly home: string; readonly remove: () => void } => {
  const parent = mkdtempSync(join(tmpdir(), "jaego-service-"))
  chmodSync(parent, 0o755)
  return { home: join(parent, "home"), remove: () => rmSync(parent, { recursive: true, force: true }) }
}

/** Nothing of the machine's own settings: a knob is set because a test set it. */
const KNOBS = [
  "PORT",
  "HOST",
  "STORE",
  "DATABASE_URL",
  "DATABASE_CONNECTIONS",
  "JAEGO_HOME",
  "WORKERS",
  "HTTP_THREADS",
  "NODE_OPTIONS",
  "HOLDS_PER_CUSTOMER",
  "MAX_CONNECTIONS",
  "STREAMS_MAX",
  "ALLOWED_HOSTS",
]
/** What is paid stays so, and a busy machine is no overload, unless a test is about that. */
const STILL: Env = { SHIPPING_AFTER_SECONDS: "86400", OVERLOAD_MODE: "off" }
const clean = (env: Env): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !KNOBS.includes(name) &&
      !/^(CORS|KEEP_ALIVE|LAME_DUCK|PAYMENT|STRIPE|HOLD|SHIPPING|CARRIER|KAFKA|OUTBOX|RATE_LIMIT|TRUSTED|OVERLOAD|OTEL)_/.test(
        name,
      ),
  )
  return { ...Object.fromEntries(inherited), ...STILL, ...env }
}

const running = new Set<Process>()
process.once("exit", () => {
  for (const each of running) each.signal("SIGKILL")
})

/** A child, the leader of a process group of its own. */
export class Process {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #stdout = ""
  #stderr = ""
  #end: Ended | null = null

  constructor(command: string, args: ReadonlyArray<string>, env: Env) {
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: clean(env),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    })
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text))
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text))
    running.add(this)
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject)
      this.#child.once("close", (code, signal) => {
        running.delete(this)
        this.#end = { code, signal }
        resolve(this.#end)
      })
    })
  }

  get pid(): number {
    return this.#child.pid!
  }
  get stdout(): string {
    return this.#stdout
  }
  get stderr(): string {
    return this.#stderr
  }
  /** How it ended; null while it runs. */
  get end(): Ended | null {
    return this.#end
  }

  /** To the whole process group. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
    }
  }

  /** To the process alone. */
  signalAlone(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** `jaego ...`, to its end. */
export const run = async (args: ReadonlyArray<string>, env: Env = {}) => {
  const child = new Process(process.execPath, [CLI, ...args], env)
  const { code } = await child.ended
  return { code, stdout: child.stdout, stderr: child.stderr }
}

/** How long a service may take until it says where it is (ms): an empty embedded database on a busy machine. */
const START_MS = 120_000

/** Between two askings (ms): a heartbeat of the lease is under way meanwhile. */
const AGAIN_MS = 50

/**
 * A process that stood still, as on a busy machine, is not sure of its lanes: until it is, it refuses nothing and shows nothing from
 * memory, and says 503. `isSafe`: the request may be repeated whatever came of it.
 */
const isUnsure = ({ body }: Pick<Answer, "body">, isSafe: boolean): boolean =>
  body?.code === "stale-owner" && (isSafe || body.detail.startsWith("Nothing was decided."))

export class Service {
  readonly process: Process
  readonly url: string

  constructor(process: Process, url: string) {
    this.process = process
    this.url = url
  }

  /** Asked again while the service is not sure of its lanes, as every client should ask. */
  async send(method: string, path: string, body?: unknown, headers: Env = {}): Promise<Answer> {
    const hasKey = Object.keys(headers).some((name) => name.toLowerCase() === "idempotency-key")
    for (;;) {
      const answer = await this.#ask(method, path, body, headers)
      if (!isUnsure(answer, method === "GET" || hasKey)) return answer
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }

  async #ask(method: string, path: string, body: unknown, headers: Env): Promise<Answer> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const type: Env = body === undefined ? {} : { "content-type": "application/json" }
    const asking = fetch(this.url + path, { method, headers: { ...type, ...headers }, ...sent })
    const response = await asking.catch((cause: unknown) => {
      const { end, stdout, stderr } = this.process
      const words = `no answer from a service that ended as ${JSON.stringify(end)}:\n${stdout}${stderr}`
      throw new Error(words, { cause })
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null }
  }

  get(path: string): Promise<Answer> {
    return this.send("GET", path)
  }

  post(path: string, body?: unknown, headers: Env = {}): Promise<Answer> {
    return this.send("POST", path, body, headers)
  }

  /** From the metrics page: the sum of all series of a name whose labels contain the text. */
  async metric(name: string, label = ""): Promise<number> {
    const lines = (await this.get("/metrics")).text.split("\n")
    const series = lines.filter((line) => line.startsWith(name) && line.includes(label))
    return series.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<Ended> {
    this.process.signal("SIGTERM")
    return this.process.ended
  }

  kill(): Promise<Ended> {
    this.process.signal("SIGKILL")
    return this.process.ended
  }
}

const urlIn = (text: string): string | undefined => /(?:ready|stands by) at (http:\/\/[^\s:]+:\d+)/.exec(text)?.[1]

const started = async (child: Process): Promise<Service> => {
  const url = await until(
    "the service says where it is",
    () => {
      if (child.end !== null) return "ended"
      return urlIn(child.stdout)
    },
    START_MS,
  )
  if (url === "ended") {
    const words = `the service ended as ${JSON.stringify(child.end)} instead of starting`
    throw new Error(`${words}:\n${child.stdout}${child.stderr}`)
  }
  return new Service(child, url)
}

/** Starts it on any free port, and waits until it is ready, or stands by. `cli`: that of another checkout. */
export const start = (env: Env, nodeFlags: ReadonlyArray<string> = [], cli = CLI): Promise<Service> =>
  started(new Process(process.execPath, [...nodeFlags, cli, "serve"], { PORT: "0", ...env }))

/** Starts it by another command, which is to end with the service. */
export const startBy = (command: string, args: ReadonlyArray<string>, env: Env): Promise<Service> =>
  started(new Process(command, args, { PORT: "0", ...env }))

/** Starts it as a newcomer does. */
export const npmStart = (env: Env): Promise<Service> => startBy("npm", ["start"], env)

/** Starts it as who types a command does. */
export const npxServe = (env: Env): Promise<Service> => startBy("npx", ["jaego", "serve"], env)

/** Kills what is left, when a test has failed half-way. */
export const killAll = async (): Promise<void> => {
  const left = [...running]
  for (const each of left) each.signal("SIGKILL")
  await Promise.all(left.map((each) => each.ended))
}
