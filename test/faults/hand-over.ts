/**
 * The owner is asked to end (SIGTERM) while people buy, again and again; the one that stands by takes over. Buyers who are
 * turned away, or lose their line, ask the other process with the same key.
 *
 * Law: the old owner ends by itself, with everything answered that it had begun to hear; the lanes are taken once; no caller
 * waits longer than 2 s for an answer; nothing fails that asking again does not mend.
 */
import { inspect } from "node:util"
import { type Service, start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { boundKeys, judge } from "./judge.ts"
import { countAnswers, sessions, stateOf, takes, wordsOf } from "./pair.ts"
import { type Answered, kindOf, Shoppers, stockShelves, type Wish } from "./shoppers.ts"

/** What a hand-over may cost a caller (ms). */
export const PROMISED_MS = 2_000

/** Beyond it something hangs, however busy the machine is (ms). What was measured is reported as a figure. */
const LOOSE_MS = 30_000

/** Until the other has taken over, also on a machine that does ten other things (ms). */
const RECOVERY_MS = 150_000

/** Accepted attempts before each signal, and after it: it comes while many are under way. */
const BUSY = 100

/** A charge that is still running when the signal comes, and would be for a while. */
const SLOW = { token: "tok_delay_1900" }

interface Shop {
  readonly database: string
  readonly env: Readonly<Record<string, string>>
  readonly shoppers: Shoppers
  readonly products: ReadonlyArray<string>
  owner: Service
  next: Service
}

const violationsOf = (end: unknown, taken: number, slow: ReadonlyArray<Answered>): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (JSON.stringify(end) !== JSON.stringify({ code: 0, signal: null }))
    found.push(`the old owner ended as ${JSON.stringify(end)}`)
  if (taken !== 1) found.push(`the lanes were taken ${taken} times in one hand-over`)
  for (const answer of slow)
    if (answer.status === null || answer.status > 202)
      found.push(
        `an order that was placed before the signal, and waited for its charge, was answered ${kindOf(answer)}`,
      )
  return found
}

const slowPayers = (shop: Shop, round: number): ReadonlyArray<Wish> =>
  [0, 1].map((each) => ({
    number: -1,
    kind: "place",
    key: `slow-${round}-${each}`,
    path: "/v1/orders",
    body: { customerId: "shopper-slow", lines: [{ productId: shop.products[each]!, quantity: 1 }], payment: SLOW },
    orderId: null,
    answers: [],
  }))

/** One that stands by, with its threads loaded: each has opened a session of its own. */
const successor = async (database: string, env: Shop["env"]): Promise<Service> => {
  const before = await sessions(database)
  const service = await start(env)
  const opened = async () =>
    [...(await sessions(database))].filter((pid) => !before.has(pid)).length > Number(env["WORKERS"])
  await until("the threads of the one that stands by are loaded", opened, RECOVERY_MS)
  return service
}

/** One hand-over; what was found wrong. */
const handOver = async (shop: Shop, round: number, faults: Tally): Promise<ReadonlyArray<string>> => {
  const { database, shoppers } = shop
  const busy = () => {
    const before = shoppers.accepted
    return until("business goes on", () => shoppers.accepted >= before + BUSY, RECOVERY_MS)
  }
  await busy()
  const taken = await takes(database)
  const slow = slowPayers(shop, round)
  shoppers.wishes.push(...slow)
  const paying = slow.map((wish) => shoppers.attempt(wish))
  await until("slow charges run", async () => {
    const bound = await boundKeys(database)
    return slow.every(({ key }) => bound.has(key))
  })
  shop.owner.process.signal("SIGTERM")
  faults.add("asked to end under load")
  const end = await shop.owner.process.ended
  await until("the other has taken over", async () => (await stateOf(shop.next.url)) === "ready", RECOVERY_MS)
  await busy()
  const found = violationsOf(end, (await takes(database)) - taken, await Promise.all(paying))
  shop.owner = shop.next
  shop.next = await successor(database, shop.env)
  return found
}

/** From the first asking to the first answer that is not "not now" (ms); null: there was none. */
const waitOf = ({ answers }: Wish): number | null => {
  const answer = answers.find(({ status }) => status !== null && status !== 503)
  return answer === undefined ? null : answer.heardAt - answers[0]!.sentAt
}

const longest = (wishes: ReadonlyArray<Wish>): number =>
  Math.round(Math.max(0, ...wishes.map((wish) => waitOf(wish) ?? 0)))

export const run = async (options: Options): Promise<Findings> => {
  const { freshDatabase, log, seed, times, workers } = options
  const database = await freshDatabase()
  const env = { DATABASE_URL: database, WORKERS: String(workers) }
  const owner = await start(env)
  const products = await stockShelves(owner.url, 8, 1_000_000)
  const url = (attempt: number): string => (attempt % 2 === 0 ? shop.owner : shop.next).url
  const shoppers = new Shoppers({ url, products, seed, attempts: 1_000, size: 8 })
  const shop: Shop = { database, env, shoppers, products, owner, next: await successor(database, env) }
  const faults = new Tally()
  const violations: Array<string> = []
  shoppers.open()
  try {
    for (let round = 0; round < times; round++) {
      violations.push(...(await handOver(shop, round, faults)))
      log(`hand-over, ${round + 1} of ${times}: the longest wait so far is ${longest(shoppers.wishes)} ms`)
    }
  } catch (error) {
    violations.push(
      `it broke off: ${inspect(error)}\nthe processes said:\n${wordsOf(shop.owner)}\n${wordsOf(shop.next)}`,
    )
  }
  await shoppers.close()
  const worst = longest(shoppers.wishes)
  if (worst > LOOSE_MS) violations.push(`a caller waited ${worst} ms for an answer`)
  await shoppers.settle()
  const judgement = await judge(shop.owner.url, database, shoppers)
  for (const { key } of shoppers.unsettled) violations.push(`${key} never got an answer`)
  await Promise.all([shop.owner.stop(), shop.next.stop()])
  const outcomes = new Tally()
  countAnswers(outcomes, shoppers.wishes)
  return {
    campaign: "hand-over",
    workers,
    seed,
    faults: faults.counts,
    outcomes: outcomes.counts,
    checks: judgement.checks + 3 * times + shoppers.wishes.length,
    violations: [...violations, ...judgement.violations],
    notTested: [],
    figures: {
      "longest wait for an answer, ms": worst,
      "waited longer than 2 s": shoppers.wishes.filter((wish) => (waitOf(wish) ?? 0) > PROMISED_MS).length,
    },
  }
}
