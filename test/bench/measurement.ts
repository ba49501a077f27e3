/**
 * One measurement of a contender, or of several that stand side by side: each has a fresh copy of a database, a fresh process, a warm-up,
 * the load in so many turns, and then the proof that what was answered is in the database.
 *
 * Side by side, contenders are loaded in turns, who begins changes from turn to turn, and each turn waits until the one before has left
 * nothing to pay: a machine that changes its speed within a minute does so for all of them.
 */

import * as Processor from "../../src/adapters/system/processor.ts"
import { median } from "../../src/std/median.ts"
import type { Contender, Running } from "./contenders.ts"
import * as Contenders from "./contenders.ts"
import * as Load from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"

export interface Measurement {
  readonly scenario: string
  readonly connections: number
  readonly contender: Contender
  readonly round: number
  /** Answers a second, of all turns. */
  readonly rate: number
  /** The same of each turn: the turns of contenders that were measured side by side belong together. */
  readonly turns: ReadonlyArray<number>
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly startMs: number
  /** Microseconds of processor an answer: of the service, and of PostgreSQL. */
  readonly serviceUs: number | null
  readonly postgresUs: number | null
  /** Milliseconds from placed to paid, and from the last answer until nothing is left to pay; null: nothing is paid. */
  readonly paid: { readonly lagP50: number; readonly lagP99: number; readonly drain: number } | null
}

/** Seconds of load that are long enough to say a rate, and short beside the moods of a shared machine. */
const TURN_SECONDS = 2

/** The turns that so many seconds come to. */
export const turnsOf = (seconds: number): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(seconds / TURN_SECONDS) }, (_, turn) =>
    Math.min(TURN_SECONDS, seconds - turn * TURN_SECONDS),
  )

export interface Options {
  /** The entry point of the contender `checkout`; null: it is not measured. */
  readonly cli: string | null
  /** Seconds of each load. More than one: contenders take turns. */
  readonly turns: ReadonlyArray<number>
  readonly warmUpSeconds: number
  /** Also prove the database right from SQL, after the run. */
  readonly verify: boolean
}

const LOOK_MS = 20

/** Until no charge is open any more. */
const drained = async (scratch: Scratch, database: string): Promise<number> => {
  const begun = performance.now()
  for (;;) {
    const [row] = await scratch.query(
      "select exists(select from orders where attempt_token is not null) as open",
      database,
    )
    if (row!["open"] === false) return performance.now() - begun
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Both facts of an order carry the time at which they were decided. */
const LAG = `select percentile_cont(array[0.5, 0.99]) within group (order by ms) as lag from (
  select extract(epoch from paid.occurred_at - placed.occurred_at) * 1000 as ms
  from outbox placed join outbox paid on paid.subject = placed.subject
  where placed.type = 'jaego.order.placed.v1' and paid.type = 'jaego.order.paid.v1') l`

const lagOf = async (scratch: Scratch, database: string) => {
  const [row] = await scratch.query(LAG, database)
  const [lagP50, lagP99] = row!["lag"] as ReadonlyArray<number>
  return { lagP50: lagP50!, lagP99: lagP99! }
}

/** Every 2xx is an order. One more a connection may have been placed: its answer came after the generator had gone. */
const check = async (
  scratch: Scratch,
  database: string,
  { connections, soldOut, name }: Scenario,
  loads: ReadonlyArray<Load.Measured>,
): Promise<void> => {
  const accepted = loads.reduce((sum, { answers, refused }) => sum + answers - refused, 0)
  const refused = loads.reduce((sum, each) => sum + each.refused, 0)
  const broken = loads.reduce((sum, each) => sum + each.broken, 0)
  const [row] = await scratch.query("select count(*)::int as count from orders", database)
  const placed = Number(row!["count"])
  const rightAnswers = soldOut ? accepted === 0 : refused === 0
  if (!rightAnswers || broken > 0 || placed < accepted || placed > accepted + loads.length * connections)
    throw new Error(`${name}: ${accepted} accepted, ${refused} refused, ${broken} broken, but ${placed} orders placed`)
}

const loadOf = (scenario: Scenario, bodies: ReadonlyArray<string>, seconds: number): Load.Load => ({
  connections: scenario.connections,
  answer: scenario.answer,
  seconds,
  bodies,
})

/** Processor seconds of the service and of PostgreSQL; null where the system does not tell. */
interface Turn {
  readonly load: Load.Measured
  readonly service: number | null
  readonly postgres: number | null
  readonly drainMs: number
}

/** A contender on its own database, and what it has been measured at so far. */
interface Standing {
  readonly contender: Contender
  readonly database: string
  readonly service: Running
  readonly bodies: ReadonlyArray<string>
  readonly cli: string | undefined
  readonly loads: Array<Load.Measured>
  readonly turns: Array<Turn>
}

const stand = async (
  scratch: Scratch,
  scenario: Scenario,
  contender: Contender,
  options: Options,
): Promise<Standing> => {
  const cli = contender === "checkout" ? options.cli! : undefined
  const template =
    cli === undefined ? await scratch.template(scenario.contents) : await scratch.templateOf(cli, scenario.contents)
  const bodies = scenario.bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const service = await Contenders.start(contender, scratch.urlOf(database), scenario.workers, "rate", cli)
  return { contender, database, service, bodies, cli, loads: [], turns: [] }
}

const isPaid = ({ contender }: Standing, { answer }: Scenario): boolean => contender !== "bare" && answer === "async"

const difference = (before: number | null, after: number | null): number | null =>
  before === null || after === null ? null : after - before

const loaded = async (scratch: Scratch, scenario: Scenario, standing: Standing, seconds: number): Promise<Turn> => {
  const { bodies, database, loads, service } = standing
  const before = [Processor.secondsOf(service.pid), Processor.secondsOf(scratch.postmaster)] as const
  const load = await Load.put(service.url, loadOf(scenario, bodies, seconds))
  const after = [Processor.secondsOf(service.pid), Processor.secondsOf(scratch.postmaster)] as const
  loads.push(load)
  const drainMs = isPaid(standing, scenario) ? await drained(scratch, database) : 0
  return { load, service: difference(before[0], after[0]), postgres: difference(before[1], after[1]), drainMs }
}

const sum = (values: ReadonlyArray<number | null>): number | null =>
  values.reduce<number | null>((all, each) => (all === null || each === null ? null : all + each), 0)

/** What its turns come to, once it has stopped and is proved right. */
const ended = async (
  scratch: Scratch,
  scenario: Scenario,
  standing: Standing,
  round: number,
  options: Options,
): Promise<Measurement> => {
  const { cli, contender, database, loads, service, turns } = standing
  const isService = contender !== "bare"
  const drain = median(turns.map(({ drainMs }) => drainMs))
  const paid = isPaid(standing, scenario) ? { ...(await lagOf(scratch, database)), drain } : null
  await service.stop()
  if (isService) await check(scratch, database, scenario, loads)
  // Another checkout's tables are for its own `jaego verify`.
  if (isService && cli === undefined && options.verify) await scratch.prove(database)
  const answers = sum(turns.map(({ load }) => load.answers))!
  const us = (seconds: number | null) => (seconds === null ? null : (seconds / answers) * 1e6)
  return {
    scenario: scenario.name,
    connections: scenario.connections,
    contender,
    round,
    rate: answers / sum(turns.map(({ load }) => load.seconds))!,
    turns: turns.map(({ load }) => load.answers / load.seconds),
    p50: median(turns.map(({ load }) => load.p50)),
    p99: median(turns.map(({ load }) => load.p99)),
    startMs: service.startMs,
    serviceUs: us(sum(turns.map(({ service }) => service))),
    postgresUs: us(sum(turns.map(({ postgres }) => postgres))),
    paid,
  }
}

/** Contenders side by side. Those that are given alone have the machine to themselves. */
export const take = async (
  scratch: Scratch,
  scenario: Scenario,
  contenders: ReadonlyArray<Contender>,
  round: number,
  options: Options,
): Promise<ReadonlyArray<Measurement>> => {
  const standing: Array<Standing> = []
  try {
    for (const contender of contenders) standing.push(await stand(scratch, scenario, contender, options))
    for (const each of standing) await loaded(scratch, scenario, each, options.warmUpSeconds)
    for (const [turn, seconds] of options.turns.entries())
      for (const each of turn % 2 === 0 ? standing : standing.toReversed())
        each.turns.push(await loaded(scratch, scenario, each, seconds))
    const taken: Array<Measurement> = []
    for (const each of standing) taken.push(await ended(scratch, scenario, each, round, options))
    return taken
  } finally {
    for (const { database } of standing) await scratch.drop(database)
  }
}
