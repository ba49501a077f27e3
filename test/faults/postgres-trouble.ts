/**
 * A Postgres that is in trouble under load: restarted, crashed, read-only, too slow, its disk full. Meanwhile callers hear
 * 503 or the truth; when the trouble is over the service goes on by itself.
 *
 * It is a Postgres of the campaign's own. The tables lie on a small file system of their own, where one may be mounted.
 */

import { freshFolder, mountSmallDisk, OwnPostgres, type Shutdown, type SmallDisk } from "../support/own-postgres.ts"
import { until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"
import { writes } from "./worker-death.ts"

/** Holds the tables of some thousand orders, megabytes. */
const DISK_MB = 96

interface Scene {
  readonly stage: Stage
  readonly postgres: OwnPostgres
  readonly disk: SmallDisk | null
}

type Trouble = (scene: Scene) => Promise<void>

const restart =
  (how: Shutdown): Trouble =>
  async ({ stage, postgres }) => {
    await postgres.stop(how)
    // The first hear of it at once; those whose commit is unknown only after some seconds.
    await stage.turnedAway(stage.random(2) === 0 ? 3 : 12)
    await postgres.start()
    stage.faults.add(`Postgres restarted, ${how}`)
  }

const set = async (postgres: OwnPostgres, setting: string): Promise<void> => {
  await postgres.query(`alter system ${setting}`)
  await postgres.query("select pg_reload_conf()")
}

/** Until Postgres has answered a commit with this SQLSTATE. */
const refused = (stage: Stage, state: string): Promise<unknown> => {
  const before = stage.proxy.answers[state] ?? 0
  return until(`a commit is answered with ${state}`, () => (stage.proxy.answers[state] ?? 0) > before)
}

const readOnly: Trouble = async ({ stage, postgres }) => {
  const seen = refused(stage, "25006")
  await set(postgres, "set default_transaction_read_only = on")
  await seen
  await stage.turnedAway(10, "database")
  await set(postgres, "reset default_transaction_read_only")
  stage.faults.add("Postgres read-only")
}

const shop = (postgres: OwnPostgres, setting: string) => postgres.query(`alter database shop ${setting}`)

/** Sessions keep what they began with: the next one that writes is made while the database is read-only. */
const readOnlySession: Trouble = async ({ stage, postgres }) => {
  await shop(postgres, "set default_transaction_read_only = on")
  const held = await stage.proxy.hold("done", writes)
  await stage.entrance.terminate(held.exchange.session.pid)
  held.release("cut")
  await stage.turnedAway(10, "database")
  await shop(postgres, "reset default_transaction_read_only")
  stage.faults.add("a session read-only")
}

/** The lease cannot be taken: the service says that it is not ready, and why. */
const readOnlyAtTakeover: Trouble = async ({ stage, postgres }) => {
  await shop(postgres, "set default_transaction_read_only = on")
  for (const { pid } of stage.proxy.sessions) await stage.entrance.terminate(pid)
  await until("it is not ready because of the database", async () => {
    const { body, status } = await stage.service.get("/readyz")
    return status === 503 && body.code === "database"
  })
  await shop(postgres, "reset default_transaction_read_only")
  stage.faults.add("Postgres read-only when the lease was lost")
}

const ALL_LANES = "select 1 from lanes for update"

/** The service's own limit of 5 s for a statement. */
const statementTimeout: Trouble = async ({ stage }) => {
  const seen = refused(stage, "57014")
  const lock = await stage.entrance.lock(ALL_LANES)
  await seen
  await lock.release()
  stage.faults.add("statement timeout behind a lock")
}

const LONG_WAITS = `
  select 1 from pg_stat_activity
  where wait_event_type = 'Lock' and query like '%jaego_commit%' and query_start < clock_timestamp() - interval '250 ms'`

/** The server's, which our sessions overrule: who waits behind a lock goes on waiting, and is served when it is free. */
const lockTimeout: Trouble = async ({ stage, postgres }) => {
  await set(postgres, "set lock_timeout = '50ms'")
  const refusals = stage.proxy.answers["55P03"] ?? 0
  const lock = await stage.entrance.lock(ALL_LANES)
  await until("a commit has waited for longer than the server allows", async () => {
    const waiting = await stage.entrance.query(LONG_WAITS)
    return waiting.length > 0
  })
  await lock.release()
  await set(postgres, "reset lock_timeout")
  if ((stage.proxy.answers["55P03"] ?? 0) > refusals) throw new Error("a commit met the server's lock_timeout")
  stage.faults.add("lock timeout")
}

const diskFull: Trouble = async ({ stage, disk }) => {
  if (disk === null) return
  const seen = refused(stage, "53100")
  disk.fill()
  await seen
  await stage.turnedAway(10, "database")
  disk.free()
  stage.faults.add("disk full")
}

const TROUBLES: ReadonlyArray<Trouble> = [
  restart("fast"),
  diskFull,
  readOnly,
  restart("immediate"),
  readOnlySession,
  lockTimeout,
  readOnlyAtTakeover,
  restart("killed"),
  statementTimeout,
]

export const run = async (options: Options): Promise<Findings> => {
  const folder = freshFolder()
  const mounted = mountSmallDisk(DISK_MB)
  const disk = "refused" in mounted ? null : mounted
  const postgres = await OwnPostgres.make(`${folder.path}/home`)
  try {
    if (disk !== null) await postgres.tablespace("small", `${disk.path}/tables`)
    const databaseUrl = await postgres.database("shop", disk === null ? "pg_default" : "small")
    return await play({ campaign: "postgres-trouble", databaseUrl }, options, async (stage) => {
      if ("refused" in mounted)
        stage.notTested.push(`disk full: no small file system may be mounted (${mounted.refused})`)
      await stage.rounds(options.times, (round) => TROUBLES[round % TROUBLES.length]!({ stage, postgres, disk }))
    })
  } finally {
    await postgres.stop("immediate")
    disk?.remove()
    folder.remove()
  }
}
