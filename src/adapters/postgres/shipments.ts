/**
 * Shipments on Postgres, and the timeline as it is read. Calls that come at once share a statement.
 *
 * Fails: Unavailable "database"; a save may or may not have happened then, and a second one learns it by the version. A change
 * whose values the database refuses is found by halves: it alone dies, as the defect it is, and the others are written.
 */
import type { PgPool } from "@effect/sql-pg"
import { Effect, Exit, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import type { Shipment } from "../../domain/shipping.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import { type Found, type ShipmentChange, Shipments } from "../../ports/shipments.ts"
import * as Batcher from "../../std/batcher.ts"
import { inner } from "./inner.ts"
import { BEFORE_ALL, jsonRows, jsonWrite, writtenRows } from "./page.ts"
import { Deciding, type Reads } from "./reads.ts"
import { ms, ORDER, ORDER_OF, ORDERS_OF, type OrderJson, orderOf } from "./rows.ts"
import { CLAIM_PARCELS, SAVE_SHIPMENTS } from "./shipping-functions.ts"
import { describe, isRefusedValue } from "./sql-failure.ts"
import { Writes } from "./writing-pool.ts"

/** A shipment `s`, as the domain's `Shipment`. */
const SHIPMENT = `json_build_object('orderId', s.order_id, 'state', s.state, 'attempts', s.attempts,
  'firstAttemptAt', ${ms("s.first_attempt_at")}, 'nextAttemptAt', ${ms("s.next_attempt_at")},
  'trackingId', s.tracking_id, 'reason', s.reason, 'version', s.version)`

/** Of $3 at most $4 are no first attempts. */
export const DUE = `with firsts as materialized (
    select * from shipments s
    where s.next_attempt_at between to_timestamp($5::float8 / 1000) and to_timestamp($1::float8 / 1000) and s.attempts = 0 and s.order_id <> all ($2::uuid[])
    order by s.next_attempt_at limit $3::int
  ), retries as materialized (
    select * from shipments s
    where s.next_attempt_at between to_timestamp($6::float8 / 1000) and to_timestamp($1::float8 / 1000) and s.attempts > 0 and s.order_id <> all ($2::uuid[])
    order by s.next_attempt_at limit least($4::int, $3::int - (select count(*) from firsts))
  )
  select json_build_object('shipment', ${SHIPMENT}, 'order', ${ORDER}, 'trace', s.trace) as row
  from (select * from firsts union all select * from retries) s, lateral ${ORDER_OF("s.order_id")} o
  order by s.attempts > 0, s.next_attempt_at`

const FIND = `select case when s.order_id is null then 'null'::json else json_build_object('shipment', ${SHIPMENT}, 'known', (
    select coalesce(c.what, 'unknown') from carrier_callbacks c where c.order_id = w.id and c.id = w.callback)) end as row
  from json_to_recordset($1::json) w (n int, id uuid, callback text)
  left join ${inner("select * from shipments k where k.order_id = w.id")} s on true order by w.n`

const SAVE = `select to_json(saved) as row from ${SAVE_SHIPMENTS.name}($1::json, $2::json) saved`
const CLAIM = `select to_json(claimed) as row from ${CLAIM_PARCELS.name}($1::json) claimed`

export const MISSING = `select to_json(o.id) as row from orders o
  where o.status = 'paid' and o.id > $1::uuid and not exists (select from shipments s where s.order_id = o.id offset 0)
  order by o.id limit $2::int`

const OPEN = `insert into shipments (order_id, next_attempt_at)
  select o.id, to_timestamp($2::float8 / 1000) from ${ORDERS_OF("$1")} o where o.status = 'paid'
  on conflict (order_id) do nothing returning to_json(order_id) as row`

interface DueJson {
  readonly shipment: Shipment
  readonly order: OrderJson
  readonly trace: string | null
}

/** Calls in one statement: as many as a busy moment brings. */
const BATCH_MAX = 256

type Wanted = readonly [id: OrderId, name: string]

const find = (reads: Reads, wanted: ReadonlyArray<Wanted>) =>
  jsonRows<Found | null>(reads, FIND, [JSON.stringify(wanted.map(([id, callback], n) => ({ n, id, callback })))])

const claim = (writes: PgPool.PgPool, wanted: ReadonlyArray<Wanted>) => {
  const claims = wanted.map(([orderId, trackingId], n) => ({ n, orderId, trackingId }))
  return Effect.map(jsonWrite<number>(writes, CLAIM, [JSON.stringify(claims)]), (claimed) => {
    const ours = new Set(claimed)
    return wanted.map((_, n) => ours.has(n))
  })
}

const rowsOf = (changes: ReadonlyArray<ShipmentChange>) => [
  JSON.stringify(
    changes.map(({ callback, shipment }) => ({
      ...shipment,
      callback: callback?.id ?? null,
      what: callback?.what ?? null,
    })),
  ),
  JSON.stringify(
    changes.flatMap(({ entries, shipment }) => entries.map((entry) => ({ orderId: shipment.orderId, ...entry }))),
  ),
]

type Saved = Exit.Exit<boolean>

/** Of two changes of one order that come at once the second has not seen the first. */
const save = Effect.fnUntraced(function* (writes: PgPool.PgPool, changes: ReadonlyArray<ShipmentChange>) {
  const orders = new Set<OrderId>()
  const isFirst = changes.map(({ shipment: { orderId } }) => orders.size < orders.add(orderId).size)
  const written = yield* write(
    writes,
    changes.filter((_, index) => isFirst[index]),
  )
  return changes.map(
    ({ shipment }, index): Saved => (isFirst[index] ? written.get(shipment.orderId)! : Exit.succeed(false)),
  )
})

/** What became of the change of each order: written, or decided on an older version, or refused by the database. */
const write: (
  writes: PgPool.PgPool,
  changes: ReadonlyArray<ShipmentChange>,
) => Effect.Effect<ReadonlyMap<OrderId, Saved>, Unavailable> = Effect.fnUntraced(function* (writes, changes) {
  const result = yield* Effect.result(writtenRows<OrderId>(writes, SAVE, rowsOf(changes)))
  if (result._tag === "Success") {
    const saved = new Set(result.success)
    return new Map(changes.map(({ shipment: { orderId } }) => [orderId, Exit.succeed(saved.has(orderId))] as const))
  }
  if (!isRefusedValue(result.failure)) return yield* Effect.fail(unavailable("database"))
  const half = changes.length >> 1
  if (half === 0) return new Map([[changes[0]!.shipment.orderId, Exit.die(new Error(describe(result.failure)))]])
  return new Map([...(yield* write(writes, changes.slice(0, half))), ...(yield* write(writes, changes.slice(half)))])
})

export const make = Effect.fnUntraced(function* (reads: Reads, writes: PgPool.PgPool) {
  const finding = yield* Batcher.make(BATCH_MAX, (wanted: ReadonlyArray<Wanted>) => find(reads, wanted))
  const claiming = yield* Batcher.make(BATCH_MAX, (wanted: ReadonlyArray<Wanted>) => claim(writes, wanted))
  const saving = yield* Batcher.make(BATCH_MAX, (changes: ReadonlyArray<ShipmentChange>) => save(writes, changes))
  return Shipments.of({
    due: ({ except, limit, now, retries, since }) => {
      const from = [String(since.firsts), String(since.retries)]
      return Effect.map(
        jsonRows<DueJson>(reads, DUE, [String(now), `{${except.join(",")}}`, limit, retries, ...from]),
        (rows) => rows.map(({ order, shipment, trace }) => ({ shipment, order: orderOf(order), trace })),
      )
    },
    find: (id, callback) => finding([id, callback]),
    claimParcel: (id, trackingId) => claiming([id, trackingId]),
    missing: ({ after, limit }) => jsonRows<OrderId>(reads, MISSING, [after ?? BEFORE_ALL, limit]),
    open: (ids, at) =>
      Effect.map(jsonWrite<OrderId>(writes, OPEN, [`{${ids.join(",")}}`, String(at)]), ({ length }) => length),
    save: (changes) =>
      Effect.map(
        Effect.forEach(changes, (each) => Effect.flatten(saving(each)), { concurrency: "unbounded" }),
        (saved) => {
          const written = changes.filter((_, index) => saved[index])
          return new Set(written.map(({ shipment }) => shipment.orderId))
        },
      ),
  })
})

export const layer: Layer.Layer<Shipments, never, Deciding | Writes> = Layer.effect(
  Shipments,
  Effect.gen(function* () {
    return yield* make(yield* Deciding, yield* Writes)
  }),
)
