/**
 * What the carrier tells by itself: that it has collected a shipment, that it has delivered it. In any order, again and
 * again, and perhaps before its answer to our own request has come: so each proves all that must have come before it.
 *
 * Law: heard only once it is durable; then it is known, and hearing it again changes nothing.
 * Fails: `Refused` (ShipmentNotFound); `Unavailable` (not now, and the carrier is to call again).
 */
import { Context, Effect, Layer, Schedule, Stream } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Status } from "../domain/order.ts"
import * as Shipping from "../domain/shipping.ts"
import { type Callback, CarrierNews } from "../ports/carrier.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { Ids } from "../ports/ids.ts"
import { type Command, Inventory, Refused } from "../ports/inventory.ts"
import { Probe } from "../ports/probe.ts"
import { Shipments } from "../ports/shipments.ts"
import { entryOf } from "./shipping-runner.ts"

/** `known`: it was heard before. */
export type Heard = "news" | "known"

export class CarrierCallbacks extends Context.Service<
  CarrierCallbacks,
  { readonly hear: (callback: Callback) => Effect.Effect<Heard, Refused | Unavailable> }
>()("jaego/app/CarrierCallbacks") {}

/** Others write at the same moment (the runner, the other callback): as often as that can be, and some. */
const TRIES_MAX = 5

const make = Effect.gen(function* () {
  const inventory = yield* Inventory
  const shipments = yield* Shipments
  const probe = yield* Probe
  const { next } = yield* Ids

  /** Where the order stands after it was asked to say so. */
  const record = (command: Command & { readonly orderId: OrderId }): Effect.Effect<Status, Refused | Unavailable> =>
    inventory.submit(command).pipe(
      Effect.map(({ reply }) => {
        if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
        return reply.order.status
      }),
    )

  const once = Effect.fnUntraced(function* (callback: Callback) {
    const { at, id, key, what } = callback
    const found = yield* shipments.find(key, id)
    if (found === null) return yield* Effect.fail(new Refused({ _tag: "ShipmentNotFound", orderId: key }))
    if (found.knows) return "known" as const
    const { shipment } = found
    // Whatever it tells, the carrier has it: that comes first.
    let status: Status =
      shipment.state === "shipped" ? "shipped" : yield* record({ _tag: "RecordShipment", orderId: key })
    if (what === "delivered") status = yield* record({ _tag: "RecordDelivery", orderId: key })
    const change = Shipping.told(shipment, callback, status)
    const entries = change.note === null ? [] : [entryOf(next, change.note, at)]
    const saved = yield* shipments.save([{ shipment: change.shipment, entries, callback: id }])
    if (!saved.has(key)) return null
    if (shipment.state !== change.shipment.state) probe.emit({ _tag: "ShipmentEnded", outcome: change.shipment.state })
    return "news" as const
  })

  const hear = Effect.fnUntraced(function* (callback: Callback) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const heard = yield* once(callback)
      if (heard === null) continue
      probe.emit({ _tag: "CarrierCalled", what: callback.what, heard })
      return heard
    }
    return yield* Effect.fail(unavailable("database"))
  })

  return CarrierCallbacks.of({ hear: (callback) => Effect.uninterruptible(hear(callback)) })
})

/** A carrier in this process is heard as well, however long it takes. */
const LISTEN_AGAIN = Schedule.spaced("500 millis")
/** As many at once: what they find and save shares statements. */
const LISTENERS = 128

export const layer: Layer.Layer<CarrierCallbacks, never, Inventory | Shipments | Probe | Ids | CarrierNews> =
  Layer.effect(
    CarrierCallbacks,
    Effect.gen(function* () {
      const heard = yield* make
      const { callbacks } = yield* CarrierNews
      yield* callbacks.pipe(
        Stream.mapEffect(
          (callback) =>
            heard
              .hear(callback)
              .pipe(
                Effect.retry({ while: ({ _tag }) => _tag === "Unavailable", schedule: LISTEN_AGAIN }),
                Effect.ignore,
              ),
          { concurrency: LISTENERS, unordered: true },
        ),
        Stream.runDrain,
        Effect.forkScoped,
      )
      return heard
    }),
  )
