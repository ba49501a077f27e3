/**
 * A run of the lab: rounds in which every contender has its turn, each with a fresh database and a fresh service, so that what the
 * machine does meanwhile falls on all of them.
 *
 * Law: every database is audited after its service has ended.
 */
import { cpus, release, totalmem, type } from "node:os"
import * as Audit from "./audit.ts"
import * as Faults from "./faults.ts"
import * as Load from "./load.ts"
import * as Observation from "./observation.ts"
import type { AuditOf, Cell, Crowd, FaultsOf, Machine, Measurement, Options, Report } from "./report.ts"
import type { Room } from "./room.ts"
import * as Service from "./service.ts"

/** So many units that nothing runs out, however fast it is sold. */
const PLENTY = 1_000_000_000

/** Before a cell is measured: connections are opened, code is compiled, seconds. */
const WARM_UP_SECONDS = 0.4

/** Buyers of one product at once, and units there are. */
const CROWD = { buyers: 400, units: 50 }

/** Orders of two products, named in any order, from few: what deadlocks are made of. */
const CROSSED = { products: 8, lines: 2 }

/**
 * One product at every number of connections, every number of products at the most connections, and orders of two products: the
 * edges of the table, not all of it.
 */
export const cellsOf = ({ connections, products }: Options): ReadonlyArray<Cell> => {
  const most = Math.max(...connections)
  const least = Math.min(...products)
  return [
    ...connections.map((each) => ({ products: least, connections: each, lines: 1 })),
    ...products.filter((each) => each !== least).map((each) => ({ products: each, connections: most, lines: 1 })),
    { ...CROSSED, connections: Math.min(...connections) },
  ]
}

interface Turn {
  readonly room: Room
  readonly options: Options
  readonly contender: Service.Contender
  readonly round: number
  readonly template: string
  readonly products: ReadonlyArray<string>
}

let loads = 0

const loadOf = ({ products }: Turn, { url }: Service.Service, cell: Cell, seconds: number, rate: number | null) => ({
  urls: [url],
  connections: cell.connections,
  seconds,
  rate,
  limit: Load.UNLIMITED,
  products: products.slice(0, cell.products),
  lines: cell.lines,
  tag: `load-${++loads}`,
  seed: loads,
})

/** The peak (closed model), and then, at the most connections, latencies at a part of it (open model). */
const measure = async (turn: Turn, database: string, service: Service.Service, cell: Cell) => {
  const { contender, options, room, round } = turn
  await Load.put(room.children, loadOf(turn, service, cell, WARM_UP_SECONDS, null))
  const one = async (offered: number | null): Promise<Measurement> => {
    const load = loadOf(turn, service, cell, options.seconds, offered)
    const put = () => Load.put(room.children, load)
    const [measured, costs] = await Observation.during(room.databases, database, service.pid, put)
    return { ...cell, contender, round, offered, measured, costs }
  }
  const closed = await one(null)
  const peak = closed.measured.perSecond
  const isMost = cell.lines === 1 && cell.connections === Math.max(...options.connections)
  return peak < 1 || !isMost ? [closed] : [closed, await one(Math.max(1, peak * options.rate))]
}

/** All buyers at once, for few units, again and again; the products they came for. */
const crowd = async ({ contender, options, room }: Turn, { url }: Service.Service): Promise<ReadonlyArray<string>> => {
  const products: Array<string> = []
  for (let run = 1; run <= options.oversell; run++) {
    room.told(`${contender}: ${CROWD.buyers} buyers for ${CROWD.units} units, ${run} of ${options.oversell}`)
    const product = await Service.create(url, `CROWD-${run}`, CROWD.units)
    products.push(product)
    const limits = { limit: CROWD.buyers, connections: CROWD.buyers, seconds: 20, rate: null }
    await Load.put(room.children, {
      urls: [url],
      ...limits,
      products: [product],
      lines: 1,
      tag: `crowd-${run}`,
      seed: run,
    })
  }
  return products
}

const judge = async ({ contender, room }: Turn, database: string, products: ReadonlyArray<string>): Promise<Crowd> => {
  let oversoldRuns = 0
  let oversoldUnits = 0
  for (const product of products) {
    const { oversold } = await Audit.take(room.databases, database, [product])
    oversoldUnits += oversold
    if (oversold > 0) oversoldRuns++
  }
  return { contender, ...CROWD, runs: products.length, oversoldRuns, oversoldUnits }
}

const take = async (turn: Turn) => {
  const { contender, options, room, round, template } = turn
  const database = await room.databases.copy(template)
  try {
    const redis = room.redisUrl === null ? null : { url: room.redisUrl, prefix: `lab:${database}:` }
    const databaseUrl = room.databases.urlOf(database)
    const service = await Service.start(room.children, { contender, databaseUrl, redis })
    const measurements: Array<Measurement> = []
    for (const cell of cellsOf(options)) {
      const shop = `${cell.products} product${cell.products === 1 ? "" : "s"}, ${cell.connections} connections`
      room.told(`round ${round} of ${options.rounds}: ${contender}, ${shop}`)
      measurements.push(...(await measure(turn, database, service, cell)))
    }
    const crowded = round === 1 ? await crowd(turn, service) : []
    await service.stop()
    const audit: AuditOf = { contender, round, ...(await Audit.take(room.databases, database)) }
    return { measurements, audit, crowds: crowded.length > 0 ? [await judge(turn, database, crowded)] : [] }
  } finally {
    await room.databases.drop(database)
  }
}

const machineOf = async ({ databases }: Room): Promise<Machine> => {
  const [row] = await databases.query("show server_version")
  const all = cpus()
  return {
    processors: all.length,
    model: all[0]?.model ?? "unknown",
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    postgres: String(row!["server_version"]),
  }
}

/** In another order each round. */
const rotated = <A>(all: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  all.map((_, index) => all[(index + by) % all.length]!)

/** On one product. */
const peakOf = (
  measurements: ReadonlyArray<Measurement>,
  contender: Service.Contender,
  connections: number,
): number => {
  const hot = measurements.find((each) => each.contender === contender && each.connections === connections)
  return hot === undefined ? 0 : hot.measured.perSecond
}

export const run = async (room: Room, options: Options): Promise<Report> => {
  const begun = performance.now()
  const left = options.guards
    .filter((each) => Service.needsRedis(each) && room.redisUrl === null)
    .map((each) => `${each}: there is no redis-server on this machine, and no REDIS_URL`)
  const contenders = options.guards.filter((each) => !Service.needsRedis(each) || room.redisUrl !== null)
  room.told("filling a database")
  const template = await room.databases.template({
    products: Math.max(Faults.PRODUCTS, ...options.products),
    orders: 0,
    onHand: PLENTY,
  })
  const products = await room.databases.products(template)
  const measurements: Array<Measurement> = []
  const audits: Array<AuditOf> = []
  const crowds: Array<Crowd> = []
  const faults: Array<FaultsOf> = []
  for (let round = 1; round <= options.rounds; round++)
    for (const contender of rotated(contenders, round - 1)) {
      const found = await take({ room, options, contender, round, template, products })
      measurements.push(...found.measurements)
      audits.push(found.audit)
      crowds.push(...found.crowds)
    }
  const connections = Math.max(...options.connections)
  for (const contender of options.faults ? contenders : []) {
    const peak = peakOf(measurements, contender, connections)
    const subject = { room, contender, template, products: products.slice(0, Faults.PRODUCTS), connections, peak }
    faults.push(await Faults.take(subject, options.seconds))
  }
  const machine = await machineOf(room)
  const tookSeconds = (performance.now() - begun) / 1_000
  return { at: new Date().toISOString(), tookSeconds, machine, options, measurements, crowds, audits, faults, left }
}
