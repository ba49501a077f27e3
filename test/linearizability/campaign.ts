/**
 * The campaign: histories of the real service, recorded while it is killed and started again, held to both checkers.
 *
 * One round is one service with some hot products, each of which gives a history. An undecided search is reported as such: what
 * was not decided was not proved twice. The recording of a round with violations is kept in a file.
 */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Campaign from "../faults/campaign.ts"
import { type Service, start, until } from "../support/service.ts"
import * as BySearch from "./by-search.ts"
import * as ByVersion from "./by-version.ts"
import * as Claims from "./claims.ts"
import { Crowd } from "./crowd.ts"
import type { History, Movement } from "./history.ts"

/** Few and hot, so that callers get in each other's way; three, so that orders of several lie on several workers. */
const PRODUCTS = 3
const CALLERS = 16
/** In one round; about a third of them touch each product. */
const OPERATIONS = 900
/** Soon gone: refusals and acceptances alternate. */
const ON_HAND = 30_000

interface OrderRow {
  readonly id: string
  readonly customerId: string
  readonly status: string
}

interface Books {
  readonly orders: ReadonlyArray<OrderRow>
  readonly movements: ReadonlyMap<string, ReadonlyArray<Movement>>
}

const pages = async <A>(service: Service, path: string): Promise<ReadonlyArray<A>> => {
  const rows: Array<A> = []
  for (let cursor = ""; ; ) {
    const { status, body, text } = await service.get(`${path}?limit=100${cursor}`)
    if (status !== 200) throw new Error(`${path} was answered ${text}`)
    rows.push(...body.data)
    if (!body.hasMore) return rows
    cursor = `&cursor=${body.nextCursor}`
  }
}

const readBooks = async (service: Service, products: ReadonlyArray<string>): Promise<Books> => {
  const movements = new Map<string, ReadonlyArray<Movement>>()
  for (const id of products)
    movements.set(id, (await pages<Movement>(service, `/v1/products/${id}/stock/movements`)).toReversed())
  return { orders: await pages<OrderRow>(service, "/v1/orders"), movements }
}

/** How the movements of an order end, by its status; one that was never placed gives back what it held. */
const ENDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  reserved: ["reserved"],
  paid: ["confirmed"],
  cancelled: ["released", "restocked"],
  payment_failed: ["released"],
  "never placed": ["released", "expired"],
}

/** Nothing follows any more: every hold stands as its order does. */
const isSettled = ({ orders, movements }: Books, unpaid: ReadonlySet<string>): boolean => {
  const byId = new Map(orders.map((order) => [order.id, order]))
  return [...movements.values()].every((list) => {
    const last = new Map<string, string>()
    for (const { orderId, type } of list) if (orderId !== null) last.set(orderId, type)
    return [...last].every(([orderId, type]) => {
      const order = byId.get(orderId)
      if (order?.status === "reserved" && !unpaid.has(order.customerId)) return false
      return ENDS[order?.status ?? "never placed"]!.includes(type)
    })
  })
}

const createProducts = async (service: Service): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for (let index = 0; index < PRODUCTS; index++) {
    const price = { amount: 1_250, currency: "EUR" }
    const product = { sku: `hot-${index}`, name: "Moon jar", price, onHand: ON_HAND }
    const { status, body, text } = await service.post("/v1/products", product)
    if (status !== 201) throw new Error(`a product was answered ${text}`)
    ids.push(body.id)
  }
  return ids
}

export interface Round {
  readonly crowd: Crowd
  readonly histories: ReadonlyArray<History>
}

interface RoundOptions {
  readonly workers: number
  readonly seed: number
  readonly freshDatabase: () => Promise<string>
}

/** Trade on hot products, with one kill -9 when half of it is begun, and what became of it. */
export const record = async ({ workers, seed, freshDatabase }: RoundOptions): Promise<Round> => {
  const env = { DATABASE_URL: await freshDatabase(), WORKERS: String(workers) }
  let service = await start(env)
  try {
    const products = await createProducts(service)
    const crowd = new Crowd(service, { products, callers: CALLERS, operations: OPERATIONS, seed })
    const trade = crowd.run()
    await until("half of it is begun", () => crowd.begun >= OPERATIONS / 2, 60_000)
    await service.kill()
    service = await start(env)
    crowd.moveTo(service)
    await trade
    const unpaid = new Set(
      crowd.operations.flatMap(({ asked }) =>
        asked.kind === "order" && asked.payment === "later" ? asked.customer : [],
      ),
    )
    const books = await until("every hold stands as its order does", async () => {
      const now = await readBooks(service, products)
      return isSettled(now, unpaid) && now
    })
    await crowd.lookAtAll()
    const orders = new Map(books.orders.map(({ customerId, id }) => [customerId, id]))
    const histories = products.map((product) => ({
      product,
      start: { onHand: ON_HAND, reserved: 0 },
      deeds: crowd.operations.flatMap((operation) => Claims.deedsOf(operation, product, workers)),
      movements: books.movements.get(product)!,
      orders,
    }))
    return { crowd, histories }
  } finally {
    await service.kill()
  }
}

/** A refused order does not exist, and whatever exists was ordered by one of us, once. */
const ordersNobodyPlaced = ({ crowd, histories }: Round): ReadonlyArray<string> => {
  const placed = new Set(
    crowd.operations.flatMap(({ asked, answer }) =>
      asked.kind === "order" && answer?.code !== "insufficient-stock" ? asked.customer : [],
    ),
  )
  const customers = [...(histories[0]?.orders.keys() ?? [])]
  return customers
    .filter((customer) => !placed.has(customer))
    .map((customer) => `${customer} was refused and has an order`)
}

const keep = (round: Round, seed: number): string => {
  const file = join(tmpdir(), `jaego-history-${seed}.json`)
  const histories = round.histories.map((history) => ({ ...history, orders: [...history.orders] }))
  writeFileSync(
    file,
    JSON.stringify(histories, (_, value) => (value === Number.POSITIVE_INFINITY ? null : value)),
  )
  return file
}

const tallyOf = (round: Round, faults: Campaign.Tally, outcomes: Campaign.Tally): void => {
  const { operations, unanswered, notNow } = round.crowd
  faults.add("killed while operations were under way")
  faults.add("attempts without an answer", unanswered)
  faults.add("attempts answered 503", notNow)
  faults.add("operations that stayed open", operations.filter(({ answer }) => answer === null).length)
  for (const { asked, answer } of operations)
    outcomes.add(`${asked.kind}: ${answer === null ? "open" : Claims.kindOf(answer)}`)
}

/** `times`: histories. `seen` hears of each, after both checkers. */
export const run = async (
  { times, workers, seed, freshDatabase, log }: Campaign.Options,
  seen: (history: History) => void = () => undefined,
): Promise<Campaign.Findings> => {
  const faults = new Campaign.Tally()
  const outcomes = new Campaign.Tally()
  const violations: Array<string> = []
  const notTested: Array<string> = []
  let checks = 0
  for (let made = 0; made < times; ) {
    const roundSeed = seed + made
    const round = await record({ workers, seed: roundSeed, freshDatabase })
    const { crowd, histories } = round
    tallyOf(round, faults, outcomes)
    const found = [...crowd.nonsense, ...crowd.operations.flatMap(Claims.unexpected), ...ordersNobodyPlaced(round)]
    for (const history of histories) {
      made++
      const { deeds, movements } = history
      checks += deeds.reduce((sum, { steps }) => sum + steps.length, 0)
      found.push(...ByVersion.check(history))
      const verdict = BySearch.check(history)
      if (verdict._tag === "Impossible") found.push(`Impossible: ${verdict.why}`)
      if (verdict._tag === "Undecided")
        notTested.push(
          `Round ${roundSeed}: a history of ${deeds.length} deeds was judged by its versions only; the search without them ` +
            `did not decide it within ${BySearch.SEARCH_MAX.toLocaleString("en")} positions.`,
        )
      outcomes.add(verdict._tag)
      const size = `${deeds.length} deeds, ${movements.length} versions`
      log(`history ${made}: ${size}, ${verdict._tag} after ${verdict.searched} positions`)
      seen(history)
    }
    if (found.length > 0) log(`recorded in ${keep(round, roundSeed)}`)
    violations.push(...found)
  }
  const counts = { faults: faults.counts, outcomes: outcomes.counts }
  return { campaign: "linearizability", workers, seed, ...counts, checks, violations, notTested }
}
