/** What the audit costs where the planner knows little, and what it does when the database is too slow for it: on a real PostgreSQL. */
import { randomUUID } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Books from "../../../src/adapters/postgres/audit/books.ts"
import * as Look from "../../../src/adapters/postgres/audit/look.ts"
import { DIFFERING, ROWS, WINDOW } from "../../../src/adapters/postgres/audit/statements.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { type SmallShop, sell } from "../../cli/small-shop.ts"
import { imported, rush } from "../../support/books-by-hand.ts"
import { costOf } from "../../support/plans.ts"
import { copyOf, freshDatabase } from "../../support/postgres.ts"

const ME = randomUUID()

let url: string
let shop: SmallShop

const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>) =>
  Effect.runPromise(Effect.provide(effect, PostgresClient.layer(url)))

const ask = <Row>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
  on(Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row & object>(statement, parameters)))

const run = (...statements: ReadonlyArray<string>) =>
  on(
    Effect.flatMap(PgClient.PgClient, (sql) =>
      Effect.forEach(statements, (statement) => sql.unsafe(statement).unprepared, { discard: true }),
    ),
  )

/** Until everything that stands there has been compared. */
const audited = async () => {
  for (;;) {
    const look = await on(Look.take(ME))
    const { from, newest } = look.books
    if (look.isAtEnd && from === newest) return look
  }
}

const lines = ({ books }: Pick<Look.Look, "books">) => books.findings.map(Books.lineOf)

const SETTINGS = Object.entries(Look.SETTINGS).map(([name, value]) => `${name} = '${value}'`)
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

const seqs = async () => {
  const rows = await ask<{ readonly seq: number }>("select seq::int as seq from lanes order by lane")
  return rows.map(({ seq }) => seq)
}

let sold: string

beforeAll(async () => {
  sold = await freshDatabase()
  shop = await sell(sold, 2)
})

beforeEach(async () => {
  url = await copyOf(sold)
})

describe("the audit", () => {
  it("looks at each of thousands of new products once, although the planner expects eight", async () => {
    await audited()
    const products = 3_000
    const [lane] = await on(
      Effect.flatMap(PgClient.PgClient, (sql) =>
        Effect.andThen(
          Effect.forEach(imported(products), (statement) => sql.unsafe(statement).unprepared, { discard: true }),
          sql.unsafe<{ readonly seq: number }>("select seq::int as seq from lanes where lane = 7"),
        ).pipe(sql.withTransaction),
      ),
    )
    const window = [[7], [lane!.seq - products], [lane!.seq], Books.NO_ID, Books.NO_ID, Books.NO_ID]
    const cost = await on(costOf(WINDOW, window, SETTINGS))
    // Each of them is in no more than a few of the sums, and fits.
    expect(cost.removed).toBeLessThan(10 * products)
    const look = await on(Look.take(ME))
    expect({ facts: look.facts, lines: lines(look) }).toEqual({ facts: products, lines: [] })
  })

  it("reads orders and their lines once each, and joins them only where their sums differ", async () => {
    const { books } = await audited()
    await run(...rush(shop, 10))
    const range = [books.newest, LAST_ID]
    const [row] = await ask<{ readonly found: string }>(ROWS, range)
    expect(JSON.parse(row!.found)).toMatchObject({ orders: 10, plain: true })
    const { nodes } = await on(costOf(ROWS, range, SETTINGS))
    expect(nodes.filter((node) => /Join|Sort|Group/.test(node))).toEqual([])
  })

  it("asks which of thousands of orders differ without comparing each with each, although the planner expects a few", async () => {
    const { books } = await audited()
    await run("analyze")
    const before = await seqs()
    const orders = 3_000
    await run(...rush(shop, orders))
    const lanes = before.map((_, lane) => lane)
    const cost = await on(costOf(DIFFERING, [lanes, before, await seqs(), books.newest, LAST_ID], SETTINGS))
    expect(cost.removed).toBeLessThan(10 * orders)
    expect(lines(await audited())).toEqual([])
  })

  it("halves what it asks for when that is not to be had in time, until it has caught up", async () => {
    await audited()
    await run(
      ...rush(shop, 200),
      "alter table outbox rename to outbox_quick",
      "create view outbox as select * from outbox_quick where pg_sleep(0.001)::text is not null",
    )
    const taking = Look.series(ME, { facts: 1_024, orders: 1_000, differing: 1_000, timeoutMs: 150 })
    let [late, facts] = [0, 0]
    for (let looks = 0; looks < 100 && facts < 401; looks++) {
      const look = await on(Effect.orElseSucceed(taking, () => null))
      facts += look?.facts ?? 0
      if (look === null) late++
    }
    expect(facts).toBe(401)
    expect(late).toBeGreaterThan(0)
  })
})
