/**
 * What happened to an order, as it is read. Its steps are written by a consumer of the facts (`inbox-functions.ts`) and with shipments.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import { Timeline, type TimelineEntry } from "../../ports/timeline.ts"
import { jsonRows } from "./page.ts"
import type { ShownRows } from "./reads.ts"
import * as Replicas from "./replicas.ts"
import { ms } from "./rows.ts"

const ENTRIES = `select json_build_object('id', t.id, 'type', t.type, 'version', t.version, 'at', ${ms("t.at")},
    'detail', t.detail) as row
  from timeline t where t.order_id = $1::uuid order by t.at, t.id`

export const layer: Layer.Layer<Timeline, never, ShownRows> = Layer.effect(
  Timeline,
  Effect.map(Replicas.rows, (rows) => ({ entries: (id) => jsonRows<TimelineEntry>(rows, ENTRIES, [id]) })),
)
