/**
 * Lesson: asynchronous stock does not make the answer faster. Taking an order now and looking at the stock later answers at once,
 * and says nothing: the decision still waits its turn, and "yes" was the answer to those for whom nothing was left. What makes the
 * decision faster is deciding many with one write.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../adapters/postgres/client.ts"
import * as Pools from "../adapters/postgres/pools.ts"
import { bar, type Lesson } from "./lesson.ts"

const BUYERS = 200
const UNITS = 40

/** Buyers whose transactions run at a time; the others wait for a connection. */
const CONNECTIONS = 16

const TABLES = [
  "create table jars as select 1 as id, 0 as units",
  "create table wishes (buyer int primary key)",
  "create table sales (buyer int primary key)",
]

interface Row {
  readonly n: number
}

const say = (statement: string, ...parameters: ReadonlyArray<unknown>) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement, parameters))

const inTransaction = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.withTransaction(body))

/** What a buyer was answered, and when (ms): the first answer, and the one that is true. */
interface Heard {
  readonly answer: "yes" | "no"
  readonly answered: number
  readonly known: number
}

const buyers = Array.from({ length: BUYERS }, (_, index) => index + 1)

const decide = (buyer: number) =>
  inTransaction(
    Effect.gen(function* () {
      const taken = yield* say("update jars set units = units - 1 where units > 0 returning units as n")
      if (taken.length === 0) return false
      yield* say("insert into sales values ($1)", buyer)
      return true
    }),
  )

const since = (begun: number): number => performance.now() - begun

/** The answer waits for the decision: one transaction an order. */
const decideThenAnswer = Effect.gen(function* () {
  const begun = performance.now()
  return yield* Effect.forEach(
    buyers,
    (buyer) =>
      Effect.map(decide(buyer), (bought): Heard => {
        const now = since(begun)
        return { answer: bought ? "yes" : "no", answered: now, known: now }
      }),
    { concurrency: "unbounded" },
  )
})

/** Thank you for your order! A worker looks at the stock afterwards, one wish after the other. */
const answerThenDecide = Effect.gen(function* () {
  const begun = performance.now()
  const answered = yield* Effect.forEach(
    buyers,
    (buyer) => Effect.map(say("insert into wishes values ($1)", buyer), () => since(begun)),
    { concurrency: "unbounded" },
  )
  return yield* Effect.forEach(buyers, (buyer, index) =>
    Effect.map(decide(buyer), (): Heard => ({ answer: "yes", answered: answered[index]!, known: since(begun) })),
  )
})

/** All that wait are decided in memory, in their order, and written at once; then each is answered. */
const decideTogether = Effect.gen(function* () {
  const begun = performance.now()
  const bought = yield* inTransaction(
    Effect.gen(function* () {
      const [jar] = yield* say("select units as n from jars for update")
      const lucky = buyers.slice(0, jar!.n)
      yield* say("update jars set units = units - $1", lucky.length)
      yield* say("insert into sales select unnest($1::int[])", lucky)
      return new Set(lucky)
    }),
  )
  const now = since(begun)
  return buyers.map((buyer): Heard => ({ answer: bought.has(buyer) ? "yes" : "no", answered: now, known: now }))
})

const WAYS = {
  "decide, then answer": decideThenAnswer,
  "answer, decide later": answerThenDecide,
  "decide together, then answer": decideTogether,
}

const middle = (all: ReadonlyArray<number>): number => all.toSorted((a, b) => a - b)[all.length >> 1]!

const play = (way: (typeof WAYS)[keyof typeof WAYS]) =>
  Effect.gen(function* () {
    yield* say("truncate wishes, sales")
    yield* say("update jars set units = $1", UNITS)
    const heard = yield* way
    const [sold] = yield* say("select count(*)::int as n from sales")
    const promised = heard.filter(({ answer }) => answer === "yes").length
    return {
      broken: promised - sold!.n,
      sold: sold!.n,
      answered: middle(heard.map(({ answered }) => answered)),
      known: middle(heard.map(({ known }) => known)),
    }
  })

export const asyncStock: Lesson = {
  name: "async-stock",
  title: "asynchronous stock does not make the answer faster, only untrue",
  page: "docs/guide/01-concurrency.md",
  run: async ({ database, print }) => {
    const client = PostgresClient.layer(await database(), { ...Pools.ALONE, transactions: CONNECTIONS })
    const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>) =>
      Effect.runPromise(Effect.provide(effect, client))
    await on(Effect.forEach(TABLES, (table) => say(table)))
    print(`${BUYERS} buyers for ${UNITS} units: when is the first answer there, and when the true one (median)?`)
    const found: Array<Effect.Success<ReturnType<typeof play>>> = []
    for (const way of Object.values(WAYS)) found.push(await on(play(way)))
    const most = Math.max(...found.map(({ known }) => known))
    for (const [index, name] of Object.keys(WAYS).entries()) {
      const { answered, broken, known } = found[index]!
      print(bar(name, answered, most, `${answered.toFixed(0)} ms until an answer`))
      print(bar("", known, most, `${known.toFixed(0)} ms until the truth; ${broken} promises broken`))
    }
    const [cautious, hasty, together] = found
    const isTrue = ({ broken, sold }: (typeof found)[number]) => broken === 0 && sold === UNITS
    return { failed: hasty!.broken === BUYERS - UNITS, held: isTrue(cautious!) && isTrue(together!) }
  },
}
