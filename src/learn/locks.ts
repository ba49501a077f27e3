/**
 * Lesson: the race in a real PostgreSQL, and three cures: a lock before reading (pessimistic), a version that is compared when
 * writing (optimistic), one statement with the condition in it (atomic). Then what locks bring with them: deadlocks.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Latch } from "effect"
import * as PostgresClient from "../adapters/postgres/client.ts"
import * as Pools from "../adapters/postgres/pools.ts"
import { stateOf } from "../adapters/postgres/sql-failure.ts"
import { bar, type Lesson } from "./lesson.ts"

const BUYERS = 120
const UNITS = 20

/** Buyers whose transactions run at a time; the others wait for a connection. */
const CONNECTIONS = 16

/** Between reading and writing: what the code thinks meanwhile. */
const THINKING = "2 millis"

const TABLES = [
  "create table jars (id int primary key, units int not null, version int not null)",
  "create table sales (jar int not null)",
]

interface Jar {
  readonly units: number
  readonly version: number
}

const say = (statement: string, ...parameters: ReadonlyArray<unknown>) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Jar>(statement, parameters))

const inTransaction = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.withTransaction(body))

const SALE = say("insert into sales values (1)")

/** One try: sold, sold out, or overtaken. */
type Try = "sold" | "out" | "again"

const readThenWrite = (locking: string) =>
  inTransaction(
    Effect.gen(function* () {
      const [jar] = yield* say(`select units, version from jars where id = 1 ${locking}`)
      if (jar!.units < 1) return "out" as Try
      yield* Effect.sleep(THINKING)
      yield* say("update jars set units = $1 where id = 1", jar!.units - 1)
      yield* SALE
      return "sold" as Try
    }),
  )

/** Written only if it is as it was read. */
const compareVersion = inTransaction(
  Effect.gen(function* () {
    const [jar] = yield* say("select units, version from jars where id = 1")
    if (jar!.units < 1) return "out" as Try
    yield* Effect.sleep(THINKING)
    const written = yield* say(
      "update jars set units = $1, version = version + 1 where id = 1 and version = $2 returning units, version",
      ...[jar!.units - 1, jar!.version],
    )
    if (written.length === 0) return "again" as Try
    yield* SALE
    return "sold" as Try
  }),
)

const guardedUpdate = inTransaction(
  Effect.gen(function* () {
    yield* Effect.sleep(THINKING)
    const written = yield* say("update jars set units = units - 1 where id = 1 and units > 0 returning units, version")
    if (written.length === 0) return "out" as Try
    yield* SALE
    return "sold" as Try
  }),
)

const WAYS = {
  "read, check, write": readThenWrite(""),
  "pessimistic: for update": readThenWrite("for update"),
  "optimistic: compare version": compareVersion,
  "atomic: update where": guardedUpdate,
}

/** What all buyers got by one way. */
const crowd = (attempt: (typeof WAYS)[keyof typeof WAYS]) =>
  Effect.gen(function* () {
    yield* say("truncate jars, sales")
    yield* say("insert into jars values (1, $1, 1)", UNITS)
    const begun = performance.now()
    let tries = 0
    const buyer = Effect.repeat(
      Effect.tap(attempt, () => Effect.sync(() => tries++)),
      { until: (outcome) => outcome !== "again" },
    )
    yield* Effect.forEach(Array.from({ length: BUYERS }), () => buyer, { concurrency: "unbounded", discard: true })
    const [found] = yield* say("select count(*)::int as units, 0 as version from sales")
    return { sold: found!.units, tries, ms: performance.now() - begun }
  })

const DEADLOCK = "40P01"

/** Two transactions, each with one jar in its hand, want the other's; how many of the two ended as a deadlock's victim. */
const crossing = (orders: readonly [ReadonlyArray<number>, ReadonlyArray<number>]) =>
  Effect.gen(function* () {
    yield* say("truncate jars")
    yield* say("insert into jars values (1, 10, 1), (2, 10, 1)")
    const latches = [yield* Latch.make(), yield* Latch.make()] as const
    const take = (id: number) => say("update jars set units = units - 1 where id = $1", id)
    const buyer = (index: 0 | 1) => {
      const [first, second] = orders[index]
      const other = first === orders[1 - index]![0] ? Effect.void : latches[(1 - index) as 0 | 1].await
      // The second jar is reached for only when both have their first, or when both want the same one first.
      return inTransaction(Effect.all([take(first!), latches[index].open, other, take(second!)])).pipe(
        Effect.as(0),
        Effect.catch((error) => (stateOf(error) === DEADLOCK ? Effect.succeed(1) : Effect.die(error))),
      )
    }
    const both = [yield* Effect.forkChild(buyer(0)), yield* Effect.forkChild(buyer(1))]
    const victims = yield* Effect.forEach(both, (fiber) => Fiber.join(fiber))
    return victims.reduce((sum, each) => sum + each, 0)
  })

export const locks: Lesson = {
  name: "locks",
  title: "pessimistic, optimistic, atomic: three cures in a real PostgreSQL, and a deadlock",
  page: "docs/guide/01-concurrency.md",
  run: async ({ database, print }) => {
    const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>) =>
      Effect.runPromise(Effect.provide(effect, client))
    const client = PostgresClient.layer(await database(), { ...Pools.ALONE, transactions: CONNECTIONS })
    await on(Effect.forEach(TABLES, (table) => say(table)))
    print(`${BUYERS} buyers at once for ${UNITS} units, in PostgreSQL:`)
    const sold: Array<number> = []
    for (const [name, attempt] of Object.entries(WAYS)) {
      const found = await on(crowd(attempt))
      sold.push(found.sold)
      const retries = found.tries > BUYERS ? `, ${found.tries - BUYERS} tries again` : ""
      print(bar(name, found.sold, BUYERS, `${found.sold} sold in ${found.ms.toFixed(0)} ms${retries}`))
    }
    print("Two orders of the same two jars, each named in another order:")
    const crosswise = await on(
      crossing([
        [1, 2],
        [2, 1],
      ]),
    )
    print(bar("locked as they are named", crosswise, 2, `${crosswise} ended as the victim of a deadlock`))
    const inOrder = await on(
      crossing([
        [1, 2],
        [1, 2],
      ]),
    )
    print(bar("locked in the order of ids", inOrder, 2, `${inOrder}`))
    const [without, ...cures] = sold
    return {
      failed: without! > UNITS && crosswise === 1,
      held: cures.every((units) => units === UNITS) && inOrder === 0,
    }
  },
}
