/**
 * Shipments on Postgres, and the timeline as it is read: each call one statement.
 *
 * Fails: Unavailable "database"; of a saving nobody knows then whether it happened, and who saves again finds out by its
 * version.
 */
import { Effect, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import type { Shipment } from "../../domain/shipping.ts"
import { type ShipmentChange, Shipments } from "../../ports/shipments.ts"
import { Timeline, type TimelineEntry } from "../../ports/timeline.ts"
import { jsonRows } from "./page.ts"
import { Reads } from "./reads.ts"
import { ORDER, type OrderJson, orderOf } from "./rows.ts"

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`

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

const FIND = `select json_build_object('shipment', ${SHIPMENT},
    'knows', exists(select from carrier_callbacks c where c.id = $2)) as row
  from shipments s where s.order_id = $1::uuid`

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

const rowsOf = (changes: ReadonlyArray<ShipmentChange>) => [
  JSON.stringify(changes.map(({ callback, shipment }) => ({ ...shipment, callback }))),
  JSON.stringify(
    changes.flatMap(({ entries, shipment }) => entries.map((entry) => ({ orderId: shipment.orderId, ...entry }))),
  ),
]

export const make = (reads: Reads["Service"]): Shipments["Service"] => ({
  due: ({ except, limit, now }) =>
    Effect.map(jsonRows<DueJson>(reads, DUE, [String(now), limit, `{${except.join(",")}}`]), (rows) =>
      rows.map(({ order, shipment }) => ({ shipment, order: orderOf(order) })),
    ),
  find: (id, callback) => Effect.map(jsonRows<FoundJson>(reads, FIND, [id, callback]), ([row]) => row ?? null),
  save: (changes) =>
    changes.length === 0
      ? Effect.succeed(new Set())
      : Effect.map(jsonRows<OrderId>(reads, SAVE, rowsOf(changes)), (saved) => new Set(saved)),
})

const timeline = (reads: Reads["Service"]): Timeline["Service"] => ({
  entries: (id) => jsonRows<TimelineEntry>(reads, ENTRIES, [id]),
})

export const layer: Layer.Layer<Shipments | Timeline, never, Reads> = Layer.mergeAll(
  Layer.effect(Shipments, Effect.map(Reads, make)),
  Layer.effect(Timeline, Effect.map(Reads, timeline)),
)
