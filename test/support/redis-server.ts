/**
 * A real redis-server of one's own, which a test may stop, freeze and flush. Where the program is missing the run says so and
 * leaves those tests out; with CI=true that is a failure.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { freePort } from "./kafka-broker.ts"

const isThere = ((): boolean => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** For `describe.skipIf`. */
export const isMissing = !isThere

if (isMissing) {
  const line = "NOT TESTED: Redis, because there is no redis-server (Debian: apt-get install redis-server)"
  if (process.env["CI"] === "true") throw new Error(line)
  console.warn(line)
}

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export class RedisServer {
  readonly #port: number
  /** Where a dump lies that a test had it write. */
  readonly #folder = mkdtempSync(join(tmpdir(), "jaego-redis-"))
  #child: ChildProcess | null = null

  private constructor(port: number) {
    this.#port = port
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  /** Empty, unless a test had it write a dump (`SAVE`) before: it writes none by itself. */
  async start(): Promise<void> {
    const flags = ["--port", String(this.#port), "--bind", "127.0.0.1", "--dir", this.#folder]
    flags.push("--save", "", "--appendonly", "no")
    const child = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "inherit"] })
    this.#child = child
    running.add(child)
    child.once("close", () => running.delete(child))
    let output = ""
    for await (const part of child.stdout!) {
      output += String(part)
      if (output.includes("Ready to accept connections")) return void child.stdout!.resume()
    }
    throw new Error(`redis-server did not start:\n${output}`)
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal)
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, "close")
    child.kill("SIGKILL")
    await closed
  }

  /** A client of the test's own. */
  client(): Redis {
    return new Redis(this.url)
  }
}
