/**
 * The contenders of the bench, each a process of its own: Jaego, another checkout of Jaego (`--checkout DIR`), the same
 * service with one transaction an order (`INVENTORY=atomic`), and node:http alone.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { Process, start as startService, until } from "../support/service.ts"

export const CONTENDERS = ["jaego", "checkout", "atomic", "bare"] as const
export type Contender = (typeof CONTENDERS)[number]

/** The entry point of another checkout, which has its own node_modules. Throws when there is none at `folder`. */
export const cliOf = (folder: string): string => {
  const cli = resolve(folder, "src/cli.ts")
  for (const needed of [cli, resolve(folder, "node_modules")])
    if (!existsSync(needed)) throw new Error(`--checkout ${folder}: there is no ${needed} (clone it, then npm ci)`)
  return cli
}

export interface Running {
  readonly url: string
  readonly pid: number
  /** Bytes that all of its threads really use, after collecting garbage. */
  readonly liveBytes: () => Promise<number>
  /** Milliseconds from its start until it said it was ready. */
  readonly startMs: number
  readonly stop: () => Promise<void>
}

const BARE = fileURLToPath(new URL("./bare-server.ts", import.meta.url))

const HEAP_PROBE = new URL("./heap-probe.ts", import.meta.url).href

/** With `refuse` it answers every order 503. */
export const startBare = async (args: ReadonlyArray<"refuse"> = []): Promise<Pick<Running, "url" | "pid" | "stop">> => {
  const child = new Process(process.execPath, [BARE, ...args], {})
  const url = await until("the bare server listens", () => /ready at (\S+)/.exec(child.stdout)?.[1])
  const stop = async () => {
    child.signal("SIGKILL")
    await child.ended
  }
  return { url, pid: child.pid, stop }
}

/** Holds that outlive every measurement: what their end costs is not what is measured. */
export const HOLD_SECONDS = "86400"

export const start = async (
  contender: Contender,
  databaseUrl: string,
  workers: number | null,
  measured: "rate" | "memory" = "rate",
  cli?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> => {
  const begun = performance.now()
  if (contender === "bare")
    return { ...(await startBare()), liveBytes: () => Promise.resolve(0), startMs: performance.now() - begun }
  const folder = mkdtempSync(join(tmpdir(), "jaego-bench-"))
  const heapFile = join(folder, "heap")
  const service = await startService(
    {
      DATABASE_URL: databaseUrl,
      INVENTORY: contender === "atomic" ? "atomic" : "actors",
      HOLD_SECONDS,
      OVERLOAD_MODE: "on",
      BENCH_HEAP_FILE: heapFile,
      ...(workers === null ? {} : { WORKERS: String(workers) }),
      ...env,
    },
    measured === "memory" ? ["--expose-gc", "--import", HEAP_PROBE] : [],
    cli,
  )
  const startMs = performance.now() - begun
  const stop = async () => {
    const { code } = await service.stop()
    rmSync(folder, { recursive: true, force: true })
    if (code !== 0) throw new Error(`${contender} ended with ${code}:\n${service.process.stderr}`)
  }
  const liveBytes = async () => {
    rmSync(heapFile, { force: true })
    service.process.signalAlone("SIGUSR2")
    return Number(
      await until("its threads say what they use", () => existsSync(heapFile) && readFileSync(heapFile, "utf8")),
    )
  }
  return { url: service.url, pid: service.process.pid, liveBytes, startMs, stop }
}
