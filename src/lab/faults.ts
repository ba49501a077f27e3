/**
 * Faults, on one database and two processes, of which the second stands by: half of the first's connections are paused in mid-sale for
 * longer than a lock in Redis lives, then its database is far away, then it is killed while it sells. Audited like everything else.
 */
import * as Audit from "./audit.ts"
import * as Load from "./load.ts"
import type { FaultsOf } from "./report.ts"
import type { Room } from "./room.ts"
import * as Service from "./service.ts"
import * as SlowLine from "./slow-line.ts"
import { redisOf } from "./stand.ts"

export interface Subject {
  readonly room: Room
  readonly contender: Service.Contender
  readonly template: string
  /** PRODUCTS that never run out. */
  readonly products: ReadonlyArray<string>
  readonly connections: number
}

/** In the shop of which connections are paused: so many that at any time each is busy with some. */
export const PRODUCTS = 32

const ROUND_TRIP_MS = 50
const FAR_AWAY_SECONDS = 1.5

/** Longer than the lock of `redis-lock` lives (2 s), shorter than PostgreSQL waits for an idle transaction (5 s). */
const PAUSE_MS = 2_600
/** From the first order; over the slow line orders are then under way. */
const BEFORE_PAUSE_MS = 700
/** Enough for each connection to have an order under way; the processors are shared with other guards. */
const BUYERS_WHILE_PAUSED = 64

/** Of the load that says how much there is to sell. */
const RATE_SECONDS = 0.4
const UNITS_MIN = 40
/** Of its units sold, when it is killed: it is in the midst of it. */
const KILLED_AT = 0.3
/** At most; without a guard it never ends. */
const SELLING_SECONDS = 5
/** Nothing was sold for so long: nothing will be. */
const OVER_AFTER_MS = 2_500
/** For orders that were given up and still wait in a process, seconds. */
const PATIENCE_SECONDS = 10
const LOOK_MS = 20

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Stage extends Subject {
  readonly database: string
  readonly line: SlowLine.SlowLine
  /** The first, over the line, and the second. */
  readonly services: readonly [Service.Service, Service.Service]
  readonly load: (load: Pick<Load.Load, "urls" | "seconds" | "products"> & Partial<Load.Load>) => Promise<Load.Measured>
}

let loads = 0

/** Looks until a statement finds so many, or the load is over. */
const untilFound = async (stage: Stage, counting: string, least: number, load: Promise<unknown>): Promise<void> => {
  let isOver = false
  const over = load.finally(() => {
    isOver = true
  })
  const isFound = async () => {
    const [row] = await stage.room.databases.query(counting, stage.database)
    return Number(row!["count"]) >= least
  }
  while (!isOver && !(await isFound())) await Promise.race([over, pause(LOOK_MS)])
}

/**
 * Holders are paused between reading and writing: the database is far away, and then says nothing to every other connection. The
 * longest silence.
 */
const paused = async (stage: Stage): Promise<number> => {
  const { line, load, products, services } = stage
  line.setRoundTrip(ROUND_TRIP_MS)
  const selling = load({
    urls: [services[0].url],
    connections: BUYERS_WHILE_PAUSED,
    seconds: (BEFORE_PAUSE_MS + PAUSE_MS) / 1_000,
    products: products.slice(1),
  })
  await untilFound(stage, "select count(*) from (select from orders limit 1) first", 1, selling)
  await pause(BEFORE_PAUSE_MS)
  line.hold()
  await pause(PAUSE_MS)
  line.release()
  return (await selling).silenceMs
}

const farAway = async ({ line, load, products, services: [first] }: Stage): Promise<FaultsOf["farAway"]> => {
  const one = { urls: [first.url], products: products.slice(0, 1) }
  const { p99, perSecond } = await load({ ...one, seconds: FAR_AWAY_SECONDS, drainSeconds: 0 })
  line.setRoundTrip(0)
  // Its turn comes after those that were given up.
  await load({ ...one, connections: 1, limit: 1, seconds: PATIENCE_SECONDS })
  return { roundTripMs: ROUND_TRIP_MS, seconds: FAR_AWAY_SECONDS, ordersPerSecond: perSecond, p99 }
}

const isReady = async ({ url }: Service.Service): Promise<boolean> => {
  const { ok } = await fetch(`${url}/readyz`)
  return ok
}

/** The second sells the rest. What is still there afterwards will never be sold. */
const killed = async (stage: Stage) => {
  const { load, products, services } = stage
  const [first, second] = services
  const urls = [first.url]
  const { perSecond } = await load({ urls, seconds: RATE_SECONDS, products: products.slice(0, 1) })
  const units = Math.max(UNITS_MIN, Math.round(perSecond))
  const product = await Service.create(first.url, "KILLED", units)
  const selling = load({ urls, seconds: SELLING_SECONDS, products: [product], untilLost: true })
  await untilFound(
    stage,
    `select count(*) from holds where product_id = '${product}'`,
    Math.ceil(units * KILLED_AT),
    selling,
  )
  first.kill("SIGKILL")
  await Promise.all([first.ended, selling])
  while (!(await isReady(second))) await pause(LOOK_MS)
  const rest = { urls: [second.url], seconds: SELLING_SECONDS, products: [product], untilSoldOut: true }
  const { isSoldOut, silenceMs } = await load(rest)
  // A counter beside the database refuses without knowing that it is sold out.
  return { product, units, isSoldOut: isSoldOut || silenceMs >= OVER_AFTER_MS }
}

const onFreshDatabase = async <A>(subject: Subject, body: (stage: Stage) => Promise<A>): Promise<A> => {
  const { connections, contender, room, template } = subject
  const database = await room.databases.copy(template)
  const redis = redisOf(room, database)
  const line = await SlowLine.open(room.databases.urlOf(database), 0)
  const start = (databaseUrl: string) => Service.start(room.children, { contender, databaseUrl, redis })
  try {
    // The first is the owner.
    const services = [await start(line.url), await start(room.databases.urlOf(database))] as const
    const load: Stage["load"] = (load) =>
      room.generators.put({
        ...{ connections, rate: null, limit: Load.UNLIMITED, lines: 1, warmUpSeconds: 0 },
        ...{ tag: `fault-${++loads}`, seed: loads },
        ...load,
      })
    return await body({ ...subject, database, line, services, load })
  } finally {
    await line.close()
    await room.databases.drop(database)
  }
}

export const take = (subject: Subject): Promise<FaultsOf> =>
  onFreshDatabase(subject, async (stage) => {
    const { contender, database, products, room, services } = stage
    room.log(`${contender}: half of its connections paused for ${PAUSE_MS} ms`)
    const silenceMs = await paused(stage)
    room.log(`${contender}: a database ${ROUND_TRIP_MS} ms away`)
    const far = await farAway(stage)
    room.log(`${contender}: killed in mid-sale`)
    const { isSoldOut, product, units } = await killed(stage)
    await services[1].stop()
    const { duplicates, lostUpdates, oversold } = await Audit.take(room.databases, database, products.slice(1))
    const rest = await Audit.take(room.databases, database, [product])
    return {
      contender,
      killed: {
        ...{ units, isSoldOut, unsold: rest.unsold, oversold: rest.oversold, lostUpdates: rest.lostUpdates },
        ...{ duplicates: rest.duplicates, stuckHolds: rest.stuckHolds },
      },
      farAway: far,
      paused: { pausedMs: PAUSE_MS, silenceMs, lostUpdates, oversold, duplicates },
    }
  })
