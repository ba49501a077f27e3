/** The always-on audit over a real database: a look at a lawful shop finds nothing, and each law that is broken by hand is found by the next one. */
import { randomUUID } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Books from "../../../src/adapters/postgres/audit/books.ts"
import * as Look from "../../../src/adapters/postgres/audit/look.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as Lane from "../../../src/domain/lane.ts"
import { type SmallShop, sell } from "../../cli/small-shop.ts"
import { copied, fact, lawful, moved, newId } from "../../support/books-by-hand.ts"
import { copyOf, freshDatabase } from "../../support/postgres.ts"

const ME = randomUUID()

let url: string
let shop: SmallShop

const on = <A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>) =>
  Effect.runPromise(Effect.provide(effect, PostgresClient.layer(url)))

const run = (...statements: ReadonlyArray<string>) =>
  on(
    Effect.flatMap(PgClient.PgClient, (sql) =>
      Effect.forEach(statements, (statement) => sql.unsafe(statement).unprepared, { discard: true }),
    ),
  )

/** Looks until everything that stands there has been compared. */
const audited = (me = ME, limits?: Look.Limits) =>
  on(
    Effect.gen(function* () {
      let facts = 0
      let orders = 0
      for (;;) {
        const look = yield* Look.take(me, limits)
        facts += look.facts
        orders += look.orders
        const { from, newest } = look.books
        if (look.isAtEnd && from === newest) return { ...look, facts, orders }
      }
    }),
  )

const lines = ({ books }: Pick<Look.Look, "books">) => books.findings.map(Books.lineOf)

let sold: string

beforeAll(async () => {
  sold = await freshDatabase()
  shop = await sell(sold, 2)
})

beforeEach(async () => {
  url = await copyOf(sold)
})

describe("a look at a lawful shop", () => {
  it("compares every order and fact once, and finds nothing", async () => {
    const first = await audited()
    expect(lines(first)).toEqual([])
    expect(first.books.oversold).toBe(0)
    const [row] = await on(
      Effect.flatMap(PgClient.PgClient, (sql) =>
        sql.unsafe("select (select count(*)::int from orders) as orders, (select count(*)::int from outbox) as facts"),
      ),
    )
    expect({ orders: first.orders, facts: first.facts }).toEqual(row)
    const second = await audited()
    expect({ orders: second.orders, facts: second.facts, lines: lines(second) }).toEqual({
      orders: 0,
      facts: 0,
      lines: [],
    })
    expect(second.books.auditedAt).toBe(second.now)
  })

  it("finds nothing either when a statement may read next to nothing", async () => {
    const cramped = { facts: 3, orders: 1, differing: 1, timeoutMs: 20_000 }
    const first = await audited(ME, cramped)
    expect(lines(first)).toEqual([])
    const [row] = await on(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe("select count(*)::int as orders from orders")),
    )
    expect({ orders: first.orders }).toEqual(row)
  })

  it("follows an order that changes after it was compared", async () => {
    await audited()
    await run(
      `update orders set status = 'cancelled', version = version + 1 where id = '${shop.open}'`,
      `update holds set state = 'released' where order_id = '${shop.open}'`,
      ...moved(shop.bread, "released", 0, -1, shop.open),
      ...fact("order", shop.open, 2, "jaego.order.cancelled.v1"),
    )
    const look = await audited()
    expect(look.facts).toBe(2)
    expect(lines(look)).toEqual([])
  })

  it("knows the greatest id there is, however many were announced after it in its lane", async () => {
    await audited()
    const ids = Array.from({ length: 40 }, () => `${newId().slice(0, -2)}07`)
      .toSorted()
      .toReversed()
    await run(...moved(shop.bread, "received", ids.length, 0, null), ...ids.flatMap((id) => lawful(shop, id)))
    const look = await audited()
    expect({ orders: look.orders, lines: lines(look) }).toEqual({ orders: 40, lines: [] })
    expect(look.books.newest).toBe(ids[0])
  })

  it("is taken by one process, until that has been silent", async () => {
    await audited()
    const other = randomUUID()
    expect(await on(Look.take(other))).toMatchObject({ leads: false })
    await run("update audit set looked_at = now() - interval '1 hour'")
    expect(await on(Look.take(other))).toMatchObject({ leads: true })
    expect(await on(Look.take(ME))).toMatchObject({ leads: false })
  })

  it("goes on in another process from where one stopped", async () => {
    await on(Look.take(ME))
    await run(...moved(shop.idle, "received", 5, 0, null), "update audit set looked_at = now() - interval '1 hour'")
    const look = await audited(randomUUID())
    expect({ facts: look.facts, lines: lines(look) }).toEqual({ facts: 1, lines: [] })
  })

  it("begins anew where facts have gone unread, and says how many it passed over", async () => {
    await run(
      `insert into outbox_dropped select 'outbox_old', now(), lane, 1 from outbox where subject = '${shop.idle}'`,
      `delete from outbox where subject = '${shop.idle}'`,
    )
    const look = await on(Look.take(ME))
    expect(look).toMatchObject({ leads: true, facts: 0, books: { findings: [] } })
    expect(look.passedOver).toBeGreaterThan(10)
    expect(lines(await audited())).toEqual([])
  })
})

interface Plant {
  readonly what: string
  readonly sql: (shop: SmallShop) => ReadonlyArray<string>
  readonly says: (shop: SmallShop) => ReadonlyArray<string | RegExp>
  readonly oversold?: number
}

const PLANTS: ReadonlyArray<Plant> = [
  {
    what: "more reserved than is there",
    sql: ({ idle }) => [
      "alter table stock drop constraint never_oversold",
      `update stock set reserved = 13 where product_id = '${idle}'`,
    ],
    says: ({ idle }) => [`product ${idle}: its stock says 10 on hand, 13 reserved`],
    oversold: 3,
  },
  {
    what: "a stock row that was changed by hand",
    sql: ({ milk }) => [`update stock set on_hand = on_hand + 5 where product_id = '${milk}'`],
    says: ({ milk }) => [new RegExp(`^product ${milk}: its stock says 14 on hand, .*; its movements 9 on hand`)],
  },
  {
    what: "reserved units that were changed by hand",
    sql: ({ milk }) => [`update stock set reserved = reserved + 2 where product_id = '${milk}'`],
    says: ({ milk }) => [
      new RegExp(`^product ${milk}: its stock says 9 on hand, 2 reserved, .*; its movements 9 on hand, 0`),
    ],
  },
  {
    what: "a version of the stock that was changed by hand",
    sql: ({ idle }) => [`update stock set version = version + 1 where product_id = '${idle}'`],
    says: ({ idle }) => [new RegExp(`^product ${idle}: its stock says .*, version 2; its movements .*, version 1$`)],
  },
  {
    what: "a product that was sold, whose update was lost",
    sql: ({ bread, open }) => [
      ...moved(bread, "reserved", 0, 1, null),
      ...moved(bread, "reserved", 0, 1, null),
      // As two transactions write that have read the same.
      `update movements m set reserved = m.reserved - 1, order_id = '${open}' from stock s
        where s.product_id = m.product_id and m.product_id = '${bread}' and m.version = s.version`,
      `update stock set reserved = reserved - 1 where product_id = '${bread}'`,
    ],
    says: ({ bread }) => [new RegExp(`^product ${bread}: 1 movements of versions \\d+ to \\d+ do not add up`)],
  },
  {
    what: "an order that was put in by hand",
    sql: ({ open }) => copied(newId(), open, 20),
    says: () => ["order [0-9a-f-]{36}: no fact tells of it"],
    // Eleven were there.
    oversold: 9,
  },
  {
    what: "an order that was put in by hand, with an id of no time",
    sql: ({ open }) => copied("f47ac10b-58cc-4372-a567-0e02b2c3d479", open),
    says: () => ["order f47ac10b-58cc-4372-a567-0e02b2c3d479: no fact tells of it"],
  },
  {
    what: "an order whose total its lines do not have",
    sql: () => [
      ...lawful(shop, newId()),
      "update orders set total_amount = total_amount + 1 where id = (select id from orders order by id desc limit 1)",
    ],
    says: () => ["order [0-9a-f-]{36}: its lines do not fit it"],
  },
  {
    what: "an order of free units whose lines are not as its state says",
    sql: () => {
      const id = newId()
      return [
        ...lawful(shop, id),
        `update holds set unit_price = 0 where order_id = '${id}'`,
        `update orders set total_amount = 0, status = 'paid' where id = '${id}'`,
      ]
    },
    says: () => ["order [0-9a-f-]{36}: its lines do not fit it"],
  },
  {
    what: "a total beyond all weights that its lines do not have",
    sql: () => {
      const id = newId()
      return [
        ...lawful(shop, id),
        `update holds set unit_price = unit_price + 3 * (1::bigint << 31) where order_id = '${id}'`,
        `update orders set total_amount = total_amount + (1::bigint << 31) where id = '${id}'`,
      ]
    },
    says: () => ["order [0-9a-f-]{36}: its lines do not fit it"],
  },
  {
    what: "totals of two orders that were exchanged",
    sql: () => {
      const [one, other] = [newId(), newId()]
      return [
        ...lawful(shop, one),
        ...lawful(shop, other),
        `update orders set total_amount = total_amount + case id when '${one}' then 100 else -100 end where id in ('${one}', '${other}')`,
      ]
    },
    says: () => ["order [0-9a-f-]{36}: its lines do not fit it"],
  },
  {
    what: "a line of more units than were reserved",
    sql: ({ bread, open }) => {
      const id = newId()
      return [...copied(id, open, 2), ...moved(bread, "reserved", 0, 1, id), ...fact("order", id, 1, "placed")]
    },
    says: () => ["order [0-9a-f-]{36}: no movement reserved its units"],
  },
  {
    what: "a fact that is missing in its lane",
    sql: ({ idle }) => [
      ...moved(idle, "received", 1, 0, null),
      ...moved(idle, "received", 1, 0, null),
      `delete from outbox where subject = '${idle}' and subject_version = 2`,
    ],
    says: () => [/^lane \d+: 2 facts were written behind seq \d+, 1 are there$/],
  },
  {
    what: "a fact of a movement that is not there",
    sql: ({ idle }) => fact("stock", idle, 2, "jaego.stock.received.v1"),
    says: ({ idle }) => [`product ${idle}: versions 2 to 2 have 1 facts and 0 movements`],
  },
  {
    what: "a movement that does not fit its line",
    sql: ({ bread, open }) => moved(bread, "released", 0, -1, open),
    says: ({ open }) => [`order ${open}: a movement .released. does not fit its line`],
  },
  {
    what: "an order whose lines are not as its state says",
    sql: ({ open }) => [
      `update orders set status = 'cancelled', version = version + 1 where id = '${open}'`,
      ...fact("order", open, 2, "jaego.order.cancelled.v1"),
    ],
    says: ({ open }) => [`order ${open}: its lines do not fit it`],
  },
]

/** So many that a sweep takes two looks. */
const FILLERS = [
  `insert into products (id, sku, name, price_amount, price_currency, lane, created_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'many ' || n, 'many', 1, 'EUR', 0, now()
    from generate_series(1, 600) n`,
]

const newestOf = (product: string) =>
  `product_id = '${product}' and version = (select max(version) from movements where product_id = '${product}')`

/** What is done to milk after it was moved twice, and what is said of it. */
const MOVED: ReadonlyArray<Pick<Plant, "what" | "sql"> & { readonly says: string }> = [
  {
    what: "its stock row has other units",
    sql: ({ milk }) => [`update stock set on_hand = on_hand + 5 where product_id = '${milk}'`],
    says: "its stock says",
  },
  {
    what: "its stock row has another version",
    sql: ({ milk }) => [`update stock set version = version + 1 where product_id = '${milk}'`],
    says: "its stock says",
  },
  {
    what: "its stock row has an older version",
    sql: ({ milk }) => [`update stock set version = version - 1 where product_id = '${milk}'`],
    says: "its stock says",
  },
  {
    what: "its stock row is not there",
    sql: ({ milk }) => [`delete from stock where product_id = '${milk}'`],
    says: "its stock says nothing",
  },
  {
    what: "a movement stands behind it of which no fact tells",
    sql: ({ milk }) => [
      `insert into movements select product_id, version + 1, type, on_hand_delta, 0, on_hand + on_hand_delta, reserved, null, null, now()
        from movements where ${newestOf(milk)}`,
    ],
    says: "its stock says .* its movements",
  },
  {
    what: "its newest movement and its stock row were changed alike",
    sql: ({ milk }) => [
      `update movements set on_hand = on_hand + 3 where ${newestOf(milk)}`,
      `update stock set on_hand = on_hand + 3 where product_id = '${milk}'`,
    ],
    says: "1 movements of versions \\d+ to \\d+ do not add up",
  },
  {
    what: "a movement of its past does not end where the next begins",
    sql: ({ milk }) => [
      `update movements m set on_hand = m.on_hand + 3 from stock s
        where s.product_id = m.product_id and m.product_id = '${milk}' and m.version = s.version - 1`,
    ],
    says: "2 movements of versions \\d+ to \\d+ do not add up",
  },
  {
    what: "a movement has gone",
    sql: ({ milk }) => [`delete from movements where ${newestOf(milk)}`],
    says: "",
  },
  {
    what: "its facts tell twice of one version and never of another, with the same sum",
    sql: ({ milk }) => [
      ...moved(milk, "received", 3, 0, null),
      ...moved(milk, "received", 4, 0, null),
      `update outbox f set subject_version = case f.subject_version - s.version when -2 then s.version - 3 when -1 then s.version else f.subject_version end
        from stock s where s.product_id = f.subject and f.subject = '${milk}' and f.subject_version > s.version - 4`,
    ],
    says: "its facts have other versions than its movements",
  },
]

describe("a look finds", () => {
  it.each(PLANTS)("$what", async ({ oversold = 0, says, sql }) => {
    await audited()
    await run(...sql(shop))
    const found = await audited()
    const said = lines(found)
    for (const line of says(shop)) expect(said.join("\n")).toMatch(typeof line === "string" ? new RegExp(line) : line)
    // What was found is weighed at the look that knows it.
    expect((await audited()).books.oversold).toBe(oversold)
  })

  it("an order that was put in among others, and one that is gone", async () => {
    const [among, later, gone] = [newId(), newId(), newId()].toSorted()
    await audited()
    await run(...lawful(shop, later!), ...lawful(shop, gone!))
    // Its facts are read; its rows are compared at the next look.
    await on(Look.take(ME))
    await run(
      ...copied(among!, shop.open),
      `delete from holds where order_id = '${gone}'`,
      `delete from orders where id = '${gone}'`,
    )
    const found = lines(await audited(ME, { facts: 1_000, orders: 1, differing: 10, timeoutMs: 20_000 }))
    expect(found).toEqual(
      expect.arrayContaining([
        `order ${among}: no fact tells of it, no movement reserved its units`,
        `order ${gone}: it was told of, and is not there, units are reserved for a line that is not there`,
      ]),
    )
    // Part by part they are found as well.
    expect(found).toHaveLength(2)
    // Put in order again.
    await run(
      `delete from holds where order_id = '${among}'`,
      `delete from orders where id = '${among}'`,
      ...copied(gone!, shop.open),
    )
    expect(lines(await audited())).toEqual([])
  })

  it("a fact that is missing, in whatever lane it is", async () => {
    await audited()
    await run("update lanes set seq = seq + 1")
    const found = lines(await audited())
    expect(new Set(found.map((line) => /^lane (\d+): 1 facts were written .*, 0 are there$/.exec(line)?.[1]))).toEqual(
      new Set(Array.from({ length: Lane.COUNT }, (_, lane) => String(lane))),
    )
  })

  it.each(MOVED)("of a product that has moved, where the sweep is elsewhere: $what", async ({ says, sql }) => {
    await run(...FILLERS)
    await on(Look.take(ME))
    expect((await on(Look.take(ME))).books.swept).toBe(Books.NO_ID)
    await run(...moved(shop.milk, "received", 1, 0, null), ...moved(shop.milk, "received", 2, 0, null), ...sql(shop))
    const found = lines(await on(Look.take(ME)))
    expect(found.filter((line) => !line.startsWith("lane"))).toEqual([
      expect.stringMatching(new RegExp(`^product ${shop.milk}: .*${says}`)),
    ])
  })

  it("nothing of a product that has moved on behind what it reads", async () => {
    await audited()
    await run(...Array.from({ length: 40 }, () => moved(shop.milk, "received", 1, 0, null)).flat())
    for (let facts = 0; facts < 40; ) {
      const look = await on(Look.take(ME, { facts: 7, orders: 10, differing: 10, timeoutMs: 20_000 }))
      facts += look.facts
      expect(lines(look)).toEqual([])
    }
  })

  it("the stock of each product in turn, however many there are, and of one that has moved at once", async () => {
    await run(...FILLERS)
    await on(Look.take(ME))
    expect((await on(Look.take(ME))).books.swept).toBe(Books.NO_ID)
    await run(
      `update stock set on_hand = on_hand + 5 where product_id = '${shop.idle}'`,
      ...moved(shop.milk, "received", 1, 0, null),
      `update stock set on_hand = on_hand + 5 where product_id = '${shop.milk}'`,
    )
    expect(lines(await on(Look.take(ME)))).toEqual([expect.stringMatching(`^product ${shop.milk}: `)])
    const found = lines(await on(Look.take(ME)))
    expect(found).toHaveLength(2)
    expect(found).toContainEqual(expect.stringMatching(`^product ${shop.idle}: `))
  })

  it("nothing any more once the stock is what its movements say", async () => {
    await run(`update stock set on_hand = on_hand + 1 where product_id = '${shop.idle}'`)
    expect(lines(await audited())).toHaveLength(1)
    await run(`update stock set on_hand = on_hand - 1 where product_id = '${shop.idle}'`)
    expect(lines(await audited())).toEqual([])
  })
})
