/**
 * `pg_terminate_backend` under load: of the session that commits, at each instant of a commit before and after Postgres has
 * made it durable; of the session that holds the lease; of those that read. A commit whose answer is lost is found out
 * about, and callers hear the truth; everything is connected again without help.
 */
import { until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"
import { laneOf, writes } from "./worker-death.ts"

type Moment = (stage: Stage) => Promise<void>

/** Released as if nothing had happened, or with the connection lost: to the service both are a lost answer. */
const fate = (stage: Stage) => (stage.random(2) === 0 ? "pass" : "cut")

const beforeSent: Moment = async (stage) => {
  const held = await stage.proxy.hold("asked", writes)
  await stage.entrance.terminate(held.exchange.session.pid)
  held.release(fate(stage))
  stage.faults.add("backend terminated before the commit reached it")
}

/** A lock keeps the commit from its end until the session is terminated. */
const inPostgres: Moment = async (stage) => {
  const held = await stage.proxy.hold("asked", writes)
  const { pid } = held.exchange.session
  const lock = await stage.entrance.lock(`select 1 from lanes where lane = ${laneOf(held.exchange)} for update`)
  held.release("pass")
  await until("the commit waits for the lock", () => stage.waitsForLock(pid))
  await stage.entrance.terminate(pid)
  await lock.release()
  stage.faults.add("backend terminated in the commit")
}

const afterCommit: Moment = async (stage) => {
  const held = await stage.proxy.hold("done", writes)
  await stage.entrance.terminate(held.exchange.session.pid)
  held.release(fate(stage))
  stage.faults.add("backend terminated after COMMIT, before its answer was heard")
}

/** The next commit finds a session that is no more. */
const whenIdle: Moment = async (stage) => {
  const answered = Promise.withResolvers<number>()
  stage.proxy.once(
    "answered",
    ({ session }) => {
      answered.resolve(session.pid)
      return "pass"
    },
    writes,
  )
  await stage.entrance.terminate(await answered.promise)
  stage.faults.add("backend terminated after its commit was heard of")
}

const leaseHolders = async (stage: Stage): Promise<ReadonlyArray<number>> => {
  const statement =
    "select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())"
  const rows = await stage.entrance.query<{ pid: number }>(statement)
  return rows.map(({ pid }) => pid)
}

const lease: Moment = async (stage) => {
  const [holder] = await leaseHolders(stage)
  await stage.entrance.terminate(holder!)
  await until("the lanes are taken anew", async () => (await leaseHolders(stage)).some((pid) => pid !== holder))
  stage.faults.add("backend of the lease terminated")
}

/** Sessions of the service that have not committed: one of each thread reads. */
const readers: Moment = async (stage) => {
  const ours = [...stage.proxy.sessions].filter(({ application }) => application === "jaego").map(({ pid }) => pid)
  const rows = await stage.entrance.query<{ pid: number }>(
    `select pid from pg_stat_activity where pid = any ('{${ours}}') and query not like '%jaego_commit%'`,
  )
  for (const { pid } of rows) await stage.entrance.terminate(pid)
  if (rows.length > 0) stage.faults.add("backends that read terminated")
}

const MOMENTS: ReadonlyArray<Moment> = [
  beforeSent,
  afterCommit,
  inPostgres,
  readers,
  afterCommit,
  whenIdle,
  beforeSent,
  lease,
  afterCommit,
  readers,
]

export const run = async (options: Options): Promise<Findings> => {
  const settings = { campaign: "backend-termination", databaseUrl: await options.freshDatabase() }
  return play(settings, options, async (stage) => {
    for (let round = 0; round < options.times; round++) {
      await stage.business()
      await MOMENTS[round % MOMENTS.length]!(stage)
      if (round % 20 === 19) stage.log(`${round + 1} of ${options.times} sessions terminated`)
    }
    await stage.business()
  })
}
