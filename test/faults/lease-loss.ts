/**
 * The session that holds the lease is ended under load: at any instant, while a commit is on its way, and while one is durable whose
 * answer has not been heard. The same process takes the lanes anew; what it had under way is fenced, or done and answered as done.
 *
 * Law: no answer is wrong. A caller that is answered that nothing was decided finds nothing decided, and whose outcome is open learns it.
 */
import { until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"
import { writes } from "./worker-death.ts"

/** Ends the session; true once it is gone. */
const END_LEASE = `select pg_terminate_backend(a.pid, 5000) as ended from pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.granted and a.application_name = 'jaego lease' and a.datname = current_database()`

const endLease = async (stage: Stage): Promise<void> => {
  const [row] = await stage.entrance.query<{ readonly ended: boolean }>(END_LEASE)
  if (row?.ended !== true) throw new Error("the lease was held by no session")
}

/** How often all lanes were taken: each take raises every lane, and one commit without an answer those of its worker. */
const takes = async (stage: Stage): Promise<number> => {
  const [row] = await stage.entrance.query<{ readonly takes: number }>("select min(epoch)::int as takes from lanes")
  return row!.takes
}

type Moment = (stage: Stage) => Promise<void>

const anyInstant: Moment = async (stage) => {
  await stage.business(stage.random(20))
  await endLease(stage)
  stage.faults.add("lease lost under load")
}

/** Released when the loss is known, or with its line cut: then its outcome has to be found out. */
const heldAt =
  (instant: "asked" | "done", what: string): Moment =>
  async (stage) => {
    const held = await stage.proxy.hold(instant, writes)
    await endLease(stage)
    await until("the loss is known", async () => (await stage.service.get("/readyz")).status !== 200)
    held.release(stage.random(2) === 0 ? "pass" : "cut")
    stage.faults.add(`lease lost ${what}`)
  }

const MOMENTS: ReadonlyArray<Moment> = [
  anyInstant,
  heldAt("asked", "before a commit reached PostgreSQL"),
  heldAt("done", "before a commit's answer was heard"),
]

export const run = async (options: Options): Promise<Findings> => {
  const settings = { campaign: "lease-loss", databaseUrl: await options.freshDatabase() }
  return play(settings, options, (stage) =>
    stage.rounds(options.times, async (round) => {
      const before = await takes(stage)
      await MOMENTS[round % MOMENTS.length]!(stage)
      await until("the lanes are taken anew", async () => (await takes(stage)) > before)
    }),
  )
}
