/** The service under a guard, as a process of its own on any free port of the loopback. */
import { fileURLToPath } from "node:url"
import type { GuardName } from "../config/inventory.ts"
import type { Child, Children, Ended } from "./children.ts"

/** Who decides: our owners, or one transaction a command. */
export type Contender = "actors" | GuardName

export interface Service {
  readonly url: string
  readonly pid: number
  /** Asks it to end, and waits until it has. */
  readonly stop: () => Promise<Ended>
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ended>
}

export interface Options {
  readonly contender: Contender
  readonly databaseUrl: string
  /** With the names that its keys begin with; only guards in Redis get it. */
  readonly redis: { readonly url: string; readonly prefix: string } | null
  /** What it is started with in addition. */
  readonly knobs?: Readonly<Record<string, string>>
}

const CLI = fileURLToPath(new URL("../cli.ts", import.meta.url))

const READY = /(?:ready|stands by) at (http:\/\/[^\s:]+:\d+)/

/** It ends what hangs: on a machine that is busy with ten other things a start takes a minute, ms. */
const START_WITHIN_MS = 300_000
const LOOK_MS = 10

export const needsRedis = (contender: Contender): boolean => contender.startsWith("redis-")

/**
 * Facts are published the same way under every guard: they are left out. Holds outlive every measurement. Nothing is refused because
 * others wait: how long they wait is what is measured.
 */
const environment = ({ contender, databaseUrl, knobs = {}, redis }: Options): Readonly<Record<string, string>> => ({
  PORT: "0",
  DATABASE_URL: databaseUrl,
  INVENTORY: contender === "actors" ? contender : `single:${contender}`,
  JAEGO_LAB: "1",
  FACTS: "off",
  OVERLOAD_MODE: "off",
  HOLD_SECONDS: "86400",
  ...(needsRedis(contender) ? { REDIS_URL: redis!.url, REDIS_PREFIX: redis!.prefix } : {}),
  ...knobs,
})

const ready = async (child: Child): Promise<string> => {
  for (const end = performance.now() + START_WITHIN_MS; performance.now() < end && child.end === null; ) {
    const url = READY.exec(child.stdout)?.[1]
    if (url !== undefined) return url
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`the service does not start:\n${child.stdout}${child.stderr}`)
}

export const start = async (children: Children, options: Options): Promise<Service> => {
  const child = children.start(process.execPath, [CLI, "serve"], environment(options))
  const stop = () => {
    child.kill("SIGTERM")
    return child.ended
  }
  return { url: await ready(child), pid: child.pid, stop, kill: child.kill, ended: child.ended }
}

/** A product to sell; its id. */
export const create = async (url: string, name: string, onHand: number): Promise<string> => {
  const response = await fetch(`${url}/v1/products`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": name },
    body: JSON.stringify({ sku: name, name, price: { amount: 1_000, currency: "KRW" }, onHand }),
  })
  if (response.status !== 201) throw new Error(`no product to sell: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { readonly id: string }).id
}
