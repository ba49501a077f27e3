/**
 * Faults, each on a fresh database: the service is killed while it sells, its database is far away, and one of two processes is
 * paused for longer than a lock in Redis lives. Audited like everything else.
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
  /** Orders a second without faults: how much there is to sell depends on it. */
  readonly peak: number
}

/** In the shop of which a process is paused: so many that at any time it is busy with some. */
export const PRODUCTS = 32

const ROUND_TRIP_MS = 50
const FAR_AWAY_SECONDS = 1.5

/** Until all is sold, at the slowest, seconds. */
const SELLING_SECONDS = 20

/** From its first order until it is killed, ms. */
const KILLED_AFTER_MS = 500
const ANY_ORDER = "select id from orders limit 1"
const LOOK_MS = 20
/** So many times as many units as are sold in a second. */
const UNITS_FOR_SECONDS = 1.5
const UNITS_MIN = 40

/** Longer than the lock of `redis-lock` lives (2 s), shorter than PostgreSQL waits for an idle transaction (5 s). */
const PAUSE_MS = 2_600
const BEFORE_PAUSE_MS = 1_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Stage {
  readonly database: string
  readonly start: (databaseUrl?: string) => Promise<Service.Service>
  readonly load: (load: Pick<Load.Load, "urls" | "seconds" | "products" | "untilSoldOut">) => Promise<Load.Measured>
}

let loads = 0

const onFreshDatabase = async <A>(subject: Subject, body: (stage: Stage) => Promise<A>): Promise<A> => {
  const { connections, contender, room, template } = subject
  const database = await room.databases.copy(template)
  const redis = redisOf(room, database)
  try {
    return await body({
      database,
      start: (databaseUrl = room.databases.urlOf(database)) =>
        Service.start(room.children, { contender, databaseUrl, redis }),
      load: (load) =>
        room.generators.put({
          ...{ connections, rate: null, limit: Load.UNLIMITED, lines: 1, warmUpSeconds: 0 },
          ...{ tag: `fault-${++loads}`, seed: loads },
          ...load,
        }),
    })
  } finally {
    await room.databases.drop(database)
  }
}

/** Killed in mid-sale and started again; then the rest is sold. What is still there afterwards will never be. */
const killed = (subject: Subject): Promise<FaultsOf["killed"]> =>
  onFreshDatabase(subject, async ({ database, load, start }) => {
    const first = await start()
    const units = Math.max(UNITS_MIN, Math.round(subject.peak * UNITS_FOR_SECONDS))
    const product = await Service.create(first.url, "KILLED", units)
    let isOver = false
    const selling = load({ urls: [first.url], seconds: KILLED_AFTER_MS / 1_000 + 0.2, products: [product] }).finally(
      () => {
        isOver = true
      },
    )
    const hasSold = async () => (await subject.room.databases.query(ANY_ORDER, database)).length > 0
    while (!isOver && !(await hasSold())) await pause(LOOK_MS)
    await pause(KILLED_AFTER_MS)
    first.kill("SIGKILL")
    await Promise.all([first.ended, selling])
    const second = await start()
    const rest = { urls: [second.url], seconds: SELLING_SECONDS, products: [product], untilSoldOut: true }
    const { statuses } = await load(rest)
    await second.stop()
    const { duplicates, lostUpdates, oversold, stuckHolds, unsold } = await Audit.take(
      subject.room.databases,
      database,
      [product],
    )
    return { units, isSoldOut: (statuses["409"] ?? 0) > 0, unsold, oversold, lostUpdates, duplicates, stuckHolds }
  })

/**
 * Of two processes the first is far from its database, and then is paused: so that it is paused between reading and writing.
 * Owners: the second stands by.
 */
const farAwayAndPaused = (subject: Subject): Promise<Pick<FaultsOf, "farAway" | "paused">> =>
  onFreshDatabase(subject, async ({ database, load, start }) => {
    const { contender, room } = subject
    const line = await SlowLine.open(room.databases.urlOf(database), ROUND_TRIP_MS)
    try {
      const services = [await start(line.url), await start()]
      const urls = services.map(({ url }) => url)
      room.told(`${contender}: a database ${ROUND_TRIP_MS} ms away`)
      const one = { urls: urls.slice(0, 1), seconds: FAR_AWAY_SECONDS, products: subject.products.slice(0, 1) }
      const { p99, perSecond } = await load(one)
      room.told(`${contender}: one of two processes paused for ${PAUSE_MS} ms`)
      const selling = load({ urls, seconds: (2 * BEFORE_PAUSE_MS + PAUSE_MS) / 1_000, products: subject.products })
      await pause(BEFORE_PAUSE_MS)
      services[0]!.kill("SIGSTOP")
      await pause(PAUSE_MS)
      services[0]!.kill("SIGCONT")
      const { silenceMs } = await selling
      await Promise.all(services.map(({ stop }) => stop()))
      const { duplicates, lostUpdates, oversold } = await Audit.take(room.databases, database)
      return {
        farAway: { roundTripMs: ROUND_TRIP_MS, ordersPerSecond: perSecond, p99 },
        paused: { pausedMs: PAUSE_MS, silenceMs, lostUpdates, oversold, duplicates },
      }
    } finally {
      await line.close()
    }
  })

export const take = async (subject: Subject): Promise<FaultsOf> => {
  const { contender, room } = subject
  room.told(`${contender}: killed in mid-sale`)
  return { contender, killed: await killed(subject), ...(await farAwayAndPaused(subject)) }
}
