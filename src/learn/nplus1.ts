/** Lesson: N+1. A list of orders, and one more query for the lines of each; then all lines in the same statement. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../adapters/postgres/client.ts"
import { bar, type Lesson } from "./lesson.ts"

const LINES = 3

/** Orders a page. */
const PAGES = [10, 50, 100]

const TABLES = [
  "create table orders (id int primary key)",
  "create table lines (order_id int not null, product text not null)",
  "create index on lines (order_id)",
  `insert into orders select generate_series(1, ${Math.max(...PAGES)})`,
  `insert into lines select id, 'jar ' || line from orders, generate_series(1, ${LINES}) line`,
]

interface Order {
  readonly id: number
  readonly products: ReadonlyArray<string>
}

/** Asks the database, and counts how often. */
type Ask = <Row extends object>(
  statement: string,
  ...parameters: ReadonlyArray<number>
) => Effect.Effect<ReadonlyArray<Row>, unknown>

type List = (ask: Ask, page: number) => Effect.Effect<ReadonlyArray<Order>, unknown>

const oneForEach: List = (ask, page) =>
  Effect.flatMap(ask<{ readonly id: number }>("select id from orders order by id limit $1", page), (orders) =>
    Effect.forEach(orders, ({ id }) =>
      Effect.map(
        ask<{ readonly product: string }>("select product from lines where order_id = $1 order by product", id),
        (lines) => ({ id, products: lines.map(({ product }) => product) }),
      ),
    ),
  )

const together: List = (ask, page) =>
  ask<Order>(
    `select o.id, l.products from (select id from orders order by id limit $1) o,
      lateral (select array_agg(product order by product) as products from lines where order_id = o.id) l order by o.id`,
    page,
  )

/** What came, how many statements it took, and how long (ms). */
const measure = (list: List, page: number) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    let statements = 0
    const ask: Ask = <Row extends object>(statement: string, ...parameters: ReadonlyArray<number>) => {
      statements++
      return sql.unsafe<Row>(statement, parameters)
    }
    const begun = performance.now()
    const orders = yield* list(ask, page)
    return { orders, statements, ms: performance.now() - begun }
  })

export const nplus1: Lesson = {
  name: "nplus1",
  title: "a list of 100 orders that asks the database 101 times",
  page: "docs/guide/05-database.md",
  run: async ({ database, print }) => {
    const url = await database()
    const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>) =>
      Effect.runPromise(Effect.provide(effect, PostgresClient.layer(url)))
    await on(Effect.flatMap(PgClient.PgClient, (sql) => Effect.forEach(TABLES, (each) => sql.unsafe(each))))
    const takeBoth = (page: number) => Effect.all([measure(oneForEach, page), measure(together, page)])
    const found = await on(Effect.forEach(PAGES, takeBoth))
    const most = Math.max(...PAGES) + 1
    for (const [index, [each, all]] of found.entries()) {
      const label = (how: string) => `${PAGES[index]} orders, ${how}`
      print(
        bar(label("lines for each"), each.statements, most, `${each.statements} statements, ${each.ms.toFixed(1)} ms`),
      )
      print(bar(label("lines with them"), all.statements, most, `${all.statements} statement, ${all.ms.toFixed(1)} ms`))
    }
    print("Here the database is a step away. Over a network each statement costs a round trip more.")
    const isSame = found.every(([each, all]) => JSON.stringify(each.orders) === JSON.stringify(all.orders))
    return {
      failed: found.every(([{ statements }], index) => statements === PAGES[index]! + 1),
      held: isSame && found.every(([, { statements }]) => statements === 1),
    }
  },
}
