/** Interleaved rounds: in each every contender has its turn, in another order, so that what the machine does falls on all of them. */
import type { Budget } from "./budget.ts"
import * as Load from "./load.ts"
import * as Observation from "./observation.ts"
import { Pace } from "./pace.ts"
import * as Plan from "./plan.ts"
import type { Cell, Cut, Measurement, Options } from "./report.ts"
import type { Room } from "./room.ts"
import type { Stand } from "./stand.ts"

/** Before anything is measured of a service its code is compiled, seconds; later it is only the connections that are new. */
const FIRST_WARM_UP_SECONDS = 0.6
const WARM_UP_SECONDS = 0.1

/** Who is asked for the rate at which the other is measured, too. */
const LEADER = "actors"
const FOLLOWER = "atomic"

interface Turn {
  readonly room: Room
  readonly options: Options
  readonly stand: Stand
  readonly round: number
  readonly products: ReadonlyArray<string>
}

interface Found {
  readonly measurements: Array<Measurement>
  readonly sameLoad: Array<Measurement>
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

const one = async (
  { options, products, room, round, stand }: Turn,
  cell: Cell,
  offered: number | null,
  seconds = options.seconds,
): Promise<Measurement> => {
  const { contender, database, service } = stand
  const put = () => room.generators.put({ ...loadOf(service, cell, products, seconds), rate: offered })
  const [measured, costs] = await Observation.during(room.databases, database, service.pid, put)
  return { ...cell, contender, round, offered, measured, costs }
}

/** The peak (closed model), and then, at the most connections, latencies at a part of it (open model). */
const measure = async (turn: Turn, cell: Cell): Promise<ReadonlyArray<Measurement>> => {
  const closed = await one(turn, cell, null)
  const peak = closed.measured.perSecond
  const offered = Math.max(1, peak * turn.options.rate)
  if (peak < 1 || !Plan.isOpen(cell, turn.options)) return [closed]
  const isLed = turn.stand.contender === LEADER && isHot(cell, turn.options)
  const seconds = isLed ? Plan.tailSeconds(turn.options.seconds) : turn.options.seconds
  return [closed, await one(turn, cell, offered, seconds)]
}

const warmUp = ({ products, room, stand: { service } }: Turn, cell: Cell): Promise<unknown> =>
  room.generators.put({ ...loadOf(service, cell, products, FIRST_WARM_UP_SECONDS), warmUpSeconds: 0 })

/** In another order each round. */
const rotated = <A>(all: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  all.map((_, index) => all[(index + by) % all.length]!)

const isHot = ({ products }: Cell, options: Options): boolean => products === Math.min(...options.products)

/** What was offered to the leader last, on one product. */
const offeredTo = ({ measurements }: Found, options: Options): number | null =>
  measurements.findLast((each) => each.contender === LEADER && each.offered !== null && isHot(each, options))
    ?.offered ?? null

const take = async (turn: Turn, plan: Plan.Plan, found: Found): Promise<void> => {
  const { options, room, round, stand } = turn
  const { contender } = stand
  await room.databases.flush()
  const cells = Plan.cellsIn(round, plan)
  if (round === 1) await warmUp(turn, cells[0]!)
  for (const cell of cells) {
    const shop = `${cell.products} product${cell.products === 1 ? "" : "s"}, ${cell.connections} connections`
    room.log(`round ${round} of ${options.rounds}: ${contender}, ${shop}`)
    found.measurements.push(...(await measure(turn, cell)))
    const offered =
      contender === FOLLOWER && isHot(cell, options) && Plan.isOpen(cell, options) ? offeredTo(found, options) : null
    if (offered !== null) found.sameLoad.push(await one(turn, cell, offered, Plan.tailSeconds(options.seconds)))
  }
}

export interface Taken extends Found {
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
  const found: Found = { measurements: [], sameLoad: [] }
  const pace = new Pace(plan, budget)
  let round = 1
  for (; round <= pace.rounds; round++)
    for (const [turn, stand] of rotated(stands, round - 1).entries()) {
      const seconds = pace.secondsOf(round, turn)
      // What is left may have become too little for a round that was to begin.
      if (round > pace.rounds) break
      const before = loadsOf(found)
      const since = performance.now()
      const options = { ...plan.options, seconds }
      await take({ room, options, stand, round, products }, plan, found)
      pace.took(loadsOf(found) - before, seconds, (performance.now() - since) / 1_000)
    }
  return { ...found, rounds: Math.min(round - 1, pace.rounds), shortened: pace.said }
}

const loadsOf = ({ measurements, sameLoad }: Found): number => measurements.length + sameLoad.length
