/**
 * The line to the database goes silent in the middle of a commit: nothing passes any more, and nobody says so. The service
 * gives up waiting after 10 s, finds out over another line what became of the commit, and tells those who waited.
 */
import { type Exchange, rowsOf } from "../support/postgres-proxy.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"
import { laneOf } from "./worker-death.ts"

/** Longest anybody may wait, seconds: 10 for the answer of the commit, and something for the truth on a busy machine. */
const WAIT_MAX_S = 13

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
    "told",
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

export const run = async (options: Options): Promise<Findings> => {
  const settings = { campaign: "silence", databaseUrl: await options.freshDatabase() }
  return play(settings, options, async (stage) => {
    for (let round = 0; round < options.times; round++) {
      await stage.business()
      await silence(stage, options.workers, round % 2 === 0 ? "asked" : "done")
    }
    await stage.business()
    const waits = stage.shoppers.wishes.flatMap(({ told }) => told.map(({ heardAt, sentAt }) => heardAt - sentAt))
    const longest = waits.reduce((a, b) => Math.max(a, b), 0) / 1_000
    stage.log(`the longest wait was ${longest.toFixed(1)} s`)
    if (longest > WAIT_MAX_S) stage.violations.push(`somebody waited ${longest.toFixed(1)} s for an answer`)
  })
}
