/** What is only said of orders that ended long ago goes, a stretch at a time; of all other orders nothing does. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { expect, it } from "vitest"
import * as BulkLoad from "../../../src/adapters/postgres/bulk-load.ts"
import * as TimelineRetention from "../../../src/adapters/postgres/timeline-retention.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"

const HOURS = 1_000
/** More than two stretches, of which the last is no whole one. */
const ORDERS = 2 * TimelineRetention.STRETCH + 100

const run = (statement: string) => PgClient.PgClient.use((sql) => sql.unsafe(statement))

const over = <A, E>(body: Effect.Effect<A, E, PgClient.PgClient>) =>
  Effect.runPromise(Effect.provide(body, freshClient))

const kept = PgClient.PgClient.use((sql) =>
  sql.unsafe<{ readonly timelines: number; readonly keys: number; readonly callbacks: number }>(`select
    (select count(distinct order_id)::int from timeline) as timelines,
    (select count(distinct key)::int from consumer_keys) as keys,
    (select count(distinct order_id)::int from carrier_callbacks) as callbacks`),
)

/** Orders that were placed so long ago, or up to a month before that, and have all ended, as the consumers and the carrier report them. */
const fill = (hoursAgo: number) =>
  Effect.gen(function* () {
    const placed = Date.now() - hoursAgo * 3_600_000
    yield* BulkLoad.fill({ products: 10, orders: ORDERS, onHand: 1_000_000, now: placed }, () => Effect.void)
    yield* run("truncate timeline, consumer_keys, carrier_callbacks")
    yield* run(`insert into timeline select id, id, 'jaego.order.delivered.v1', version, created_at from orders`)
    yield* run("insert into consumer_keys select id::text, 'timeline', version from orders")
    yield* run("insert into carrier_callbacks (order_id, id, what) select id, 'once', 'delivered' from orders")
    yield* run("insert into consumer_positions values ('timeline', 'memory', 1)")
  })

const all = { timelines: ORDERS, keys: ORDERS, callbacks: ORDERS }

it("lets all go that ended long ago, however many stretches they are, and verification finds nothing wrong", () =>
  over(
    Effect.gen(function* () {
      yield* fill(HOURS + 24)
      expect(yield* kept).toEqual([all])
      expect(yield* TimelineRetention.forgetOld(HOURS)).toBe(ORDERS)
      expect(yield* kept).toEqual([{ timelines: 0, keys: 0, callbacks: 0 }])
      expect((yield* verify).checks.filter(({ rows }) => rows.length > 0)).toEqual([])
      expect(yield* TimelineRetention.forgetOld(HOURS)).toBe(0)
    }),
  ))

it.each([
  ["is young", "select 1", ORDERS],
  ["has not ended", "update orders set status = 'shipped' where id = (select min(id::text)::uuid from orders)", 1],
  ["is owed money", "update orders set refund = 'due' where id = (select min(id::text)::uuid from orders)", 1],
  ["had a step of late", "update timeline set at = now() where id = (select min(id::text)::uuid from orders)", 1],
  [
    "has a dead letter",
    `insert into dead_letters (consumer, source, topic, "offset", key, value, headers, error, attempts, state)
      select 'timeline', 'memory', 'jaego.orders', 1, min(id::text), '', '{}', 'no', 1, 'poison' from orders`,
    1,
  ],
])("keeps everything of an order that %s", (_, change, left) =>
  over(
    Effect.gen(function* () {
      yield* fill(left === 1 ? HOURS + 24 : 0)
      yield* run(change)
      expect(yield* TimelineRetention.forgetOld(HOURS)).toBe(ORDERS - left)
      expect(yield* kept).toEqual([{ timelines: left, keys: left, callbacks: left }])
    }),
  ),
)

it("touches the pages of its stretch and no others", () =>
  over(
    Effect.gen(function* () {
      yield* fill(0)
      yield* run("analyze timeline, orders")
      const stretch = costOf(`select * from ${TimelineRetention.FORGET.name}($1, $2, $3)`, [
        ...["00000000-0000-0000-0000-000000000000", HOURS, TimelineRetention.STRETCH],
      ])
      // The first call of a session also reads what the function is.
      yield* stretch
      expect((yield* stretch).pages).toBeLessThan(50)
    }),
  ))
