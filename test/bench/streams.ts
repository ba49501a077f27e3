/**
 * `npm run bench -- --streams`: what thousands of streams of stock cost. First the memory of those that follow a product that is not
 * bought; then the rate at which one product sells while they follow it, beside the rate without them, in alternating slices.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { median } from "../../src/std/median.ts"
import { Process, type Service, start, until } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import * as Load from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly streams: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly log: (line: string) => void
}

export interface Found {
  readonly streams: number
  /** MiB that the process holds for them. */
  readonly memory: number
  readonly rates: ReadonlyArray<readonly [without: number, withThem: number]>
}

const CROWD = fileURLToPath(new URL("./stream-crowd.ts", import.meta.url))

/** Long enough for what their opening left behind to be collected (ms). */
const REST_MS = 5_000

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024

const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS))

/** Runs `work` while so many follow the product. */
const followed = async <A>(service: Service, product: string, streams: number, work: () => Promise<A>): Promise<A> => {
  const crowd = new Process(process.execPath, [CROWD, service.url, product, String(streams)], {})
  try {
    await until("all streams are open", () => crowd.stdout.includes(`open ${streams}`), 120_000)
    return await work()
  } finally {
    crowd.signal("SIGKILL")
    await crowd.ended
    await until("all have left", async () => (await service.metric("jaego_http_streams")) === 0, 60_000)
  }
}

export const measure = async (
  scratch: Scratch,
  { bodies, contents }: Scenario,
  { rounds, seconds, streams, log, warmUpSeconds }: Options,
): Promise<Found> => {
  const template = await scratch.template(contents)
  const products = await scratch.products(template)
  const database = await scratch.copy(template)
  const service = await start({
    DATABASE_URL: scratch.urlOf(database),
    HOLD_SECONDS,
    MAX_CONNECTIONS: String(2 * streams + 1_000),
    STREAMS_MAX: String(streams),
  })
  try {
    const load = { connections: 256, bodies: bodies(products), answer: "async" } as const
    const rate = () => Load.rate(service.url, { ...load, seconds })
    await Load.put(service.url, { ...load, seconds: warmUpSeconds })
    await rest()
    const before = residentMiB(service.process.pid)
    const product = products[0]!
    const memory = await followed(service, product, streams, async () => {
      await rest()
      return residentMiB(service.process.pid) - before
    })
    log(`${streams} idle streams hold ${memory.toFixed(0)} MiB`)
    const rates: Array<readonly [number, number]> = []
    for (let round = 1; round <= rounds; round++) {
      const without = await rate()
      const withThem = await followed(service, product, streams, rate)
      rates.push([without, withThem])
      log(`round ${round}: ${without.toFixed(0)}/s without, ${withThem.toFixed(0)}/s with ${streams} streams`)
    }
    return { streams, memory, rates }
  } finally {
    await service.stop()
    await scratch.drop(database)
  }
}

export const text = ({ memory, rates, streams }: Found): string => {
  const middle = (of: 0 | 1) => median(rates.map((each) => each[of]))
  const ratio = median(rates.map(([without, withThem]) => withThem / without))
  return markdown(
    ["streams", "MiB while nothing is sold", "orders/s without", "with", "ratio"],
    [[String(streams), memory.toFixed(0), middle(0).toFixed(0), middle(1).toFixed(0), ratio.toFixed(2)]],
  )
}
