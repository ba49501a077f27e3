/**
 * The owner is frozen (SIGSTOP) while people buy; its lease ends, the other process takes the lanes and sells on; then it
 * wakes up (SIGCONT) and goes on where it was: with a commit that has not arrived yet, with one whose answer it has not
 * read, or anywhere. The two change places each time.
 *
 * Law: whatever the stale owner still commits is fenced, and counted; nothing is doubled; it answers no stock and no refusal
 * from memory that others have outrun; it stands by again, and can take over again.
 * Limits: mostly the lease's session is ended by hand; the first time the server does it itself, after 10 s of silence.
 */
import { inspect } from "node:util"
import * as PostgresProxy from "../support/postgres-proxy.ts"
import { randomOf } from "../support/random.ts"
import { type Service, start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { boundKeys, judge } from "./judge.ts"
import { countAnswers, endLease, stateOf, takes, wordsOf } from "./pair.ts"
import { Shoppers, stockShelves, type Wish } from "./shoppers.ts"

/** Accepted attempts before the owner is frozen, and at the other before it wakes up. */
const BUSY = 15

/** Time for an expected step, also on a busy machine (ms). */
const PATIENCE_MS = 150_000

/** Rounds that are tried for each stale owner to be fenced: one that had nothing to commit when it woke is not. */
const TRIES = 4

/** Things checked in a round: six answers, four keys, the late commit, the takes. */
const CHECKS = 12

interface Party {
  readonly service: Service
  readonly proxy: PostgresProxy.CommitProxy
}

const arrive = async (database: string, workers: number): Promise<Party> => {
  const proxy = await PostgresProxy.start(database)
  return { proxy, service: await start({ DATABASE_URL: proxy.url, WORKERS: String(workers) }) }
}

interface Arena {
  readonly database: string
  readonly products: ReadonlyArray<string>
  readonly faults: Tally
  readonly violations: Array<string>
  readonly wishes: Array<Wish>
  readonly seed: number
  owner: Party
  other: Party
  /** Milliseconds of this process's own clock. */
  frozenAt: number
}

/** Where the owner is when it freezes; what is to be done once the lanes are taken, while it is still frozen. */
type Moment = (arena: Arena) => Promise<() => unknown>

/**
 * The shortest freeze (ms): an owner that stood still for half a second knows it. Of a shorter freeze in which
 * its lease is ended by hand, `docs/guarantees.md` promises nothing for what it reads as it wakes.
 */
const STANDSTILL_MS = 600

const freeze = (arena: Arena): void => {
  arena.frozenAt = performance.now()
  arena.owner.service.process.signal("SIGSTOP")
}

export const MOMENTS: Readonly<Record<string, Moment>> = {
  /** Its commit reaches Postgres only after the lanes were taken: the fence alone stops it. */
  "frozen with a commit on its way": async (arena) => {
    const held = await arena.owner.proxy.hold("asked")
    freeze(arena)
    return async () => {
      held.release("pass")
      const { state, value } = await until("the late commit is answered", () => held.exchange.answer, PATIENCE_MS)
      const contested = value !== null
      const wroteNothing = contested || PostgresProxy.rowsOf(held.exchange, "lane") === 0
      if (state === "JG001") arena.faults.add("late commits refused by the fence")
      else if (state === null && wroteNothing) arena.faults.add("late commits that had nothing to write any more")
      else arena.violations.push(`a late commit of a stale owner was answered ${state ?? "ok"}`)
    }
  },
  /** It happened; the waiting side is notified only afterwards. */
  "frozen before it heard of its commit": async (arena) => {
    const held = await arena.owner.proxy.hold("done")
    freeze(arena)
    held.release("pass")
    return () => undefined
  },
  "frozen at any moment": (arena) => {
    freeze(arena)
    return Promise.resolve(() => undefined)
  },
}

/**
 * What is asked of a frozen process waits in its sockets: it is the first thing it sees when it wakes up. A reading and a
 * refusal of what was sold out when it froze, and orders it could accept if it still were the owner.
 */
const askBeforeItWakes = (url: string, soldOut: string, plenty: string) => {
  const keys: Array<string> = []
  const answered = async (asking: Promise<Response>, what: string) => {
    const response = await asking
    const { code, onHand, status } = (await response.json()) as Readonly<Record<string, unknown>>
    return { what, status: response.status, said: code ?? status ?? `${onHand} on hand` }
  }
  const order = (productId: string) => {
    const key = crypto.randomUUID()
    keys.push(key)
    const body = { customerId: "prober", lines: [{ productId, quantity: 1 }], payment: "later" }
    const headers = { "content-type": "application/json", "idempotency-key": key }
    return answered(fetch(`${url}/v1/orders`, { method: "POST", headers, body: JSON.stringify(body) }), "an order")
  }
  const stock = () => answered(fetch(`${url}/v1/products/${soldOut}/stock`), "stock")
  const asked = [stock(), order(soldOut), order(plenty), stock(), order(soldOut), order(plenty)]
  return { keys, answers: Promise.all(asked) }
}

const receive = async (url: string, productId: string, quantity: number): Promise<void> => {
  const response = await fetch(`${url}/v1/products/${productId}/stock/receipts`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ quantity }),
  })
  if (response.status >= 300) throw new Error(`no receipt: ${response.status} ${await response.text()}`)
}

const shoppersOf = (arena: Arena, seed: number, url: () => string, size: number) =>
  new Shoppers({ url, products: arena.products, seed, size })

const busy = (shoppers: Shoppers) => {
  const goal = shoppers.accepted + BUSY
  return until("business goes on", () => shoppers.accepted >= goal, PATIENCE_MS)
}

/** How many commits a process counts as fenced. */
const fencedBy = ({ service }: Party) => service.metric("jaego_commits_not_done_total", 'outcome="fenced"')

/** One round: true if the stale owner was fenced. */
const round = async (arena: Arena, number: number, moment: string, end: "by hand" | "of silence"): Promise<boolean> => {
  const { database, faults, owner, other, violations } = arena
  const before = { fenced: await fencedBy(owner), takes: await takes(database) }
  const [soldOut] = (await stockShelves(owner.service.url, 1, 0)) as readonly [string]
  const crowd = shoppersOf(arena, arena.seed * 10_000 + 2 * number, () => arena.owner.service.url, 12)
  const others = shoppersOf(arena, arena.seed * 10_000 + 2 * number + 1, () => other.service.url, 4)
  crowd.open()
  await busy(crowd)
  const onceTaken = await MOMENTS[moment]!(arena)
  faults.add(moment)
  arena.owner = other
  arena.other = owner
  // Every other time those who had asked the frozen one go elsewhere with the same keys, before it answers them.
  const impatient = number % 2 === 0 ? [...crowd.unsettled] : []
  if (end === "by hand") await endLease(database)
  faults.add(`lease ended ${end}`)
  await until("the other has taken over", async () => (await stateOf(other.service.url)) === "ready", PATIENCE_MS)
  others.open()
  const again = Promise.all(impatient.map((wish) => crowd.attempt(wish)))
  await Promise.all([busy(others), again])
  const early = askBeforeItWakes(owner.service.url, soldOut, arena.products[0]!)
  await receive(other.service.url, soldOut, 5)
  await onceTaken()
  await until("it has stood still for long enough", () => performance.now() - arena.frozenAt > STANDSTILL_MS)
  owner.service.process.signal("SIGCONT")
  for (const { status, said, what } of await early.answers)
    if (status !== 503) violations.push(`${moment}: a stale owner answered ${what} with ${status}: ${said}`)
  await until("it stands by again", async () => (await stateOf(owner.service.url)) === "standby", PATIENCE_MS)
  await crowd.close()
  await others.close()
  await Promise.all([crowd.settle(), others.settle()])
  arena.wishes.push(...crowd.wishes, ...others.wishes)
  const bound = await boundKeys(database)
  for (const key of early.keys) if (bound.has(key)) violations.push(`${moment}: a stale owner bound a key: ${key}`)
  const taken = (await takes(database)) - before.takes
  if (taken !== 1) violations.push(`${moment}: the lanes were taken ${taken} times`)
  const fenced = (await fencedBy(owner)) - before.fenced
  if (fenced > 0) faults.add("stale owners fenced")
  faults.add("commits fenced", fenced)
  return fenced > 0
}

export const run = async ({ freshDatabase, log, seed, times, workers }: Options): Promise<Findings> => {
  const database = await freshDatabase()
  const owner = await arrive(database, workers)
  const other = await arrive(database, workers)
  const products = await stockShelves(owner.service.url, 6, 1_000_000)
  const faults = new Tally()
  const arena: Arena = { database, products, faults, violations: [], wishes: [], seed, owner, other, frozenAt: 0 }
  const random = randomOf(seed)
  const moments = Object.keys(MOMENTS)
  const first = random(moments.length)
  let checks = 0
  try {
    for (let number = 0, fenced = 0; fenced < times && number < TRIES * times; number++) {
      const moment = moments[(first + number) % moments.length]!
      if (await round(arena, number, moment, number === 0 ? "of silence" : "by hand")) fenced++
      checks += CHECKS
      log(`frozen owner, ${fenced} of ${times} fenced: ${moment}`)
    }
    const judgement = await judge(arena.owner.service.url, database, arena)
    arena.violations.push(...judgement.violations)
    checks += judgement.checks
  } catch (error) {
    const words = [owner, other].map(({ service }) => wordsOf(service)).join("\n")
    arena.violations.push(`it broke off: ${inspect(error)}\nthe processes said:\n${words}`)
  }
  await Promise.all([owner, other].map(({ service }) => service.kill()))
  await Promise.all([owner, other].map(({ proxy }) => proxy.close()))
  const outcomes = new Tally()
  countAnswers(outcomes, arena.wishes)
  return {
    campaign: "frozen-owner",
    workers,
    seed,
    faults: faults.counts,
    outcomes: outcomes.counts,
    checks,
    violations: arena.violations,
    notTested: [
      "An owner that is frozen for less than half a second while its lease is ended by hand: what it reads as it wakes is not promised (docs/guarantees.md).",
    ],
  }
}
