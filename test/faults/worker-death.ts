/**
 * Worker threads are terminated under load, most of them in the middle of a commit, at an instant of it that the proxy
 * finds. What a dead thread left behind (a commit that runs on, or arrives late) is done before its lanes are raised, or
 * fenced after; its callers hear 503 `worker-lost`, and learn what became of it by asking again.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Exchange, rowsOf } from "../support/postgres-proxy.ts"
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
  /** Strikes, until so many have died. */
  readonly strikeUntil: (worker: number, deaths: number) => Promise<unknown>
}

/** A thread that was hit is counted dead long before (ms). */
const MISSED_MS = 1_000

type Moment = (stage: Stage, workers: number, reaper: Reaper) => Promise<void>

/** The packet arrives when the lanes have long been raised, never, or at once. */
const FATES = ["late", "never", "at once"] as const

const heldAt =
  (instant: "asked" | "done", what: string): Moment =>
  async (stage, workers, { strike, struck }) => {
    const name = `worker terminated ${what}`
    const fate = FATES[(stage.faults.counts[name] ?? 0) % FATES.length]!
    const starts = await stage.service.metric("jaego_worker_starts_total")
    const held = await stage.proxy.hold(instant, writes)
    strike(laneOf(held.exchange) % workers)
    await struck()
    stage.faults.add(name)
    if (fate !== "late") return held.release(fate === "never" ? "cut" : "pass")
    await until(
      "the dead one is replaced",
      async () => (await stage.service.metric("jaego_worker_starts_total")) > starts,
    )
    held.release("pass")
    if (instant === "asked") await comesToNothing(stage, held.exchange)
  }

/** Once its lanes are raised, what a dead thread had sent is fenced, or contested: its keys are bound by then. */
const comesToNothing = async (stage: Stage, exchange: Exchange): Promise<void> => {
  const { state, value } = await until("the late commit is answered", () => exchange.answer)
  const contested = state === null && value !== null
  if (state === "JG001" || contested) stage.faults.add("late commit of a dead worker came to nothing")
  else stage.violations.push(`the late commit of a dead worker was answered with ${state ?? "success"}`)
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

const justAnswered: Moment = async (stage, workers, { strike, struck }) => {
  const answered = Promise.withResolvers<void>()
  stage.proxy.once(
    "answered",
    (exchange) => {
      strike(laneOf(exchange) % workers)
      answered.resolve()
      return "pass"
    },
    writes,
  )
  await answered.promise
  await struck()
  stage.faults.add("worker terminated as it heard of its commit")
}

const anyMoment: Moment = async (stage, workers, { strike, struck }) => {
  strike(stage.random(workers))
  await struck()
  stage.faults.add("worker terminated at any moment")
}

/** The thread that replaces a dead one dies before it is ready. */
const whileStarting: Moment = async (stage, workers, { strikeUntil }) => {
  await strikeUntil(stage.random(workers), 2)
  stage.faults.add("worker terminated, and again as it started")
}

const MOMENTS: ReadonlyArray<Moment> = [
  heldAt("asked", "before its commit was sent"),
  inPostgres,
  heldAt("done", "before it heard of its commit"),
  justAnswered,
  anyMoment,
  whileStarting,
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
      const deaths = () => stage.service.metric("jaego_worker_deaths_total")
      for (let round = 0; round < options.times; round++) {
        await stage.business()
        const before = await deaths()
        let struckAt = 0
        const strike = (worker: number) => {
          struckAt = performance.now()
          writeFileSync(aim, String(worker))
          stage.service.process.signalAlone("SIGUSR2")
        }
        // A blow meets no thread while one is being replaced: then none is counted dead.
        const struck = () =>
          until("the thread is dead", async () => {
            if ((await deaths()) > before) return true
            if (performance.now() - struckAt > MISSED_MS) strike(Number(readFileSync(aim, "utf8")))
            return false
          })
        const strikeUntil = (worker: number, count: number) =>
          until("threads are dead", async () => {
            strike(worker)
            return (await deaths()) >= before + count
          })
        const reaper: Reaper = { strike, struck, strikeUntil }
        await MOMENTS[round % MOMENTS.length]!(stage, options.workers, reaper)
        if (round % 10 === 9) stage.log(`${round + 1} of ${options.times} threads terminated`)
      }
      await stage.business()
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
