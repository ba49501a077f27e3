/**
 * The timeline's consumer: what happened to an order, once it has come back from the stream. That it was placed is read
 * from the order itself, so that an order which is only placed costs nothing here.
 */
import { Result } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import * as Text from "../../domain/text.ts"
import type { CloudEvent } from "../../ports/cloud-event.ts"
import { ORDERS } from "../../ports/events.ts"
import type { Write } from "../../ports/inbox.ts"
import type { Consumer } from "../consumer.ts"

const ORDER_EVENTS = "jaego.order."
const PLACED = "jaego.order.placed.v1"

/** As long as the reason of a cancellation may be (code points). */
const REASON_MAX = 500

/** Why an order ended, in the words that came with it; null: there is nothing more to say. */
const detailOf = ({ reason }: CloudEvent["data"]): string | null =>
  typeof reason === "string" ? JSON.stringify({ reason: Text.clean(reason, REASON_MAX) }) : null

const entry = (event: CloudEvent): Write => ({
  _tag: "AddTimelineEntry",
  orderId: event.subject as OrderId,
  eventId: event.id,
  type: event.type,
  version: event.version,
  at: event.time,
  detail: detailOf(event.data),
})

export const consumer: Consumer = {
  name: "timeline",
  topics: [ORDERS],
  wants: (type) => type.startsWith(ORDER_EVENTS) && type !== PLACED,
  writes: (event) => Result.succeed([entry(event)]),
}
