/**
 * The carrier's callbacks (its webhook): that it has collected a shipment, that it has delivered it. In any order, again and
 * again, and perhaps before its answer to our own request has come: so each proves all that must have come before it.
 *
 * Law: acknowledged only once it is durable; after that a repetition changes nothing. One that names another order's parcel, or
 * says something else under an id that was used, moves nothing: the timeline shows it, once.
 * Fails: `Refused` (ShipmentNotFound, CallbackMismatch); `Unavailable` (not now, and the carrier is to call again).
 */
import { Clock, Context, Effect, Layer, Schedule, Stream } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Status } from "../domain/order.ts"
import * as Shipping from "../domain/shipping.ts"
import * as Text from "../domain/text.ts"
import { CALLBACK_ID_MAX, type Callback, CarrierNews, TRACKING_ID_MAX } from "../ports/carrier.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { Ids } from "../ports/ids.ts"
import { type Command, Inventory, Refused } from "../ports/inventory.ts"
import { Probe } from "../ports/probe.ts"
import { type Found, Shipments } from "../ports/shipments.ts"
import * as KeyedLock from "../std/keyed-lock.ts"
import { entryOf } from "./shipping-runner.ts"

/** `known`: it was handled before. */
export type Heard = "news" | "known"

export class CarrierCallbacks extends Context.Service<
  CarrierCallbacks,
  { readonly hear: (callback: Callback) => Effect.Effect<Heard, Refused | Unavailable> }
>()("jaego/app/CarrierCallbacks") {}

/** The runner, or another process, writes at the same moment: as often as it can, and some. */
const TRIES_MAX = 5

/** Callbacks of one order that wait for one another. A carrier has two to send; more of them at once is a storm. */
const WAITING_MAX = 32

/** Made when it is needed: an error notes its stack, which costs as much as the callback. */
const contended = Effect.suspend(() => Effect.fail(unavailable("contended")))

/** Where the order stands after it was asked to say so. */
const recordingIn =
  (inventory: Inventory["Service"]) =>
  (command: Command & { readonly orderId: OrderId }): Effect.Effect<Status, Refused | Unavailable> =>
    inventory.submit(command).pipe(
      Effect.map(({ reply }) => {
        if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
        return reply.order.status
      }),
    )

/** True: it is about this order's parcel, and its id reported the same before, if it was used. */
const fittingIn = (shipments: Shipments["Service"]) =>
  Effect.fnUntraced(function* ({ known, shipment }: Found, callback: Callback) {
    if (known !== null && known !== "unknown" && known !== callback.what) return false
    if (Shipping.isForeign(shipment, callback)) return false
    return shipment.trackingId !== null || (yield* shipments.claimParcel(shipment.orderId, callback.trackingId))
  })

const make = Effect.gen(function* () {
  const inventory = yield* Inventory
  const shipments = yield* Shipments
  const probe = yield* Probe
  const { next } = yield* Ids
  const oneByOne = KeyedLock.make<OrderId>(WAITING_MAX)

  const record = recordingIn(inventory)

  /** True: written, with the callback that led to it. */
  const save = Effect.fnUntraced(function* ({ note, shipment }: Shipping.Change, { at, id, what }: Callback) {
    // It cannot have happened after it was reported; whose clock is ahead is of no matter.
    const entryAt = Math.min(at, yield* Clock.currentTimeMillis)
    const entries = note === null ? [] : [entryOf(next, note, entryAt)]
    return (yield* shipments.save([{ shipment, entries, callback: { id, what } }])).has(shipment.orderId)
  })

  const fits = fittingIn(shipments)

  /** Null: another write came in between. */
  const once = Effect.fnUntraced(function* (callback: Callback) {
    const { id, key, what } = callback
    const found = yield* shipments.find(key, id)
    if (found === null) return yield* Effect.fail(new Refused({ _tag: "ShipmentNotFound", orderId: key }))
    const { known, shipment } = found
    if (!(yield* fits(found, callback)))
      return known !== null || (yield* save(Shipping.mismatched(shipment, callback), callback)) ? "mismatch" : null
    if (known !== null) return "known"
    // Whatever it reports, the carrier has the parcel: that comes first.
    let status: Status =
      shipment.state === "shipped" ? "shipped" : yield* record({ _tag: "RecordShipment", orderId: key })
    if (what === "delivered") status = yield* record({ _tag: "RecordDelivery", orderId: key })
    const change = Shipping.reported(shipment, callback, status)
    if (!(yield* save(change, callback))) return null
    if (shipment.state !== change.shipment.state) probe.emit({ _tag: "ShipmentEnded", outcome: change.shipment.state })
    return "news"
  })

  const hear = Effect.fnUntraced(function* (callback: Callback) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const heard = yield* once(callback)
      if (heard === null) continue
      probe.emit({ _tag: "CarrierCalled", what: callback.what, heard })
      if (heard !== "mismatch") return heard
      return yield* Effect.fail(new Refused({ _tag: "CallbackMismatch", orderId: callback.key }))
    }
    return yield* contended
  })

  return CarrierCallbacks.of({
    hear: (received) => {
      const callback = {
        ...received,
        id: Text.clean(received.id, CALLBACK_ID_MAX),
        trackingId: Text.clean(received.trackingId, TRACKING_ID_MAX),
      }
      return Effect.uninterruptible(oneByOne(callback.key, hear(callback), contended))
    },
  })
})

/** Retries of a callback of a carrier in this process, however long it takes. */
const RETRIES = Schedule.spaced("500 millis")
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
              .pipe(Effect.retry({ while: ({ _tag }) => _tag === "Unavailable", schedule: RETRIES }), Effect.ignore),
          { concurrency: LISTENERS, unordered: true },
        ),
        Stream.runDrain,
        Effect.forkScoped,
      )
      return heard
    }),
  )
