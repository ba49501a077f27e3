/**
 * Ten thousand who read one product at one moment, when it was never read and when what is cached of it has expired: how often the
 * database is asked, by its own count, in one process without Redis and in two that share one. The table is locked until all have
 * asked, so that a reading takes as long as they need.
 */
import { fileURLToPath } from "node:url"
import { PgConnection } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { Process, type Service, start, until } from "../support/service.ts"
import type { Crowd } from "./read-crowd.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly readers: number
  readonly log: (line: string) => void
}

export interface Found extends Crowd {
  readonly name: string
  readonly readers: number
  /** Statements that the database was asked. */
  readonly queries: number
}

const CROWD = fileURLToPath(new URL("./read-crowd.ts", import.meta.url))
const PRODUCTS = 100

/** Longer than a product is fresh (`app/reads/cached-catalog.ts`), ms. */
const EXPIRED_MS = 34_000

/** Of a database, of products by their id. */
const COUNT = (database: string) => `select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
  where dbid = (select oid from pg_database where datname = '${database}') and query like '%from products p where p.id = $1::uuid'`

/** While the products of a database cannot be read. */
const locked = (url: string, work: () => Promise<unknown>): Promise<void> =>
  Effect.gen(function* () {
    const connection = yield* PgConnection.make({ url: Redacted.make(url) })
    const run = (statement: string) => connection.query(statement, [], false)
    yield* run("begin")
    yield* run("lock table products in access exclusive mode")
    yield* Effect.promise(work)
    yield* run("rollback")
  }).pipe(Effect.scoped, Effect.runPromise)

const pathOf = (product: string): string => `/v1/products/${product}`

/** Processes before one database. */
interface Place {
  readonly name: string
  readonly database: string
  readonly url: string
  readonly services: ReadonlyArray<Service>
}

const crowd = async (
  scratch: Scratch,
  { database, name, services, url }: Place,
  what: string,
  product: string,
  { readers, log }: Options,
): Promise<Found> => {
  const urls = services.map(({ url }) => url)
  const child = new Process(process.execPath, [CROWD, pathOf(product), String(readers), ...urls], {})
  const count = async () => Number((await scratch.query(COUNT(database)))[0]!["calls"])
  await until("the readers are there", () => child.stdout.includes(`open ${readers}`), 120_000)
  const before = await count()
  await locked(url, () => {
    child.signalAlone("SIGUSR2")
    return until("all have asked", () => child.stdout.includes("asked"))
  })
  const { code } = await child.ended
  if (code !== 0) throw new Error(`the readers ended with ${code}:\n${child.stderr}`)
  const heard = JSON.parse(child.stdout.trim().split("\n").at(-1)!) as Crowd
  const found = { ...heard, name: `${name}, ${what}`, readers, queries: (await count()) - before }
  log(`${found.name}: ${found.queries} statements for ${readers} readers`)
  return found
}

const env = (url: string, readers: number) => ({ DATABASE_URL: url, MAX_CONNECTIONS: String(readers + 1_000) })

/** Both processes share what one of them has read: until then Redis may not be connected. */
const sharing = async ([one, other]: ReadonlyArray<Service>, products: Iterator<string>): Promise<void> => {
  await until("what one process has read is known to the other", async () => {
    const path = pathOf(products.next().value!)
    await one!.get(path)
    await other!.get(path)
    return (await other!.metric("jaego_cache_reads_total", 'from="redis"')) > 0
  })
}

export const measure = async (scratch: Scratch, options: Options): Promise<ReadonlyArray<Found>> => {
  const template = await scratch.template({ products: PRODUCTS, orders: 0, onHand: 1_000 })
  const products = (await scratch.products(template)).values()
  const place = async (name: string, processes: number, more: Readonly<Record<string, string>>): Promise<Place> => {
    const database = await scratch.copy(template)
    const url = scratch.urlOf(database)
    const services: Array<Service> = []
    while (services.length < processes) services.push(await start({ ...env(url, options.readers), ...more }))
    return { name, database, url, services }
  }
  const redis = isMissing ? null : await RedisServer.start()
  const places = [await place("one process", 1, {})]
  if (redis !== null) places.push(await place("two processes and Redis", 2, { REDIS_URL: redis.url }))
  try {
    if (redis !== null) await sharing(places[1]!.services, products)
    const [never, expiring] = [products.next().value!, products.next().value!]
    for (const { services } of places) for (const service of services) await service.get(pathOf(expiring))
    const read = performance.now()
    const found: Array<Found> = []
    for (const each of places) found.push(await crowd(scratch, each, "never read", never, options))
    await new Promise((resolve) => setTimeout(resolve, EXPIRED_MS - (performance.now() - read)))
    for (const each of places) found.push(await crowd(scratch, each, "expired", expiring, options))
    return found
  } finally {
    for (const { services } of places) for (const service of services) await service.stop()
    await redis?.stop()
  }
}

const faults = ({ name, queries, readers, statuses }: Found): ReadonlyArray<string> => [
  ...(queries > 1 ? [`${name}: ${queries} statements`] : []),
  ...(statuses["200"] === readers ? [] : [`${name}: not all readers were shown the product`]),
]

export const text = (found: ReadonlyArray<Found>): string =>
  [
    markdown(
      ["readers at once", "of a product in", "statements", "answers", "first ms", "last ms"],
      found.map(({ firstMs, lastMs, name, queries, readers, statuses }) => [
        readers.toLocaleString("en-US"),
        name,
        String(queries),
        Object.entries(statuses)
          .map(([status, count]) => `${count} x ${status}`)
          .join(", "),
        firstMs.toFixed(0),
        lastMs.toFixed(0),
      ]),
    ),
    ...found.flatMap(faults).map((fault) => `ABOVE ITS BOUND: ${fault}`),
  ].join("\n")
