/**
 * Redis killed while products are read and edited: two processes that share it, readings of both compared by version with what the
 * editor was answered, and their times before it was killed, without it, and once it is back, empty.
 */
import { fileURLToPath } from "node:url"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { Process, type Service, start, until } from "../support/service.ts"
import type { Phase } from "./checked-reader.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  /** In all. */
  readonly readings: number
  readonly log: (line: string) => void
}

const READER = fileURLToPath(new URL("./checked-reader.ts", import.meta.url))
const PRODUCTS = 50
/** Connections: some of each process. */
const READERS = 32

/** Of a phase over the one before Redis was killed. */
const P99_MAX = 3

const NAMES = ["before", "without Redis", "with Redis again, empty"] as const

/** A million of them at the slowest. */
const PATIENCE_MS = 900_000

/** Null: there is no Redis on this machine. */
export const measure = async (scratch: Scratch, { readings, log }: Options): Promise<ReadonlyArray<Phase> | null> => {
  if (isMissing) return null
  const template = await scratch.template({ products: PRODUCTS, orders: 0, onHand: 1_000 })
  const products = await scratch.products(template)
  const database = await scratch.copy(template)
  const redis = await RedisServer.start()
  const services: Array<Service> = []
  try {
    const env = { DATABASE_URL: scratch.urlOf(database), REDIS_URL: redis.url }
    // The first owns the lanes, and so edits.
    while (services.length < 2) services.push(await start(env))
    const [first, other] = services.map(({ url }) => url)
    const reader = new Process(
      process.execPath,
      [READER, String(readings), String(READERS), first!, other!, ...products],
      {},
    )
    const part = (number: number) =>
      until(`part ${number} of the readings`, () => reader.stdout.includes(`part ${number}`) || reader.end, PATIENCE_MS)
    await part(1)
    reader.signalAlone("SIGUSR2")
    await redis.stop()
    log("Redis is killed")
    await part(2)
    reader.signalAlone("SIGUSR2")
    await redis.start()
    log("Redis is back")
    const { code } = await reader.ended
    if (code !== 0) throw new Error(`the readers ended with ${code}:\n${reader.stderr}`)
    return JSON.parse(reader.stdout.trim().split("\n").at(-1)!) as ReadonlyArray<Phase>
  } finally {
    for (const service of services) await service.stop()
    await redis.stop()
    await scratch.drop(database)
  }
}

export const text = (phases: ReadonlyArray<Phase>): string => {
  const before = phases[0]!.p99
  const faults = phases.flatMap(({ examples, p99, refused, wrong }, index) => [
    ...(p99 > P99_MAX * before ? [`${NAMES[index]}: p99 is ${(p99 / before).toFixed(1)} times that before`] : []),
    ...(refused > 0 ? [`${NAMES[index]}: ${refused} readings were refused`] : []),
    ...(wrong > 0 ? [`${NAMES[index]}: ${wrong} answers were wrong`, ...examples] : []),
  ])
  return [
    markdown(
      [
        "readings of products that are edited",
        "readings",
        "edits",
        "wrong",
        "oldest elsewhere ms",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "p99 of before",
      ],
      phases.map(({ edits, longest, p50, p99, readings, staleMs, wrong }, index) => [
        NAMES[index]!,
        readings.toLocaleString("en-US"),
        edits.toLocaleString("en-US"),
        wrong.toLocaleString("en-US"),
        staleMs.toFixed(0),
        ...[p50, p99, longest].map((ms) => ms.toFixed(1)),
        (p99 / before).toFixed(2),
      ]),
    ),
    ...faults.map((fault) => `ABOVE ITS BOUND: ${fault}`),
  ].join("\n")
}
