/**
 * The p99 that is a target: the leader at a part of its own peak, and the follower at the load that was offered to the leader.
 *
 * Why apart from the rounds: ten services that wait for their turn use a fifth of a processor, by fits and starts (a full collection
 * of a heap, an audit that catches up), and a p99 of some milliseconds is made of those. Here no other service runs. The peak is
 * measured anew each time, right before, on the database as it then is.
 */
import * as Plan from "./plan.ts"
import type { Measurement, Report } from "./report.ts"
import type { Room } from "./room.ts"
import * as Rounds from "./rounds.ts"
import type { Stand } from "./stand.ts"

export type Tails = Pick<Report, "sameLoad" | "tails">

export const NONE: Tails = { tails: [], sameLoad: [] }

interface Pair {
  readonly leader: Stand
  /** Null: it was not asked for. */
  readonly follower: Stand | null
}

/** Null: the leader was not asked for. */
export const pairOf = (stands: ReadonlyArray<Stand>): Pair | null => {
  const of = (wanted: Stand["contender"]) => stands.find(({ contender }) => contender === wanted) ?? null
  const leader = of(Plan.LEADER)
  return leader === null ? null : { leader, follower: of(Plan.FOLLOWER) }
}

/** `products`: of the template; the first is sold. No service but those of the pair runs. */
export const run = async (
  room: Room,
  { options }: Plan.Plan,
  { follower, leader }: Pair,
  products: ReadonlyArray<string>,
): Promise<Tails> => {
  const cell = Plan.hotCellOf(options)
  const tails: Array<Measurement> = []
  const sameLoad: Array<Measurement> = []
  const times = Plan.tailsIn(options)
  for (let round = 1; round <= times; round++) {
    room.log(`tail ${round} of ${times}: ${leader.contender} at ${options.rate} of its peak`)
    await room.databases.flush()
    const turn = { room, options, round, products }
    const peak = await Rounds.one({ ...turn, stand: leader }, cell, { seconds: Plan.PEAK_SECONDS })
    const rate = Math.max(1, peak.measured.perSecond * options.rate)
    tails.push(peak, await Rounds.one({ ...turn, stand: leader }, cell, { rate, seconds: Plan.TAIL_SECONDS }))
    if (follower === null || round > Plan.followedIn(options)) continue
    room.log(`tail ${round} of ${times}: ${follower.contender} at the same load`)
    await room.databases.flush()
    const load = { rate, seconds: Plan.TAIL_SECONDS, drainSeconds: Plan.FOLLOWER_DRAIN_SECONDS }
    sameLoad.push(await Rounds.one({ ...turn, stand: follower }, cell, load))
  }
  return { tails, sameLoad }
}
