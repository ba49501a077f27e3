/** A redis-server of the lab's own, empty and kept nowhere; or the one that is named. */
import { spawnSync } from "node:child_process"
import { freePort } from "../adapters/embedded-postgres/postmaster.ts"
import type { Children } from "./children.ts"

const START_WITHIN_MS = 10_000
const LOOK_MS = 10

/** Null: this machine has none. */
export const start = async (children: Children, named: string | null): Promise<string | null> => {
  if (named !== null) return named
  if (spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status !== 0) return null
  const port = await freePort()
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
  const child = children.start("redis-server", flags, {})
  for (const end = performance.now() + START_WITHIN_MS; performance.now() < end && child.end === null; ) {
    if (child.stdout.includes("Ready to accept connections")) return `redis://127.0.0.1:${port}`
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`redis-server does not start:\n${child.stdout}${child.stderr}`)
}
