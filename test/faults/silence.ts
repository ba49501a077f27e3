/**
 * The line to the database goes silent in the middle of a commit: nothing passes any more, and no error says so. The service
 * gives up waiting after 10 s, finds out over another line what became of the commit, and answers those who waited.
 */
import { type Exchange, rowsOf } from "../support/postgres-proxy.ts"
import { until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"
import { laneOf } from "./worker-death.ts"

/**
 * Longest a caller may wait with one worker (ms): 10 s for the answer of a commit, 2 s for the payment that comes after it, and
 * something for the truth on a busy machine. An order over several workers is held by one after another, within what is promised.
 */
const ONE_WORKER_MS = 24_000

/** Lists are read again within this (s), also on a busy machine: a line that says nothing is given up after 10, and another is opened. */
const READS_MAX_S = 60

const places = (exchange: Exchange): boolean => rowsOf(exchange, "order_id") > 0

const silence = async (stage: Stage, workers: number, instant: "asked" | "done"): Promise<void> => {
  const struck = Promise.withResolvers<number>()
  stage.proxy.once(
    instant,
    (exchange) => {
      struck.resolve(laneOf(exchange) % workers)
      return "hole"
    },
    places,
  )
  const worker = await struck.promise
  const before = performance.now()
  // The same worker writes again: it has found out.
  const recovered = Promise.withResolvers<void>()
  stage.proxy.once(
    "answered",
    () => {
      recovered.resolve()
      return "pass"
    },
    (exchange) => places(exchange) && laneOf(exchange) % workers === worker,
  )
  await recovered.promise
  stage.faults.add(`line silent ${instant === "asked" ? "before a commit arrived" : "before a commit was answered"}`)
  stage.log(`wrote again after ${Math.round(performance.now() - before)} ms`)
}

/** Everything but the lease: every session that reads, writes, or finds out what became of a commit has a line that says nothing. */
const silenceAll = async (stage: Stage): Promise<void> => {
  for (const session of stage.proxy.sessions) if (session.application === "jaego") session.hole()
  stage.faults.add("all lines but the lease's silent")
  const before = performance.now()
  const page = async () => {
    const { status } = await stage.service.get("/v1/products?limit=1")
    if (status !== 200 && status !== 503) stage.violations.push(`a list was answered with ${status}`)
    return status === 200
  }
  await Promise.all([stage.business(20), until("lists are read again", page, READS_MAX_S * 1_000)])
  stage.log(`reads and writes again after ${Math.round(performance.now() - before)} ms`)
}

export const run = async (options: Options): Promise<Findings> => {
  const settings = {
    campaign: "silence",
    databaseUrl: await options.freshDatabase(),
    patienceMs: options.workers === 1 ? ONE_WORKER_MS : ("promised" as const),
  }
  return play(settings, options, async (stage) => {
    for (let round = 0; round < options.times; round++) {
      await stage.business()
      if (round % 3 === 2) await silenceAll(stage)
      else await silence(stage, options.workers, round % 3 === 0 ? "asked" : "done")
    }
    await stage.business()
  })
}
