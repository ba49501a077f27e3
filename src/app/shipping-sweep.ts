/**
 * The sweep of paid orders without a shipment. A shipment is opened by the consumer of paid orders; an event that never comes to it
 * (retention has deleted it, a broker has lost it, it lies among the dead letters or was discarded there) would leave its order paid
 * for ever. To stop the parcel of a paid order, cancel the order.
 *
 * Law: an order is found twice, one round apart, before its shipment is opened here: the consumer comes first while events flow.
 * Limits: ORDERS_MAX a round; the others wait for the next one. A round begins at a low-water mark; an order that was paid longer
 * than LAG_MS after it was placed, and whose event never comes, is found within REWIND_MS.
 */
import { Clock, Effect, Layer, Schedule, SubscriptionRef } from "effect"
import type { OrderId } from "../domain/ids.ts"
import { lowest, timeOf } from "../ports/ids.ts"
import { Probe } from "../ports/probe.ts"
import { Shipments } from "../ports/shipments.ts"
import { LowWaterMark } from "../std/low-water-mark.ts"
import * as Throttle from "../std/throttle.ts"
import { Readiness } from "./health.ts"

/** Far above what events take, far below what a buyer notices. */
const ROUND = Schedule.spaced("15 seconds")
/** From placing an order until it is paid and has its shipment, of nearly all (ms): each round looks at so many of the last. */
const LAG_MS = 60_000
/** From one round over all orders to the next (ms). Exported for the tests. */
export const REWIND_MS = 300_000
/** Opened in one statement. */
const ORDERS_MAX = 1_000
/** From one line of the log to the next (ms). */
const LOG_EVERY_MS = 60_000

export interface Options {
  /** From the opening to the first call to the carrier (ms): a buyer may think again. */
  readonly afterMs: number
}

/** Runs until its scope closes; only while this process decides. */
export const layer = ({ afterMs }: Options) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const readiness = yield* Readiness
      const shipments = yield* Shipments
      const probe = yield* Probe
      const throttle = Throttle.make(LOG_EVERY_MS)
      /** Of the time in orders' ids. */
      const mark = new LowWaterMark(LAG_MS, REWIND_MS)
      let before: ReadonlySet<OrderId> = new Set()

      const round = Effect.gen(function* () {
        if ((yield* SubscriptionRef.get(readiness)) !== "ready") return mark.rewind()
        const look = mark.begin(yield* Clock.currentTimeMillis)
        const found = yield* shipments.missing({ after: lowest(look.since) as OrderId | null, limit: ORDERS_MAX })
        mark.reached(look, found[0] === undefined ? null : timeOf(found[0]), yield* Clock.currentTimeMillis)
        const late = found.filter((id) => before.has(id))
        before = new Set(found)
        if (late.length === 0) return
        const now = yield* Clock.currentTimeMillis
        const opened = yield* shipments.open(late, now + afterMs)
        if (opened === 0) return
        probe.emit({ _tag: "ShipmentsSwept", shipments: opened })
        if (throttle(now) === null) return
        yield* Effect.logWarning(
          `paid orders whose event has not come to shipping: ${opened}; they are shipped all the same`,
        )
      })
      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(round), ROUND))
    }),
  )
