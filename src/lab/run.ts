/**
 * A run of the lab: the rounds, the crowds, the faults and the sweeps that were asked for.
 *
 * Law: every database that is sold from in rounds and to crowds is audited after its service has ended.
 */
import { cpus, release, totalmem, type } from "node:os"
import * as Audit from "./audit.ts"
import { Budget } from "./budget.ts"
import * as Crowd from "./crowd.ts"
import * as Faults from "./faults.ts"
import * as Others from "./others.ts"
import * as Plan from "./plan.ts"
import { type Cut, type Machine, type Report, SWEEPS } from "./report.ts"
import type { Room } from "./room.ts"
import * as Rounds from "./rounds.ts"
import * as Service from "./service.ts"
import * as Stand from "./stand.ts"
import * as Sweeps from "./sweeps.ts"
import * as Tails from "./tails.ts"

/** So many units that nothing runs out, however fast it is sold. */
export const PLENTY = 1_000_000_000

type Sold = Pick<Report, "measurements" | "tails" | "sameLoad" | "crowds" | "audits" | "shortened"> & {
  readonly rounds: number
}

const NOTHING: Sold = { ...Tails.NONE, measurements: [], crowds: [], audits: [], shortened: [], rounds: 0 }

interface Shop {
  readonly room: Room
  readonly plan: Plan.Plan
  readonly contenders: ReadonlyArray<Service.Contender>
  readonly template: string
  readonly products: ReadonlyArray<string>
  readonly budget: Budget
}

type Came = ReadonlyMap<Stand.Stand, ReadonlyArray<string>>

/** What is counted is units, not seconds: some guards share the processors. */
const CROWDS_AT_ONCE = 3

/** No more than a run each when the time that is left is over. */
const crowd = async ({ budget, plan, room }: Shop, stands: ReadonlyArray<Stand.Stand>): Promise<Came> => {
  const end = budget.spent + budget.leftFor("oversell")
  const isLate = () => !plan.areCrowdsGiven && budget.spent > end
  // Those of many runs come first: none is left alone at the end.
  const runsOf = ({ contender }: Stand.Stand) => Plan.runsOf(contender, plan.options)
  const came = await Stand.together(
    stands.toSorted((a, b) => runsOf(b) - runsOf(a)),
    CROWDS_AT_ONCE,
    async (stand) => [stand, await Crowd.come(room, stand, runsOf(stand), isLate)] as const,
  )
  return new Map(came)
}

const fewer = (came: Came, { options }: Plan.Plan): ReadonlyArray<Cut> =>
  [...came]
    .map(([{ contender }, { length }]) => ({ contender, length, wanted: Plan.runsOf(contender, options) }))
    .filter(({ length, wanted }) => length < wanted)
    .map(({ contender, length, wanted }) => ({
      part: "oversell",
      guards: [contender],
      what: `${length} of ${wanted} crowds of ${contender}`,
    }))

const judge = async (
  { room }: Shop,
  stands: ReadonlyArray<Stand.Stand>,
  came: Came,
): Promise<Pick<Sold, "audits" | "crowds">> => {
  const crowds: Array<Report["crowds"][number]> = []
  const audits: Array<Report["audits"][number]> = []
  room.log("auditing the databases")
  await Stand.close(stands)
  for (const stand of stands) {
    audits.push({ contender: stand.contender, ...(await Audit.take(room.databases, stand.database)) })
    const products = came.get(stand)
    if (products !== undefined) crowds.push(await Crowd.judge(room, stand, products))
    await room.databases.drop(stand.database)
  }
  return { audits, crowds }
}

/** After it no service runs but those that it is about. */
const tail = async ({ plan, products, room }: Shop, stands: ReadonlyArray<Stand.Stand>): Promise<Tails.Tails> => {
  const pair = Tails.pairOf(stands)
  if (pair === null) return Tails.NONE
  await Stand.close(stands.filter((each) => each !== pair.leader && each !== pair.follower))
  return Tails.run(room, plan, pair, products)
}

/** Rounds and crowds, on the same databases, which are audited at the end. */
const sell = async (shop: Shop, begun: number): Promise<Sold> => {
  const { budget, contenders, plan, products, room, template } = shop
  const { parts } = plan.options
  const isSelling = parts.includes("guards") || parts.includes("oversell")
  if (isSelling) room.log(`starting ${contenders.length} services`)
  const stands = await Stand.open(
    room,
    (isSelling ? contenders : []).map((contender) => ({ contender, template })),
  )
  budget.ended("setUp", begun)
  if (!isSelling) return NOTHING
  const found = parts.includes("guards")
    ? await budget.during("guards", () => Rounds.run(room, plan, stands, products, budget))
    : NOTHING
  const came: Came = parts.includes("oversell") ? await budget.during("oversell", () => crowd(shop, stands)) : new Map()
  const tails = parts.includes("guards") ? await budget.during("tails", () => tail(shop, stands)) : Tails.NONE
  const judged = await budget.during("audits", () => judge(shop, stands, came))
  const { measurements, rounds, shortened } = found
  return { measurements, rounds, ...tails, ...judged, shortened: [...shortened, ...fewer(came, plan)] }
}

/** Services that sell little and wait much: some share the processors. */
const FAULTS_AT_ONCE = 3

/** Those that fail in different ways come first: what is left out for lack of time is the rest. */
const TELLING: ReadonlyArray<Service.Contender> = ["actors", "atomic", "redis-lock", "redis-lua", "naive"]

const rank = (contender: Service.Contender): number =>
  TELLING.includes(contender) ? TELLING.indexOf(contender) : TELLING.length

type Failed = Pick<Report, "faults" | "shortened">

const fail = async ({ budget, contenders, plan, products, room, template }: Shop): Promise<Failed> => {
  const { options } = plan
  const connections = Math.max(...options.connections)
  let shortest = 0
  const found = await Stand.together(
    contenders.toSorted((a, b) => rank(a) - rank(b)),
    FAULTS_AT_ONCE,
    async (contender) => {
      const since = budget.spent
      if (shortest > budget.leftFor("faults")) return { contender, faults: null }
      const subject = { room, contender, template, products: products.slice(0, Faults.PRODUCTS), connections }
      const faults = await Faults.take(subject)
      const took = budget.spent - since
      shortest = shortest === 0 ? took : Math.min(shortest, took)
      return { contender, faults }
    },
  )
  const without = found.filter(({ faults }) => faults === null).map(({ contender }) => contender)
  return {
    faults: contenders.flatMap((contender) => found.find((each) => each.contender === contender)?.faults ?? []),
    shortened:
      without.length === 0 ? [] : [{ part: "faults", guards: without, what: `no faults of ${without.join(", ")}` }],
  }
}

const machineOf = async ({ databases }: Room, loadBefore: number): Promise<Machine> => {
  const [row] = await databases.query("show server_version")
  const all = cpus()
  return {
    processors: all.length,
    model: all[0]?.model ?? "unknown",
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    loadBefore,
    postgres: String(row!["server_version"]),
  }
}

/** Begun: ms, before the database was started. */
export const run = async (room: Room, plan: Plan.Plan, begun: number): Promise<Report> => {
  const loadBefore = await Others.busyProcessors()
  const budget = new Budget(plan.foreseen, plan.budgetSeconds, begun)
  const { options } = plan
  const left = options.guards
    .filter((each) => Service.needsRedis(each) && room.redisUrl === null)
    .map((each) => `${each}: there is no redis-server on this machine, and no REDIS_URL`)
  const contenders = options.guards.filter((each) => !Service.needsRedis(each) || room.redisUrl !== null)
  const sweeps = SWEEPS.filter((each) => options.parts.includes(each))
  room.log("filling a database")
  const template = await room.databases.template({
    products: Math.max(Faults.PRODUCTS, ...options.products, ...(sweeps.length > 0 ? [Sweeps.MOST_PRODUCTS] : [])),
    orders: 0,
    onHand: PLENTY,
  })
  const products = await room.databases.products(template)
  const shop: Shop = { room, plan, contenders, template, products, budget }
  const { rounds, ...sold } = await sell(shop, begun)
  const { faults, shortened } = options.parts.includes("faults")
    ? await budget.during("faults", () => fail(shop))
    : { faults: [], shortened: [] }
  const points = await Sweeps.run(room, sweeps, { template, products, seconds: options.seconds })
  return {
    at: new Date().toISOString(),
    tookSeconds: budget.spent,
    took: budget.took,
    machine: await machineOf(room, loadBefore),
    options: { ...options, rounds: options.parts.includes("guards") ? rounds : options.rounds },
    ...sold,
    ...{ faults, points, left, shortened: [...sold.shortened, ...shortened] },
  }
}
