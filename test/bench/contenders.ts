/**
 * Who is measured, each as a process of its own: Jaego, the same service with one transaction an order
 * (`INVENTORY=atomic`), and node:http alone.
 */
import { fileURLToPath } from "node:url"
import { Process, start as startService, until } from "../support/service.ts"

export const CONTENDERS = ["jaego", "atomic", "bare"] as const
export type Contender = (typeof CONTENDERS)[number]

export interface Running {
  readonly url: string
  readonly pid: number
  /** Milliseconds from its start until it said it was ready. */
  readonly startMs: number
  readonly stop: () => Promise<void>
}

const BARE = fileURLToPath(new URL("./bare-server.ts", import.meta.url))

const startBare = async (): Promise<Omit<Running, "startMs">> => {
  const child = new Process(process.execPath, [BARE], {})
  const url = await until("the bare server listens", () => /ready at (\S+)/.exec(child.stdout)?.[1])
  const stop = async () => {
    child.signal("SIGKILL")
    await child.ended
  }
  return { url, pid: child.pid, stop }
}

/** Holds that outlive every measurement: what their end costs is not what is measured. */
const HOLD_SECONDS = "86400"

export const start = async (contender: Contender, databaseUrl: string, workers: number | null): Promise<Running> => {
  const begun = performance.now()
  if (contender === "bare") return { ...(await startBare()), startMs: performance.now() - begun }
  const service = await startService({
    DATABASE_URL: databaseUrl,
    INVENTORY: contender === "atomic" ? "atomic" : "actors",
    HOLD_SECONDS,
    ...(workers === null ? {} : { WORKERS: String(workers) }),
  })
  const startMs = performance.now() - begun
  const stop = async () => {
    const { code } = await service.stop()
    if (code !== 0) throw new Error(`${contender} ended with ${code}:\n${service.process.stderr}`)
  }
  return { url: service.url, pid: service.process.pid, startMs, stop }
}
