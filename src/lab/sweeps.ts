/**
 * Why throughput is what it is: one thing is changed at a time (connections, products, workers, decisions a commit, orders there are)
 * and everything else is left as it was.
 */
import type { Words } from "./guards.ts"
import type { Cell, Point, Sweep } from "./report.ts"
import type { Room } from "./room.ts"
import { loadOf } from "./rounds.ts"
import type { Contender } from "./service.ts"
import * as Stand from "./stand.ts"

const CONNECTIONS = [1, 4, 16, 64, 256, 512]
const PRODUCTS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const WORKERS = [1, 2, 3, 4, 8]
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
const ORDERS = [0, 10_000, 100_000, 1_000_000]

/** At which the others are measured. */
const MANY_CONNECTIONS = 256
/** So many that two orders seldom meet. */
const MANY_PRODUCTS = 10_000
/** In the shop with a past. */
const PAST_PRODUCTS = 1_000

/** Owners, and the three ways that most shops choose among. */
const COMPARED: ReadonlyArray<Contender> = ["actors", "atomic", "optimistic", "pessimistic"]

const PLENTY = 1_000_000_000

/** Of a service that has just been started, seconds. */
const WARM_UP_SECONDS = 0.6

interface Shop {
  readonly template: string
  readonly products: ReadonlyArray<string>
  /** Of each load. */
  readonly seconds: number
}

interface Subject extends Shop {
  readonly room: Room
  readonly sweep: Sweep
}

const nameOf = (contender: Contender): Words => ({ en: contender, ko: contender })

const productsName = (count: number): Words => ({
  en: `${count.toLocaleString("en-US")} product${count === 1 ? "" : "s"}`,
  ko: `상품 ${count.toLocaleString("en-US")}개`,
})

interface Asked {
  readonly stand: Stand.Stand
  readonly cell: Omit<Cell, "lines">
  readonly series: Words
  readonly at: number
}

const point = async (
  { products, room, seconds, sweep }: Subject,
  { at, cell, series, stand }: Asked,
): Promise<Point> => {
  room.log(`${sweep}: ${series.en}, ${at.toLocaleString("en-US")}`)
  const load = loadOf(stand.service, { ...cell, lines: 1 }, products, seconds)
  const { p50, p99, perSecond } = await room.generators.put(load)
  return { sweep, series, at, measured: { perSecond, p50, p99 } }
}

/** A service on a database, as long as it is measured. `isCopy`: of its own, and dropped. */
const during = async (
  { products, room }: Subject,
  { database, setting }: { readonly database: string; readonly setting: Omit<Stand.Setting, "template"> },
  measure: (stand: Stand.Stand) => Promise<ReadonlyArray<Point>>,
): Promise<ReadonlyArray<Point>> => {
  const stand = await Stand.on(room, database, setting)
  const first = loadOf(
    stand.service,
    { products: products.length, connections: 64, lines: 1 },
    products,
    WARM_UP_SECONDS,
  )
  await room.generators.put(first)
  const points = await measure(stand)
  await Stand.close([stand])
  return points
}

const onCopy = async (
  subject: Subject,
  setting: Omit<Stand.Setting, "template">,
  measure: (stand: Stand.Stand) => Promise<ReadonlyArray<Point>>,
): Promise<ReadonlyArray<Point>> => {
  const { databases } = subject.room
  const database = await databases.copy(subject.template)
  try {
    return await during(subject, { database, setting }, measure)
  } finally {
    await databases.drop(database)
  }
}

/** One after the other. */
const inTurn = async <A, B>(all: ReadonlyArray<A>, each: (one: A) => Promise<B>): Promise<ReadonlyArray<B>> =>
  Stand.together(all, 1, each)

const byConnections = async (subject: Subject) => {
  const found = await inTurn(COMPARED, (contender) =>
    onCopy(subject, { contender }, (stand) =>
      inTurn(CONNECTIONS, (connections) => {
        const cell = { products: 1, connections }
        return point(subject, { stand, cell, series: nameOf(contender), at: connections })
      }),
    ),
  )
  return found.flat()
}

/** All guards on one database: a copy of a million products takes longer than what is measured. */
const byProducts = async (subject: Subject) => {
  const { room } = subject
  const most = Math.max(...PRODUCTS)
  room.log(`products: making ${most.toLocaleString("en-US")}`)
  const database = await room.databases.template({ products: most, orders: 0, onHand: PLENTY })
  const million: Subject = { ...subject, products: await room.databases.products(database) }
  const found = await inTurn(COMPARED, async (contender) => {
    await room.databases.flush()
    return during(million, { database, setting: { contender } }, (stand) =>
      inTurn(PRODUCTS, (products) => {
        const cell = { products, connections: MANY_CONNECTIONS }
        return point(million, { stand, cell, series: nameOf(contender), at: products })
      }),
    )
  })
  return found.flat()
}

/** Owners, on one product and on many. */
const ofOwners = (subject: Subject, at: number, knobs: Readonly<Record<string, string>>) =>
  onCopy(subject, { contender: "actors", knobs }, (stand) =>
    inTurn([1, MANY_PRODUCTS], (products) => {
      const cell = { products, connections: MANY_CONNECTIONS }
      return point(subject, { stand, cell, series: productsName(products), at })
    }),
  )

const byWorkers = async (subject: Subject) =>
  (await inTurn(WORKERS, (workers) => ofOwners(subject, workers, { WORKERS: String(workers) }))).flat()

const byBatch = async (subject: Subject) =>
  (await inTurn(BATCHES, (batch) => ofOwners(subject, batch, { BATCH_SIZE_MAX: String(batch) }))).flat()

const byTable = async (subject: Subject) => {
  const { room } = subject
  const found = await inTurn(ORDERS, async (orders) => {
    room.log(`table: writing a past of ${orders.toLocaleString("en-US")} orders`)
    const template = await room.databases.template({ products: PAST_PRODUCTS, orders, onHand: PLENTY })
    const old: Subject = { ...subject, template, products: await room.databases.products(template) }
    await room.databases.flush()
    return inTurn(["actors", "atomic"] as const, (contender) =>
      during(old, { database: template, setting: { contender } }, async (stand) => {
        const cell = { products: PAST_PRODUCTS, connections: MANY_CONNECTIONS }
        return [await point(old, { stand, cell, series: nameOf(contender), at: orders })]
      }),
    )
  })
  return found.flat(2)
}

const TAKEN: Readonly<Record<Sweep, (subject: Subject) => Promise<ReadonlyArray<Point>>>> = {
  connections: byConnections,
  products: byProducts,
  workers: byWorkers,
  batch: byBatch,
  table: byTable,
}

/** `shop`: its template has MANY_PRODUCTS or more. */
export const run = async (room: Room, sweeps: ReadonlyArray<Sweep>, shop: Shop): Promise<ReadonlyArray<Point>> =>
  (await inTurn(sweeps, (sweep) => TAKEN[sweep]({ ...shop, room, sweep }))).flat()

export const MOST_PRODUCTS = MANY_PRODUCTS
