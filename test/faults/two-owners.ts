/**
 * Two processes fight for the lanes of one database, each under a supervisor that starts it again the moment it ends. They
 * are killed, asked to end, and robbed of their lease, one and both, while people buy.
 *
 * Law: lanes change hands when their owner dies, hands over or loses its lease, once for each, and never otherwise: no process
 * that comes back takes them from an owner that lives. Never two are ready.
 */

import { randomOf } from "../support/random.ts"
import { type Service, start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { judge } from "./judge.ts"
import { countAnswers, endLease, stateOf, takes } from "./pair.ts"
import { Shoppers, stockShelves } from "./shoppers.ts"

/** Accepted attempts before and after each blow. */
const BUSY = 20

/** Longest it may take until orders are taken again (ms): two processes start anew on a busy machine. */
const RECOVERY_MS = 150_000

/** Starts a service again whenever it ends, at once, until it is dismissed. */
class Supervisor {
  #service: Service | null = null
  /** The last address it had; no process listens there while it starts again. */
  url = ""
  restarts = 0
  #dismissed = false
  #watch: Promise<void> = Promise.resolve()
  readonly #env: Readonly<Record<string, string>>

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env
  }

  async begin(): Promise<void> {
    const service = await start(this.#env)
    this.#service = service
    this.url = service.url
    this.#watch = service.process.ended.then(async () => {
      this.#service = null
      if (this.#dismissed) return
      this.restarts++
      await this.begin()
    })
  }

  /** To what runs now; settles when that has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const service = this.#service
    service?.process.signal(signal)
    await service?.process.ended
  }

  get runs(): boolean {
    return this.#service !== null
  }

  async dismiss(): Promise<void> {
    this.#dismissed = true
    await this.end("SIGTERM")
    await this.#watch
  }
}

interface Ring {
  readonly database: string
  readonly corners: readonly [Supervisor, Supervisor]
  readonly shoppers: Shoppers
}

interface Blow {
  readonly name: string
  /** How often lanes are to change hands because of it. */
  readonly takes: number
  /** Settles when it is felt. */
  readonly strike: (owner: Supervisor, other: Supervisor, database: string) => Promise<unknown>
}

const taken = async (database: string, times: number): Promise<void> => {
  await until("the lanes are taken", async () => (await takes(database)) >= times, RECOVERY_MS)
}

export const BLOWS: ReadonlyArray<Blow> = [
  { name: "the owner killed", takes: 1, strike: (owner) => owner.end("SIGKILL") },
  { name: "the one who stands by killed", takes: 0, strike: (_, other) => other.end("SIGKILL") },
  { name: "the owner asked to end", takes: 1, strike: (owner) => owner.end("SIGTERM") },
  { name: "the one that stands by asked to end", takes: 0, strike: (_, other) => other.end("SIGTERM") },
  {
    name: "both killed",
    takes: 1,
    strike: (owner, other) => Promise.all([owner.end("SIGKILL"), other.end("SIGKILL")]),
  },
  { name: "the owner's lease ended", takes: 1, strike: (_, __, database) => endLease(database) },
  {
    name: "the owner killed, and its successor asked to end as it takes over",
    takes: 2,
    strike: async (owner, other, database) => {
      const before = await takes(database)
      await owner.end("SIGKILL")
      await taken(database, before + 1)
      await other.end("SIGTERM")
    },
  },
]

/** The corner that is ready, once both have come up again and exactly one is. */
const settled = (ring: Ring, violations: Array<string>): Promise<number> =>
  until(
    "one is ready, the other stands by",
    async () => {
      const states = await Promise.all(ring.corners.map(({ runs, url }) => (runs ? stateOf(url) : "silent")))
      if (states.every((state) => state === "ready")) violations.push("two are ready at once")
      return states.includes("ready") && states.includes("standby") ? states.indexOf("ready") : false
    },
    RECOVERY_MS,
  ).then(Number)

const busy = ({ shoppers }: Ring) => {
  const goal = shoppers.accepted + BUSY
  return until("business goes on", () => shoppers.accepted >= goal, RECOVERY_MS)
}

/** Every blow once, in an order of its own, then over again. */
const order = (times: number, random: (below: number) => number): ReadonlyArray<Blow> => {
  const chosen: Array<Blow> = []
  while (chosen.length < times) {
    const left = [...BLOWS]
    while (left.length > 0) chosen.push(...left.splice(random(left.length), 1))
  }
  return chosen.slice(0, times)
}

export const run = async ({ freshDatabase, log, seed, times, workers }: Options): Promise<Findings> => {
  const database = await freshDatabase()
  const env = { DATABASE_URL: database, WORKERS: String(workers) }
  const corners = [new Supervisor(env), new Supervisor(env)] as const
  await Promise.all(corners.map((corner) => corner.begin()))
  const violations: Array<string> = []
  let owner = 0
  const url = (attempt: number) => corners[(owner + attempt) % 2]!.url
  const open = await until("one is ready", () => firstReady(corners))
  const shoppers = new Shoppers({ url, products: await stockShelves(open, 8, 1_000_000), seed, size: 8 })
  const ring: Ring = { database, corners, shoppers }
  const faults = new Tally()
  const first = await takes(database)
  let expected = first
  shoppers.open()
  for (const [round, blow] of order(times, randomOf(seed)).entries()) {
    owner = await settled(ring, violations)
    await busy(ring)
    await blow.strike(corners[owner]!, corners[1 - owner]!, database)
    faults.add(blow.name)
    expected += blow.takes
    await taken(database, expected)
    owner = await settled(ring, violations)
    await busy(ring)
    const found = await takes(database)
    if (found !== expected) violations.push(`${blow.name}: the lanes were taken ${found - expected} times too often`)
    expected = found
    log(`two owners, ${round + 1} of ${times}: ${blow.name}; lanes were taken ${found} times`)
  }
  await shoppers.close()
  await shoppers.settle()
  const judgement = await judge(corners[owner]!.url, database, shoppers)
  await Promise.all(corners.map((corner) => corner.dismiss()))
  const outcomes = new Tally()
  countAnswers(outcomes, shoppers.wishes)
  return {
    campaign: "two-owners",
    workers,
    seed,
    faults: faults.counts,
    outcomes: outcomes.counts,
    checks: judgement.checks + 2 * times,
    violations: [...violations, ...judgement.violations],
    notTested: [],
    figures: {
      "lanes changed hands": expected - first,
      "restarts by the supervisor": corners[0].restarts + corners[1].restarts,
    },
  }
}

const firstReady = async (corners: Ring["corners"]): Promise<string | false> => {
  for (const { url } of corners) if ((await stateOf(url)) === "ready") return url
  return false
}
