/**
 * `npm run bench -- --large`: a million products and five million orders beside ten thousand products and none. How soon it
 * is ready, what a product in memory weighs, how fast it sells, and what a page of its lists costs.
 *
 * These databases are too large to be copied for every measurement: each is filled once and sold from, round after round.
 */
import { Agent, get } from "node:http"
import * as Processor from "../../src/adapters/system/processor.ts"
import { median } from "../../src/std/median.ts"
import * as Contenders from "./contenders.ts"
import * as Lists from "./lists.ts"
import * as Load from "./load.ts"
import { singles } from "./scenarios.ts"
import type { Contents, Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Size {
  readonly products: number
  readonly orders: number
}

export interface Options extends Size {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly verify: boolean
  readonly log: (line: string) => void
}

const SMALL = 10_000
const PLENTY = 1_000_000_000
const CONNECTIONS = 256

/** Enough that most products of a round were never touched before. */
const REQUESTS = 200_000

/** Readers at a time while every product is touched. */
const READERS = 64

/** Fewer orders have no page that is far. */
const LISTED_MIN = 1_000

interface Filled {
  readonly name: string
  readonly database: string
  readonly products: ReadonlyArray<string>
  readonly fillSeconds: number
  readonly bytes: number
}

interface Round {
  readonly startMs: number
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

export interface Report {
  readonly name: string
  readonly fillSeconds: number
  readonly bytes: number
  readonly rounds: ReadonlyArray<Round>
}

export interface Weight {
  /** Bytes a product in memory takes: live objects, and resident memory of the process. */
  readonly live: number
  readonly resident: number | null
  /** Answers a second once all of them are in memory. */
  readonly rate: number
  readonly p99: number
}

const named = ({ orders, products }: Size): string =>
  `${products.toLocaleString("en-US")} products, ${orders === 0 ? "no" : orders.toLocaleString("en-US")} orders`

const fill = async (scratch: Scratch, size: Size, { log }: Options): Promise<Filled> => {
  const begun = performance.now()
  const contents: Contents = { ...size, onHand: PLENTY }
  const database = await scratch.template(contents, (stage) => log(`${named(size)}: ${stage}`))
  const fillSeconds = (performance.now() - begun) / 1_000
  const [row] = await scratch.query(`select pg_database_size('${database}')::float8 as bytes`)
  const bytes = Number(row!["bytes"])
  log(`${named(size)}: filled in ${fillSeconds.toFixed(0)} s, ${(bytes / 2 ** 30).toFixed(1)} GiB`)
  return { name: named(size), database, products: await scratch.products(database), fillSeconds, bytes }
}

const bodiesOf = ({ products }: Filled) => singles("later", REQUESTS)(products)

const sell = async (url: string, filled: Filled, { seconds, warmUpSeconds }: Options): Promise<Load.Measured> => {
  const load = { connections: CONNECTIONS, answer: "wait", bodies: bodiesOf(filled) } as const
  await Load.put(url, { ...load, seconds: warmUpSeconds })
  const measured = await Load.put(url, { ...load, seconds })
  if (measured.refused + measured.broken > 0)
    throw new Error(`${filled.name}: ${measured.refused} refused, ${measured.broken} broken`)
  return measured
}

const rateOf = ({ answers, seconds }: Load.Measured): number => answers / seconds

const round = async (scratch: Scratch, filled: Filled, options: Options): Promise<Round> => {
  await scratch.query("checkpoint")
  const service = await Contenders.start("jaego", scratch.urlOf(filled.database), null)
  const measured = await sell(service.url, filled, options)
  await service.stop()
  return { startMs: service.startMs, rate: rateOf(measured), p50: measured.p50, p99: measured.p99 }
}

/** Reads the stock of every product once. */
const touch = async (url: string, products: ReadonlyArray<string>): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: READERS })
  const read = (id: string) =>
    new Promise<void>((resolve, reject) => {
      get(`${url}/v1/products/${id}/stock`, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`a stock was answered with ${response.statusCode}`))
        response.resume().once("end", resolve)
      }).once("error", reject)
    })
  let next = 0
  const reader = async () => {
    while (next < products.length) await read(products[next++]!)
  }
  await Promise.all(Array.from({ length: READERS }, reader))
  agent.destroy()
}

/** Of the largest, on a service that has nothing else to do. */
const list = async (scratch: Scratch, { database }: Filled, orders: number): Promise<Lists.Listed | null> => {
  if (orders < LISTED_MIN) return null
  const service = await Contenders.start("jaego", scratch.urlOf(database), null)
  const listed = await Lists.measure(scratch.urlOf(database), service.url, orders)
  await service.stop()
  return listed
}

/** What all products but the first few weigh: those few are touched before, so that code and caches are there. */
const weigh = async (scratch: Scratch, filled: Filled, options: Options): Promise<Weight> => {
  const service = await Contenders.start("jaego", scratch.urlOf(filled.database), null, "memory")
  const some = Math.min(SMALL, Math.floor(filled.products.length / 10))
  await touch(service.url, filled.products.slice(0, some))
  const liveBefore = await service.liveBytes()
  const residentBefore = Processor.residentBytes(service.pid)
  await touch(service.url, filled.products.slice(some))
  const added = filled.products.length - some
  const live = ((await service.liveBytes()) - liveBefore) / added
  const residentAfter = Processor.residentBytes(service.pid)
  const resident = residentBefore === null || residentAfter === null ? null : (residentAfter - residentBefore) / added
  const measured = await sell(service.url, filled, options)
  await service.stop()
  return { live, resident, rate: rateOf(measured), p99: measured.p99 }
}

export const measure = async (scratch: Scratch, options: Options) => {
  const { orders, products, rounds, log, verify } = options
  const sizes = [
    { products: SMALL, orders: 0 },
    { products, orders: 0 },
    { products, orders },
  ]
  const databases: Array<Filled> = []
  for (const size of sizes) databases.push(await fill(scratch, size, options))
  const taken = new Map(databases.map((each) => [each.name, [] as Array<Round>]))
  for (let number = 1; number <= rounds; number++)
    for (const filled of databases) {
      const one = await round(scratch, filled, options)
      taken.get(filled.name)!.push(one)
      log(`round ${number} ${filled.name}: ready in ${one.startMs.toFixed(0)} ms, ${one.rate.toFixed(0)}/s`)
    }
  const weight = await weigh(scratch, databases[1]!, options)
  if (verify)
    for (const { database, name } of databases) {
      const begun = performance.now()
      await scratch.prove(database)
      log(`${name}: verified in ${((performance.now() - begun) / 1_000).toFixed(0)} s`)
    }
  const reports = databases.map(
    ({ bytes, fillSeconds, name }): Report => ({ name, fillSeconds, bytes, rounds: taken.get(name)! }),
  )
  return { reports, weight, listed: await list(scratch, databases[2]!, orders) }
}

const over = ({ rounds }: Report, of: (round: Round) => number): number => median(rounds.map(of))

export const text = ({ listed, reports, weight }: Awaited<ReturnType<typeof measure>>): string => {
  const [small, many] = reports.map((report) => over(report, ({ rate }) => rate))
  const head = [
    "database",
    "GiB",
    "filled in s",
    "ready in ms",
    "answers/s",
    "p50 ms",
    "p99 ms",
    "of 10,000",
    "of no orders",
  ]
  const body = reports.map((report, index) => {
    const rate = over(report, (round) => round.rate)
    return [
      report.name,
      (report.bytes / 2 ** 30).toFixed(1),
      report.fillSeconds.toFixed(0),
      over(report, ({ startMs }) => startMs).toFixed(0),
      rate.toFixed(0),
      over(report, ({ p50 }) => p50).toFixed(1),
      over(report, ({ p99 }) => p99).toFixed(1),
      index === 0 ? "" : (rate / small!).toFixed(2),
      index < 2 ? "" : (rate / many!).toFixed(2),
    ]
  })
  const resident = weight.resident === null ? "" : ` (${weight.resident.toFixed(0)} resident)`
  return [
    markdown(head, body),
    "",
    `a product in memory: ${weight.live.toFixed(0)} bytes${resident}`,
    `with all of them in memory: ${weight.rate.toFixed(0)}/s, ${(weight.rate / small!).toFixed(2)} of 10,000 products, p99 ${weight.p99.toFixed(1)} ms`,
    ...(listed === null ? [] : ["", Lists.text(listed)]),
  ].join("\n")
}
