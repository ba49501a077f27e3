/**
 * Lesson: pages by OFFSET and by a cursor. Mina reads a shop's orders page by page while others order: which orders she sees twice or never,
 * and how much the database reads for a page that lies far behind.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../adapters/postgres/client.ts"
import { bar, type Lesson } from "./lesson.ts"

/** Orders a page, and pages that Mina reads. */
const ROWS = 10
const READ = 5

/** Orders that arrive while she looks at one page, and orders that are cancelled for good. */
const ARRIVE = 3
const GO = 2

/** Pages whose cost is measured. */
const FAR = [1, 10, 100, 1_000]

const TABLES = [
  "create table orders (id int primary key, buyer text not null)",
  `insert into orders select n, 'buyer ' || n from generate_series(1, ${ROWS * Math.max(...FAR)}) n`,
  "analyze orders",
]

type Sql = PgClient.PgClient

interface Order {
  readonly id: number
}

/** The newest first. `page` counts from 0; `last` is the id at the end of the page before. */
type PageQuery = (page: number, last: number) => string

const BEYOND_ALL = 2_147_483_647

const byOffset: PageQuery = (page) => `select id from orders order by id desc limit ${ROWS} offset ${page * ROWS}`
const byCursor: PageQuery = (_, last) => `select id from orders where id < ${last} order by id desc limit ${ROWS}`

/** The ids that she reads, while orders come at the top, and some of those that she has read go. */
const read = (sql: Sql, page: PageQuery) =>
  Effect.gen(function* () {
    const before = yield* sql.unsafe<Order>("select id from orders order by id desc")
    const seen: Array<number> = []
    const gone: Array<number> = []
    for (let n = 0; n < READ; n++) {
      const rows = yield* sql.unsafe<Order>(page(n, seen.at(-1) ?? BEYOND_ALL))
      seen.push(...rows.map(({ id }) => id))
      if (n === 0)
        yield* sql.unsafe(
          `insert into orders select max(id) + n, 'new' from orders, generate_series(1, ${ARRIVE}) n group by n`,
        )
      if (n === 2) {
        const cancelled = seen.slice(0, ARRIVE + GO)
        gone.push(...cancelled)
        yield* sql.unsafe(`delete from orders where id = any ('{${cancelled}}')`)
      }
    }
    const twice = seen.filter((id, index) => seen.indexOf(id) !== index)
    const end = Math.min(...seen)
    const missed = before.filter(({ id }) => id >= end && !seen.includes(id)).map(({ id }) => id)
    return { twice, missed }
  })

interface Plan {
  readonly "Shared Hit Blocks": number
  readonly "Shared Read Blocks": number
}

/** Pages of the disk, in memory or not, that the database touches for it. */
const touched = (sql: Sql, statement: string) =>
  Effect.map(
    sql.unsafe<{ readonly "QUERY PLAN": readonly [{ readonly Plan: Plan }] }>(
      `explain (analyze, buffers, format json) ${statement}`,
    ),
    ([row]) => row!["QUERY PLAN"][0].Plan["Shared Hit Blocks"] + row!["QUERY PLAN"][0].Plan["Shared Read Blocks"],
  )

const costs = (sql: Sql, page: PageQuery) =>
  Effect.gen(function* () {
    const [newest] = yield* sql.unsafe<{ readonly id: number }>("select max(id) as id from orders")
    // Ids here have gaps nowhere but at the top, which is far from where it matters.
    return yield* Effect.forEach(FAR, (n) => touched(sql, page(n - 1, newest!.id + 1 - (n - 1) * ROWS)))
  })

const said = ({ missed, twice }: { readonly twice: ReadonlyArray<number>; readonly missed: ReadonlyArray<number> }) =>
  `twice: ${twice.join(" ") || "none"}   never: ${missed.join(" ") || "none"}`

export const pages: Lesson = {
  name: "pages",
  title: "page after page while orders come and go: OFFSET, and a cursor",
  page: "docs/guide/05-database.md",
  run: async ({ database, print }) => {
    const onFresh = async <A, E>(use: (sql: Sql) => Effect.Effect<A, E>): Promise<A> => {
      const url = await database()
      const filled = Effect.flatMap(PgClient.PgClient, (sql) =>
        Effect.andThen(
          Effect.forEach(TABLES, (each) => sql.unsafe(each)),
          use(sql),
        ),
      )
      return Effect.runPromise(Effect.provide(filled, PostgresClient.layer(url)))
    }
    const shown = (page: PageQuery) => onFresh((sql) => Effect.all({ cost: costs(sql, page), drift: read(sql, page) }))
    const offset = await shown(byOffset)
    const cursor = await shown(byCursor)
    print(`${READ} pages of ${ROWS}, while ${ARRIVE} orders arrive and ${ARRIVE + GO} go`)
    print(`    OFFSET   ${said(offset.drift)}`)
    print(`    cursor   ${said(cursor.drift)}`)
    print("what the database touches for one page, in pages of the disk")
    const most = Math.max(...offset.cost)
    for (const [index, n] of FAR.entries()) {
      print(bar(`page ${n}, OFFSET`, offset.cost[index]!, most))
      print(bar(`page ${n}, cursor`, cursor.cost[index]!, most))
    }
    const isFlat = (cost: ReadonlyArray<number>) => Math.max(...cost) <= 2 * cost[0]!
    return {
      failed: offset.drift.twice.length > 0 && offset.drift.missed.length > 0 && !isFlat(offset.cost),
      held: cursor.drift.twice.length === 0 && cursor.drift.missed.length === 0 && isFlat(cursor.cost),
    }
  },
}
