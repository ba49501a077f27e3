/**
 * The judge: holds a shop to what its shoppers were answered, from its API and from its database.
 *
 * - an acknowledged order is there, with its content, at the status it was acknowledged with or a legal later one;
 * - a refused wish has bound no key, and so has placed nothing;
 * - a request without an answer has had one effect or none, and asking again with its key says which;
 * - what was answered as not decided was not done by that attempt;
 * - every order in the database was asked for, once;
 * - every fact has left, and every change of an order has come back from the stream, once;
 * - no error was a bare failure: 503 says when to come back, and nothing is a 500;
 * - every check of `jaego verify` holds.
 */

import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Verification from "../../src/adapters/postgres/verification/verify.ts"
import { until } from "../support/service.ts"
import { type Answered, finalOf, isFinal, kindOf, type Shoppers, type Wish } from "./shoppers.ts"

export interface Judgement {
  readonly checks: number
  /** A sentence each. */
  readonly violations: ReadonlyArray<string>
}

const inDatabase = <A, E>(url: string, program: Effect.Effect<A, E, PgClient.PgClient>): Promise<A> =>
  Effect.runPromise(Effect.provide(program, PostgresClient.layer(url)))

/** The keys that are bound, with the order they answer: the database's own word on what has happened. */
export const boundKeys = (databaseUrl: string): Promise<ReadonlyMap<string, string>> =>
  inDatabase(
    databaseUrl,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const rows = yield* sql<{ readonly key: string; readonly order: string | null }>`
        select key, order_id::text as order from idempotency_keys`
      return new Map(rows.map(({ key, order }) => [key, order ?? ""]))
    }),
  )

/** What `jaego verify` finds broken. */
export const verify = async (databaseUrl: string): Promise<Judgement> => {
  const { checks } = await inDatabase(databaseUrl, Verification.verify)
  const violations = checks
    .filter((check) => check.violations > 0)
    .map(({ law, name, rows, violations }) => `verify: ${law} ${name}: ${violations}, ${JSON.stringify(rows[0])}`)
  return { checks: checks.length, violations }
}

/**
 * Right after a restart, when nothing can be under way: `bound` is what the database says. Asks again for everything open
 * and expects exactly what is bound to be replayed, and the rest to be new.
 */
export const judgeRetries = async (shoppers: Shoppers, bound: ReadonlyMap<string, string>): Promise<Judgement> => {
  const open = [...shoppers.unsettled]
  const known = new Map(open.map((wish) => [wish, wish.answers.length]))
  await shoppers.settle()
  const violations = open.flatMap((wish): ReadonlyArray<string> => {
    const final = finalOf(wish)
    if (final === null) return [`${nameOf(wish)} got no final answer: ${wish.answers.map(kindOf).slice(-3).join(", ")}`]
    const order = bound.get(wish.key)
    // Of the attempts that were made now, the first acceptance is the one that counts.
    const first = wish.answers.slice(known.get(wish)).find(isFinal)
    const accepted = first !== undefined && (first.replayed || first.status! < 300)
    if (order === undefined)
      return first?.replayed ? [`${nameOf(wish)} was not bound, and its retry was answered as a replay`] : []
    if (!accepted) return [`${nameOf(wish)} was bound to ${order}, and its retry was answered ${kindOf(final)}`]
    if (!first.replayed) return [`${nameOf(wish)} was bound to ${order}, and happened again`]
    return idOf(first) === order ? [] : [`${nameOf(wish)} was bound to ${order}, and its retry said ${idOf(first)}`]
  })
  return { checks: open.length, violations }
}

const nameOf = ({ key, kind }: Wish): string => `${kind} ${key}`

/** The order an answer speaks of; a declined payment names it beside the problem. */
const idOf = ({ body }: Answered): string => body?.id ?? body?.orderId ?? ""

const accepts = ({ status }: Answered): boolean => status !== null && (status < 300 || status === 402)

/** What may have become of an order that was acknowledged with this status. */
const LATER: { readonly [status: string]: ReadonlyArray<string> } = {
  reserved: ["reserved", "paid", "payment_failed", "cancelled", "expired"],
  paid: ["paid", "shipped", "delivered", "cancelled"],
  cancelled: ["cancelled"],
  payment_failed: ["payment_failed"],
}

const statusOf = (answer: Answered): string => (answer.status === 402 ? "payment_failed" : answer.body.status)

const termsOf = ({ id, customerId, lines, total, createdAt, expiresAt }: Answered["body"]): string =>
  JSON.stringify({ id, customerId, lines, total, createdAt, expiresAt })

/** One answer per key: its order, its terms. */
const sameAnswers = (wish: Wish): ReadonlyArray<string> => {
  const accepted = wish.answers.filter(accepts)
  const ids = new Set(accepted.map(idOf))
  const terms = new Set(accepted.filter(({ status }) => status !== 402).map(({ body }) => termsOf(body)))
  const found: Array<string> = []
  if (ids.size > 1) found.push(`${nameOf(wish)} was answered with several orders: ${[...ids].join(", ")}`)
  if (terms.size > 1) found.push(`${nameOf(wish)} was answered with several terms: ${[...terms].join(" | ")}`)
  const fresh = accepted.filter(({ replayed }) => !replayed)
  if (fresh.length > 1) found.push(`${nameOf(wish)} was accepted ${fresh.length} times`)
  return found
}

const saysNothingWasDecided = ({ body, status }: Answered): boolean =>
  status !== null && status >= 400 && /nothing was decided/i.test(body?.detail ?? "")

/** A first acceptance that is a replay: an earlier attempt has had the effect, so one of them has left its outcome open. */
export const truthfully = (wish: Wish): ReadonlyArray<string> => {
  const first = wish.answers.findIndex(accepts)
  if (first === -1 || !wish.answers[first]!.replayed) return []
  const { heardAt } = wish.answers[first]!
  // Of attempts that are under way at once the replay may be heard first: the one that it repeats is heard later.
  const before = wish.answers.filter(({ sentAt }, index) => index !== first && sentAt < heardAt)
  return before.every(saysNothingWasDecided)
    ? [`${nameOf(wish)} was answered that nothing was decided, and it was: ${wish.answers.map(kindOf).join(", ")}`]
    : []
}

const politely = (wish: Wish): ReadonlyArray<string> =>
  wish.answers.flatMap((answer) => {
    if (answer.code === "never") return [`${nameOf(wish)} was kept waiting without an answer`]
    if (answer.status === 503 && answer.retryAfter === null) return [`${nameOf(wish)} got a 503 without Retry-After`]
    if (answer.status !== null && answer.status >= 500 && answer.status !== 503)
      return [`${nameOf(wish)} was answered ${kindOf(answer)}`]
    return []
  })

/** Every order that was acknowledged to anyone, read back. */
const ordersAreThere = async (url: string, wishes: ReadonlyArray<Wish>): Promise<Judgement> => {
  const left = [...wishes]
  const violations: Array<string> = []
  let checks = 0
  const reader = async () => {
    for (let wish = left.pop(); wish !== undefined; wish = left.pop()) {
      const heard = wish.answers.filter(accepts)
      const last = heard.at(-1)
      if (last === undefined) continue
      checks++
      // Lines of readers that a campaign has silenced are found out one after the other: a reader who gets 503 asks again.
      const response = await until("an order is read", async () => {
        const answer = await fetch(`${url}/v1/orders/${idOf(last)}`)
        if (answer.status !== 503) return answer
        await answer.arrayBuffer()
        return false
      })
      // biome-ignore lint/suspicious/noExplicitAny: an order as the API shows it
      const order: any = await response.json()
      if (response.status !== 200) {
        violations.push(`${nameOf(wish)} was acknowledged, and ${idOf(last)} is ${response.status}`)
        continue
      }
      for (const answer of heard) {
        if (answer.status !== 402 && termsOf(order) !== termsOf(answer.body))
          violations.push(`${nameOf(wish)} was answered ${termsOf(answer.body)}, the order is ${termsOf(order)}`)
        if (!LATER[statusOf(answer)]!.includes(order.status))
          violations.push(`${nameOf(wish)} was answered ${statusOf(answer)}, the order is ${order.status}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 16 }, reader))
  return { checks, violations }
}

const effectsWereAskedFor = async (databaseUrl: string, wishes: ReadonlyArray<Wish>): Promise<Judgement> => {
  const bound = await boundKeys(databaseUrl)
  const violations: Array<string> = []
  for (const wish of wishes) {
    const everAccepted = wish.answers.some(accepts)
    const open = wish.answers.some((answer) => !isFinal(answer))
    if (everAccepted && !bound.has(wish.key)) violations.push(`${nameOf(wish)} was accepted, and its key is not bound`)
    if (!everAccepted && !open && bound.has(wish.key))
      violations.push(`${nameOf(wish)} was refused, and its key is bound to ${bound.get(wish.key)}`)
  }
  const places = new Map(wishes.filter(({ kind }) => kind === "place").map((wish) => [wish.key, wish]))
  const orders = await inDatabase(
    databaseUrl,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      return yield* sql<{ readonly id: string; readonly keys: ReadonlyArray<string> }>`
        select o.id::text as id, array_remove(array_agg(k.key), null) as keys
        from orders o left join idempotency_keys k on k.order_id = o.id and k.route = 'orders'
        where o.customer_id like 'shopper-%' group by o.id`
    }),
  )
  for (const { id, keys } of orders) {
    if (keys.length !== 1) violations.push(`order ${id} was placed under ${keys.length} keys`)
    else if (!places.has(keys[0]!))
      violations.push(`order ${id} was placed under ${keys[0]}, which no caller asked for`)
  }
  return { checks: wishes.length + orders.length, violations }
}

/**
 * What was answered, against the shop's API and its database, while business rests and all wishes are settled. Orders are read
 * back of the wishes from number `since` on.
 */
export const judgeAnswers = async (
  url: string,
  databaseUrl: string,
  { wishes }: Pick<Shoppers, "wishes">,
  since = 0,
): Promise<Judgement> => {
  const recent = wishes.slice(since)
  const answered = {
    checks: recent.length,
    violations: recent.flatMap((wish) => [...sameAnswers(wish), ...truthfully(wish), ...politely(wish)]),
  }
  return sum([answered, await ordersAreThere(url, recent), await effectsWereAskedFor(databaseUrl, wishes)])
}

/** Longest until everything has come to its end (ms): a charge is asked for every 5 s, a tentative hold lives 5 s. */
const REST_MS = 90_000

/** Nothing stays open for good: no charge without an outcome, no refund that is due, no hold whose order never came. */
export const judgeRest = async (databaseUrl: string): Promise<Judgement> => {
  const rest = await inDatabase(
    databaseUrl,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const look = sql<{ readonly orders: bigint; readonly holds: bigint }>`
        select (select count(*) from orders where attempt_token is not null or refund = 'due' or elsewhere) as orders,
          (select count(*) from holds where state = 'tentative') as holds`
      const end = performance.now() + REST_MS
      for (;;) {
        const [{ holds, orders } = { holds: 0n, orders: 0n }] = yield* look
        if ((Number(holds) === 0 && Number(orders) === 0) || performance.now() > end) return { holds, orders }
        yield* Effect.sleep("100 millis")
      }
    }),
  )
  const open = Object.entries(rest).filter(([, count]) => Number(count) > 0)
  return { checks: 2, violations: open.map(([what, count]) => `${count} ${what} are still open after ${REST_MS} ms`) }
}

/**
 * Facts have found their way out, whatever was in it: looks until none is behind and each order's timeline has its versions
 * above the first, each once.
 */
export const judgeFacts = async (databaseUrl: string): Promise<Judgement> => {
  const { behind, missing } = await inDatabase(
    databaseUrl,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const look = sql<{ readonly behind: bigint; readonly missing: bigint }>`
        select (select coalesce(sum(l.seq - c.seq), 0)::bigint from lanes l join relay_cursors c on c.lane = l.lane) as behind,
          (select count(*) from orders o where array(select version from timeline t where t.order_id = o.id
            and t.version is not null order by version) <> array(select generate_series(2, o.version))) as missing`
      const end = performance.now() + REST_MS
      for (;;) {
        const [seen = { behind: 0n, missing: 0n }] = yield* look
        if ((Number(seen.behind) === 0 && Number(seen.missing) === 0) || performance.now() > end) return seen
        yield* Effect.sleep("100 millis")
      }
    }),
  )
  const violations: Array<string> = []
  if (Number(behind) > 0) violations.push(`${behind} facts have not left after ${REST_MS} ms`)
  if (Number(missing) > 0)
    violations.push(`of ${missing} orders not every change is in the timeline once after ${REST_MS} ms`)
  return { checks: 2, violations }
}

/** Everything, once business rests and all wishes are settled. */
export const judge = async (url: string, databaseUrl: string, shoppers: Pick<Shoppers, "wishes">): Promise<Judgement> =>
  sum([await judgeAnswers(url, databaseUrl, shoppers), await judgeFacts(databaseUrl), await verify(databaseUrl)])

export const sum = (judgements: ReadonlyArray<Judgement>): Judgement => ({
  checks: judgements.reduce((all, { checks }) => all + checks, 0),
  violations: judgements.flatMap(({ violations }) => violations),
})
