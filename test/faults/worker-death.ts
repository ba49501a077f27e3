/**
 * Worker threads are terminated under load, most of them in the middle of a commit, at an instant of it that the proxy
 * finds. What a dead thread left behind (a commit that runs on, or arrives late) is done before its lanes are raised, or
 * fenced after; its callers hear 503 `worker-lost`, and asking again tells them what became of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Exchange, type Held, rowsOf } from "../support/postgres-proxy.ts"
import { ROOT, until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"

/** A lane the commit writes; 0 when it writes none. */
export const laneOf = ({ parameters }: Exchange): number =>
  Number(/\d+/.exec(parameters[0]?.toString("latin1") ?? "")?.[0] ?? 0)

export const writes = (exchange: Exchange): boolean => rowsOf(exchange, "lane") > 0

interface Reaper {
  /** Terminates the thread of this worker. */
  readonly strike: (worker: number) => void
  /** Until it is seen to be dead. */
  readonly struck: () => Promise<unknown>
}

type Moment = (stage: Stage, workers: number, reaper: Reaper) => Promise<void>

const heldAt =
  (instant: "asked" | "done", what: string): Moment =>
  async (stage, workers, { strike, struck }) => {
    const held = await stage.proxy.hold(instant, writes)
    strike(laneOf(held.exchange) % workers)
    await struck()
    stage.faults.add(`worker terminated ${what}`)
    await afterDeath(stage, held)
  }

/** The packet is lost, arrives now, or when the lanes have long been raised: then it is fenced. */
const afterDeath = async (stage: Stage, held: Held): Promise<void> => {
  const fate = stage.random(3)
  if (fate === 2) await stage.business()
  held.release(fate === 0 ? "cut" : "pass")
}

/** A lock keeps the commit from its end until the thread is dead. */
const inPostgres: Moment = async (stage, workers, { strike, struck }) => {
  const held = await stage.proxy.hold("asked", writes)
  const lane = laneOf(held.exchange)
  const lock = await stage.entrance.lock(`select 1 from lanes where lane = ${lane} for update`)
  held.release("pass")
  await until("the commit waits for the lock", () => stage.waitsForLock(held.exchange.session.pid))
  strike(lane % workers)
  await struck()
  stage.faults.add("worker terminated while Postgres was at its commit")
  await lock.release()
}

const justTold: Moment = async (stage, workers, { strike, struck }) => {
  const told = Promise.withResolvers<void>()
  stage.proxy.once(
    "told",
    (exchange) => {
      strike(laneOf(exchange) % workers)
      told.resolve()
      return "pass"
    },
    writes,
  )
  await told.promise
  await struck()
  stage.faults.add("worker terminated as it heard of its commit")
}

const anyMoment: Moment = async (stage, workers, { strike, struck }) => {
  strike(stage.random(workers))
  await struck()
  stage.faults.add("worker terminated at any moment")
}

const MOMENTS: ReadonlyArray<Moment> = [
  heldAt("asked", "before its commit was sent"),
  inPostgres,
  heldAt("done", "before it heard of its commit"),
  justTold,
  anyMoment,
]

export const run = async (options: Options): Promise<Findings> => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-reaper-"))
  const aim = join(folder, "aim")
  const settings = {
    campaign: "worker-death",
    databaseUrl: await options.freshDatabase(),
    env: { JAEGO_REAPER_AIM: aim },
    nodeFlags: ["--import", join(ROOT, "test/support/thread-reaper.ts")],
  }
  try {
    return await play(settings, options, async (stage) => {
      const deaths = () => stage.metric("jaego_worker_deaths_total")
      for (let round = 0; round < options.times; round++) {
        await stage.business()
        const before = await deaths()
        const reaper: Reaper = {
          strike: (worker) => {
            writeFileSync(aim, String(worker))
            stage.service.process.signalAlone("SIGUSR2")
          },
          struck: () => until("the thread is dead", async () => (await deaths()) > before),
        }
        await MOMENTS[round % MOMENTS.length]!(stage, options.workers, reaper)
        if (round % 10 === 9) stage.log(`${round + 1} of ${options.times} threads terminated`)
      }
      await stage.business()
      const fenced = stage.proxy.answers["JG001"] ?? 0
      if (fenced > 0) stage.faults.add("late commit of a dead worker fenced", fenced)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
