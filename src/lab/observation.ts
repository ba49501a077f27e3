/** What a load does to the database and to the machine while it lasts: counters before and after, and looks in between. */
import * as Processor from "../adapters/system/processor.ts"
import type { Databases } from "./databases.ts"

/** Per order that was placed. */
export interface Costs {
  /** Sent by the service, BEGIN and COMMIT not counted. */
  readonly statements: number
  /** Fewer than one: orders share them. */
  readonly commits: number
  /** Transactions that wrote and began again: overtaken, or chosen as a deadlock's victim. */
  readonly retries: number
  readonly walBytes: number
  /** Microseconds of processor; null: this system does not report it. */
  readonly serviceUs: number | null
  readonly postgresUs: number | null
  /** Of the time that transactions were open: the part in which they waited for another's lock, 0 to 1. */
  readonly waiting: number
}

interface Counters {
  readonly statements: number
  readonly transactions: number
  readonly walBytes: number
  readonly serviceSeconds: number | null
  readonly postgresSeconds: number | null
}

/** A transaction has a number as soon as it writes, also if it is rolled back. */
const COUNTERS = `select coalesce(sum(calls), 0)::float8 as statements,
    pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions,
    (pg_current_wal_insert_lsn() - '0/0')::float8 as "walBytes"
  from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = `

/** Open transactions, and those of them that wait for a lock: of a row, a transaction, an advisory number. */
const LOOK = `select count(*)::float8 as open, (count(*) filter (where wait_event_type = 'Lock'))::float8 as waiting
  from pg_stat_activity where state in ('active', 'idle in transaction') and datname = `

const LOOK_EVERY_MS = 50

const read = async (databases: Databases, database: string, service: number): Promise<Counters> => {
  const [row] = await databases.look(`${COUNTERS}'${database}'`)
  return {
    ...(row as unknown as Counters),
    serviceSeconds: Processor.secondsOf(service),
    postgresSeconds: Processor.secondsOf(databases.postmaster),
  }
}

/** Looks again and again until `load` has settled. */
const lockWaits = async (databases: Databases, database: string, load: Promise<unknown>): Promise<number> => {
  let isOver = false
  const over = load.then(
    () => (isOver = true),
    () => (isOver = true),
  )
  let open = 0
  let waiting = 0
  while (!isOver) {
    const [row] = await databases.look(`${LOOK}'${database}'`)
    open += Number(row!["open"])
    waiting += Number(row!["waiting"])
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))])
  }
  return open === 0 ? 0 : waiting / open
}

const microseconds = (before: number | null, after: number | null, orders: number): number | null =>
  before === null || after === null ? null : ((after - before) / orders) * 1e6

/** Of the orders that a load places, what each costs. */
export const during = async <A extends { readonly placed: number }>(
  databases: Databases,
  database: string,
  service: number,
  load: () => Promise<A>,
): Promise<readonly [A, Costs]> => {
  const before = await read(databases, database, service)
  const loading = load()
  const waiting = await lockWaits(databases, database, loading)
  const measured = await loading
  const after = await read(databases, database, service)
  const orders = Math.max(1, measured.placed)
  const each = (name: "statements" | "transactions" | "walBytes") => (after[name] - before[name]) / orders
  return [
    measured,
    {
      statements: each("statements"),
      commits: Math.min(1, each("transactions")),
      retries: Math.max(0, each("transactions") - 1),
      walBytes: each("walBytes"),
      serviceUs: microseconds(before.serviceSeconds, after.serviceSeconds, orders),
      postgresUs: microseconds(before.postgresSeconds, after.postgresSeconds, orders),
      waiting,
    },
  ]
}
