/**
 * `npm run bench -- --idle [--checkout DIR]`: what a service costs that is asked nothing. It runs on an empty shop for a while, and
 * then its processor time is taken, and that of PostgreSQL, which serves it alone; services take turns, round after round.
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Processor from "../../src/adapters/system/processor.ts"
import { median } from "../../src/std/median.ts"
import * as Contenders from "./contenders.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly cli: string | null
  readonly log: (line: string) => void
}

interface Idle {
  readonly contender: "jaego" | "checkout"
  /** Milliseconds of processor a second. */
  readonly serviceMs: number
  readonly postgresMs: number
}

const spent = (pid: number): number => Processor.secondsOf(pid)! * 1_000

const one = async (
  scratch: Scratch,
  contender: Idle["contender"],
  { cli, seconds, warmUpSeconds }: Options,
): Promise<Idle> => {
  const database = `idle_${contender}`
  await scratch.query(`create database ${database}`)
  const service = await Contenders.start(
    contender,
    scratch.urlOf(database),
    null,
    "rate",
    contender === "checkout" ? cli! : undefined,
  )
  try {
    await pause(warmUpSeconds * 1_000)
    const before = [spent(service.pid), spent(scratch.postmaster)] as const
    await pause(seconds * 1_000)
    const serviceMs = (spent(service.pid) - before[0]) / seconds
    return { contender, serviceMs, postgresMs: (spent(scratch.postmaster) - before[1]) / seconds }
  } finally {
    await service.stop()
    await scratch.drop(database)
  }
}

export const measure = async (scratch: Scratch, options: Options): Promise<ReadonlyArray<Idle>> => {
  const found: Array<Idle> = []
  const contenders = options.cli === null ? (["jaego"] as const) : (["jaego", "checkout"] as const)
  for (let round = 1; round <= options.rounds; round++)
    for (const contender of contenders) {
      const idle = await one(scratch, contender, options)
      options.log(`round ${round} ${contender}: ${idle.serviceMs.toFixed(1)} and ${idle.postgresMs.toFixed(1)} ms/s`)
      found.push(idle)
    }
  return found
}

export const text = (found: ReadonlyArray<Idle>): string =>
  markdown(
    ["idle", "service ms/s", "postgres ms/s"],
    [...new Set(found.map(({ contender }) => contender))].map((contender) => {
      const of = found.filter((each) => each.contender === contender)
      return [
        contender,
        median(of.map(({ serviceMs }) => serviceMs)).toFixed(1),
        median(of.map(({ postgresMs }) => postgresMs)).toFixed(1),
      ]
    }),
  )
