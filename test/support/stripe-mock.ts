/**
 * Stripe's own stripe-mock, which refuses every request that Stripe's API does not have, and the OpenAPI document that it goes by.
 * `infra/stripe-mock/install.sh` fetches both.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { leaveOut } from "./missing.ts"
import { ROOT, until } from "./service.ts"

const LIB = join(ROOT, "infra/stripe-mock/lib")

export const OPENAPI = join(LIB, "openapi.json")

/** For `describe.skipIf`. */
export const isMissing = leaveOut(
  "what Stripe would say to us",
  existsSync(OPENAPI) ? [] : ["stripe-mock: run infra/stripe-mock/install.sh"],
)

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

/** Its URL, once it listens; it is stopped with `stop`. */
export const start = async (): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const flags = ["-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]
  const child = spawn(join(LIB, "stripe-mock"), flags, { stdio: ["ignore", "pipe", "inherit"] })
  running.add(child)
  child.once("close", () => running.delete(child))
  // Read to its end: a program in Go dies of an output that nothing reads.
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    output += part
  })
  const address = await until("stripe-mock says where it is", () => {
    if (child.exitCode !== null) throw new Error(`stripe-mock ended:\n${output}`)
    return /Listening for HTTP at address: (\S+)/.exec(output)?.[1]
  })
  return { url: `http://${address}`, stop: () => void child.kill() }
}
