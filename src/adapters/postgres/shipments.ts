/**
 * Shipments on Postgres, and the timeline as it is read. Findings and savings that come at once share a statement.
 *
 * Fails: Unavailable "database"; of a saving nobody knows then whether it happened, and who saves again finds out by its
 * version.
 */
import { Effect, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import type { Shipment } from "../../domain/shipping.ts"
import { type ShipmentChange, Shipments } from "../../ports/shipments.ts"
import { Timeline, type TimelineEntry } from "../../ports/timeline.ts"
import * as Batcher from "../../std/batcher.ts"
import { jsonRows } from "./page.ts"
import { Reads } from "./reads.ts"
import { ms, ORDER, type OrderJson, orderOf } from "./rows.ts"

/** A shipment `s`, as the domain's `Shipment`. */
const SHIPMENT = `json_build_object('orderId', s.order_id, 'state', s.state, 'attempts', s.attempts,
  'firstAttemptAt', ${ms("s.first_attempt_at")}, 'nextAttemptAt', ${ms("s.next_attempt_at")},
  'trackingId', s.tracking_id, 'reason', s.reason, 'version', s.version)`

const DUE = `select json_build_object('shipment', ${SHIPMENT}, 'order', ${ORDER}) as row
  from (
    select * from shipments s
    where s.next_attempt_at <= to_timestamp($1::float8 / 1000) and s.order_id <> all ($3::uuid[])
    order by s.next_attempt_at limit $2::int) s
  join orders o on o.id = s.order_id order by s.next_attempt_at`

const FIND = `select case when s.order_id is null then 'null'::json else json_build_object('shipment', ${SHIPMENT},
    'knows', exists(select from carrier_callbacks c where c.id = w.callback)) end as row
  from json_to_recordset($1::json) w (n int, id uuid, callback text)
  left join shipments s on s.order_id = w.id order by w.n`

const SAVE = "select to_json(saved) as row from jaego_save_shipments($1::json, $2::json) saved"

const ENTRIES = `select json_build_object('id', t.id, 'type', t.type, 'version', t.version, 'at', ${ms("t.at")},
    'detail', t.detail) as row
  from timeline t where t.order_id = $1::uuid order by t.at, t.id`

interface FoundJson {
  readonly shipment: Shipment
  readonly knows: boolean
}

interface DueJson {
  readonly shipment: Shipment
  readonly order: OrderJson
}

/** As many as a busy moment brings. */
const SEATS = 256

const find = (reads: Reads["Service"], wanted: ReadonlyArray<readonly [id: OrderId, callback: string]>) =>
  jsonRows<FoundJson | null>(reads, FIND, [JSON.stringify(wanted.map(([id, callback], n) => ({ n, id, callback })))])

const rowsOf = (changes: ReadonlyArray<ShipmentChange>) => [
  JSON.stringify(changes.map(({ callback, shipment }) => ({ ...shipment, callback }))),
  JSON.stringify(
    changes.flatMap(({ entries, shipment }) => entries.map((entry) => ({ orderId: shipment.orderId, ...entry }))),
  ),
]

/** Of two changes of one order, or by one callback, that come at once, the second has not seen the first. */
const save = Effect.fnUntraced(function* (reads: Reads["Service"], changes: ReadonlyArray<ShipmentChange>) {
  const orders = new Set<OrderId>()
  const callbacks = new Set<string>()
  const first = changes.map(({ callback, shipment: { orderId } }) => {
    if (orders.has(orderId) || (callback !== null && callbacks.has(callback))) return false
    orders.add(orderId)
    if (callback !== null) callbacks.add(callback)
    return true
  })
  const saved = new Set(yield* jsonRows<OrderId>(reads, SAVE, rowsOf(changes.filter((_, index) => first[index]))))
  return changes.map(({ shipment }, index) => first[index] === true && saved.has(shipment.orderId))
})

export const make = Effect.fnUntraced(function* (reads: Reads["Service"]) {
  const finding = yield* Batcher.make(SEATS, (wanted: ReadonlyArray<readonly [OrderId, string]>) => find(reads, wanted))
  const saving = yield* Batcher.make(SEATS, (changes: ReadonlyArray<ShipmentChange>) => save(reads, changes))
  return Shipments.of({
    due: ({ except, limit, now }) =>
      Effect.map(jsonRows<DueJson>(reads, DUE, [String(now), limit, `{${except.join(",")}}`]), (rows) =>
        rows.map(({ order, shipment }) => ({ shipment, order: orderOf(order) })),
      ),
    find: (id, callback) => finding([id, callback]),
    save: (changes) =>
      Effect.map(Effect.forEach(changes, saving, { concurrency: "unbounded" }), (saved) => {
        const written = changes.filter((_, index) => saved[index])
        return new Set(written.map(({ shipment }) => shipment.orderId))
      }),
  })
})

const timeline = (reads: Reads["Service"]): Timeline["Service"] => ({
  entries: (id) => jsonRows<TimelineEntry>(reads, ENTRIES, [id]),
})

export const layer: Layer.Layer<Shipments | Timeline, never, Reads> = Layer.mergeAll(
  Layer.effect(Shipments, Effect.flatMap(Reads, make)),
  Layer.effect(Timeline, Effect.map(Reads, timeline)),
)
