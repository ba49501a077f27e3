/**
 * A run of the lab: the rounds, the crowds, the faults and the sweeps that were asked for.
 *
 * Law: every database that is sold from in rounds and to crowds is audited after its service has ended.
 */
import { cpus, loadavg, release, totalmem, type } from "node:os"
import * as Audit from "./audit.ts"
import * as Crowd from "./crowd.ts"
import * as Faults from "./faults.ts"
import type * as Plan from "./plan.ts"
import { type FaultsOf, type Machine, type Measurement, type Report, SWEEPS } from "./report.ts"
import type { Room } from "./room.ts"
import * as Rounds from "./rounds.ts"
import * as Service from "./service.ts"
import * as Stand from "./stand.ts"
import * as Sweeps from "./sweeps.ts"

/** So many units that nothing runs out, however fast it is sold. */
export const PLENTY = 1_000_000_000

type Sold = Pick<Report, "measurements" | "sameLoad" | "crowds" | "audits"> & { readonly rounds: number }

const NOTHING: Sold = { measurements: [], sameLoad: [], crowds: [], audits: [], rounds: 0 }

interface Shop {
  readonly room: Room
  readonly plan: Plan.Plan
  readonly contenders: ReadonlyArray<Service.Contender>
  readonly template: string
  readonly products: ReadonlyArray<string>
  /** When the run began, ms. */
  readonly begun: number
}

/** Rounds and crowds, on the same databases, which are audited at the end. */
const sell = async ({ begun, contenders, plan, products, room, template }: Shop): Promise<Sold> => {
  const { options } = plan
  const { parts } = options
  if (!parts.includes("guards") && !parts.includes("oversell")) return NOTHING
  room.told(`starting ${contenders.length} services`)
  const stands = await Stand.open(
    room,
    contenders.map((contender) => ({ contender, template })),
  )
  const found = parts.includes("guards") ? await Rounds.run(room, plan, stands, products, begun) : NOTHING
  const crowds: Array<Report["crowds"][number]> = []
  const audits: Array<Report["audits"][number]> = []
  const came = new Map<Stand.Stand, ReadonlyArray<string>>()
  if (parts.includes("oversell")) for (const stand of stands) came.set(stand, await Crowd.come(room, stand, options))
  room.told("auditing the databases")
  await Stand.close(stands)
  for (const stand of stands) {
    audits.push({ contender: stand.contender, ...(await Audit.take(room.databases, stand.database)) })
    const products = came.get(stand)
    if (products !== undefined) crowds.push(await Crowd.judge(room, stand, products))
    await room.databases.drop(stand.database)
  }
  return { measurements: found.measurements, sameLoad: found.sameLoad, rounds: found.rounds, crowds, audits }
}

/** On one product. */
const peakOf = (
  measurements: ReadonlyArray<Measurement>,
  contender: Service.Contender,
  connections: number,
): number => {
  const hot = measurements.find((each) => each.contender === contender && each.connections === connections)
  return hot === undefined ? 0 : hot.measured.perSecond
}

/** Services that sell little and wait much: some share the processors. */
const FAULTS_AT_ONCE = 3

const fail = (
  { contenders, plan, products, room, template }: Shop,
  measurements: ReadonlyArray<Measurement>,
): Promise<ReadonlyArray<FaultsOf>> => {
  const { options } = plan
  const connections = Math.max(...options.connections)
  return Stand.together(options.parts.includes("faults") ? contenders : [], FAULTS_AT_ONCE, (contender) => {
    const peak = peakOf(measurements, contender, connections)
    const subject = { room, contender, template, products: products.slice(0, Faults.PRODUCTS), connections, peak }
    return Faults.take(subject)
  })
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

export const run = async (room: Room, plan: Plan.Plan): Promise<Report> => {
  const begun = performance.now()
  const [loadBefore] = loadavg()
  const { options } = plan
  const left = options.guards
    .filter((each) => Service.needsRedis(each) && room.redisUrl === null)
    .map((each) => `${each}: there is no redis-server on this machine, and no REDIS_URL`)
  const contenders = options.guards.filter((each) => !Service.needsRedis(each) || room.redisUrl !== null)
  const sweeps = SWEEPS.filter((each) => options.parts.includes(each))
  room.told("filling a database")
  const template = await room.databases.template({
    products: Math.max(Faults.PRODUCTS, ...options.products, ...(sweeps.length > 0 ? [Sweeps.MOST_PRODUCTS] : [])),
    orders: 0,
    onHand: PLENTY,
  })
  const products = await room.databases.products(template)
  const shop: Shop = { room, plan, contenders, template, products, begun }
  const { rounds, ...sold } = await sell(shop)
  if (options.parts.includes("guards") && rounds < options.rounds)
    left.push(`round ${rounds + 1} of ${options.rounds}: the machine is slower than was foreseen`)
  const faults = await fail(shop, sold.measurements)
  const points = await Sweeps.run(room, sweeps, { template, products, seconds: options.seconds })
  const machine = await machineOf(room, loadBefore!)
  const tookSeconds = (performance.now() - begun) / 1_000
  const asDone = { ...options, rounds: options.parts.includes("guards") ? rounds : options.rounds }
  return { at: new Date().toISOString(), tookSeconds, machine, options: asDone, ...sold, faults, points, left }
}
