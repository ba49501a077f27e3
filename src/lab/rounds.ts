/** Interleaved rounds: in each every contender has its turn, in another order, so that what the machine does falls on all of them. */
import type { Budget } from "./budget.ts"
import * as Load from "./load.ts"
import * as Observation from "./observation.ts"
import { Pace } from "./pace.ts"
import * as Plan from "./plan.ts"
import type { Cell, Cut, Measurement, Options } from "./report.ts"
import type { Room } from "./room.ts"
import { type Stand, together } from "./stand.ts"

/** Before each load: its connections are new, seconds. */
const WARM_UP_SECONDS = 0.1

interface Turn {
  readonly room: Room
  readonly options: Options
  readonly stand: Stand
  readonly round: number
  readonly products: ReadonlyArray<string>
}

let loads = 0

export const loadOf = (
  { url }: Stand["service"],
  { connections, lines, products }: Cell,
  chosen: ReadonlyArray<string>,
  seconds: number,
): Load.Load => ({
  ...{ urls: [url], connections, seconds, lines, rate: null, limit: Load.UNLIMITED, warmUpSeconds: WARM_UP_SECONDS },
  products: chosen.length === products ? chosen : chosen.slice(0, products),
  tag: `load-${++loads}`,
  seed: loads,
})

/** Closed model, for as long as the options say, where `load` does not say otherwise. */
export const one = async (
  { options, products, room, round, stand }: Turn,
  cell: Cell,
  load: Partial<Load.Load> = {},
): Promise<Measurement> => {
  const { contender, database, service } = stand
  const put = () => room.generators.put({ ...loadOf(service, cell, products, options.seconds), ...load })
  const [measured, costs] = await Observation.during(room.databases, database, service.pid, put)
  return { ...cell, contender, round, offered: load.rate ?? null, measured, costs }
}

/** The peak (closed model), and then, at the most connections, latencies at a part of it (open model). */
const measure = async (turn: Turn, cell: Cell, plan: Plan.Plan): Promise<ReadonlyArray<Measurement>> => {
  const closed = await one(turn, cell)
  const peak = closed.measured.perSecond
  if (peak < 1 || !Plan.isOpen(turn.round, cell, plan)) return [closed]
  return [closed, await one(turn, cell, { rate: Math.max(1, peak * turn.options.rate) })]
}

const warmUp = async (
  room: Room,
  { options }: Plan.Plan,
  stands: ReadonlyArray<Stand>,
  products: ReadonlyArray<string>,
): Promise<void> => {
  room.log(`${stands.length} services are warming up`)
  await together(stands, Plan.WARMED_UP_AT_ONCE, ({ service }) => {
    const load = loadOf(service, Plan.hotCellOf(options), products, Plan.firstWarmUpSeconds(options))
    return room.generators.put({ ...load, warmUpSeconds: 0 })
  })
}

/** In another order each round. */
const rotated = <A>(all: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  all.map((_, index) => all[(index + by) % all.length]!)

const take = async (turn: Turn, plan: Plan.Plan): Promise<ReadonlyArray<Measurement>> => {
  const { options, room, round, stand } = turn
  await room.databases.flush()
  const found: Array<Measurement> = []
  for (const cell of Plan.cellsIn(round, plan)) {
    const shop = `${cell.products} product${cell.products === 1 ? "" : "s"}, ${cell.connections} connections`
    room.log(`round ${round} of ${options.rounds}: ${stand.contender}, ${shop}`)
    found.push(...(await measure(turn, cell, plan)))
  }
  return found
}

export interface Taken {
  readonly measurements: ReadonlyArray<Measurement>
  readonly rounds: number
  /** What did not fit, for people. */
  readonly shortened: ReadonlyArray<Cut>
}

/** A round that does not fit into what is left of the time is left out; so far, loads become shorter. */
export const run = async (
  room: Room,
  plan: Plan.Plan,
  stands: ReadonlyArray<Stand>,
  products: ReadonlyArray<string>,
  budget: Budget,
): Promise<Taken> => {
  const measurements: Array<Measurement> = []
  await warmUp(room, plan, stands, products)
  const pace = new Pace(plan, budget)
  let round = 1
  for (; round <= pace.rounds; round++)
    for (const [turn, stand] of rotated(stands, round - 1).entries()) {
      const seconds = pace.secondsOf(round, turn)
      // What is left may have become too little for a round that was to begin.
      if (round > pace.rounds) break
      const since = performance.now()
      const options = { ...plan.options, seconds }
      const found = await take({ room, options, stand, round, products }, plan)
      measurements.push(...found)
      pace.took(found.length, seconds, (performance.now() - since) / 1_000)
    }
  return { measurements, rounds: Math.min(round - 1, pace.rounds), shortened: pace.said }
}
