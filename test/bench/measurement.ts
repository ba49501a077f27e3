/**
 * One measurement: a fresh copy of a database, a fresh process, a warm-up, the load, and then the proof that what was
 * answered is in the database.
 */

import * as Processor from "../../src/adapters/system/processor.ts"
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
  /** Answers a second. */
  readonly rate: number
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

export interface Options {
  /** The entry point of the contender `checkout`; null: it is not measured. */
  readonly cli: string | null
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Also prove the database right from SQL, after the run. */
  readonly verify: boolean
}

const microseconds = (before: number | null, after: number | null, answers: number): number | null =>
  before === null || after === null ? null : ((after - before) / answers) * 1e6

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

const paymentOf = async (scratch: Scratch, database: string): Promise<Measurement["paid"]> => {
  const drain = await drained(scratch, database)
  const [row] = await scratch.query(LAG, database)
  const [lagP50, lagP99] = row!["lag"] as ReadonlyArray<number>
  return { lagP50: lagP50!, lagP99: lagP99!, drain }
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

const underLoad = async (
  service: Running,
  scratch: Scratch,
  scenario: Scenario,
  bodies: ReadonlyArray<string>,
  { seconds, warmUpSeconds }: Options,
) => {
  const warmUp = await Load.put(service.url, loadOf(scenario, bodies, warmUpSeconds))
  const serviceBefore = Processor.secondsOf(service.pid)
  const postgresBefore = Processor.secondsOf(scratch.postmaster)
  const load = await Load.put(service.url, loadOf(scenario, bodies, seconds))
  const serviceUs = microseconds(serviceBefore, Processor.secondsOf(service.pid), load.answers)
  const postgresUs = microseconds(postgresBefore, Processor.secondsOf(scratch.postmaster), load.answers)
  return { warmUp, load, serviceUs, postgresUs }
}

export const take = async (
  scratch: Scratch,
  scenario: Scenario,
  contender: Contender,
  round: number,
  options: Options,
): Promise<Measurement> => {
  const cli = contender === "checkout" ? options.cli! : undefined
  const template =
    cli === undefined ? await scratch.template(scenario.contents) : await scratch.templateOf(cli, scenario.contents)
  const bodies = scenario.bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const service = await Contenders.start(contender, scratch.urlOf(database), scenario.workers, "rate", cli)
  try {
    const { load, postgresUs, serviceUs, warmUp } = await underLoad(service, scratch, scenario, bodies, options)
    const isService = contender !== "bare"
    const paid = isService && scenario.answer === "async" ? await paymentOf(scratch, database) : null
    await service.stop()
    if (isService) await check(scratch, database, scenario, [warmUp, load])
    // Another checkout's tables are for its own `jaego verify`.
    if (isService && cli === undefined && options.verify) await scratch.prove(database)
    const { answers, p50, p99, seconds } = load
    const { connections, name } = scenario
    const { startMs } = service
    const rate = answers / seconds
    return { scenario: name, connections, contender, round, rate, p50, p99, startMs, serviceUs, postgresUs, paid }
  } finally {
    await scratch.drop(database)
  }
}
