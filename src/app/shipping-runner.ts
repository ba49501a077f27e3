/**
 * The shipping runner: performs what the shipping saga's rules say (`domain/shipping.ts`), in the background, for every
 * shipment that is due. Each attempt is journalled in the shipment before the carrier is asked and carries the order's id
 * as key, so it may die at any moment: its successor asks again, and the carrier does it once.
 *
 * Law: money that is only kept is taken before the carrier is asked. I9, no turn and no transaction waits here; one driver per
 * shipment in this process. An order is cancelled here only when it is certain that the carrier will never ship it.
 * Limits: DRIVERS_MAX shipments on their way to the carrier at a time, FIRSTS_MIN of them for first attempts; the others wait
 * in the table. A look begins at a low-water mark: what becomes due behind it, because its fact was late or its driver died, waits for
 * the next look from the beginning.
 */
import { Clock, Effect, FiberMap, Layer, Schedule, SubscriptionRef } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import * as Shipping from "../domain/shipping.ts"
import * as Text from "../domain/text.ts"
import type { Unavailable } from "../ports/failures.ts"
import { Ids } from "../ports/ids.ts"
import { type Command, Inventory } from "../ports/inventory.ts"
import { Probe } from "../ports/probe.ts"
import { type Due, Shipments } from "../ports/shipments.ts"
import type { TimelineEntry } from "../ports/timeline.ts"
import { LowWaterMark } from "../std/low-water-mark.ts"
import { announceEnd } from "./announce.ts"
import { CarrierCalls } from "./carrier-calls.ts"
import { CheckoutRunner } from "./checkout-runner.ts"
import { Readiness } from "./health.ts"
import * as OutsideCall from "./outside-call.ts"

/** Each is a call under way: as many as a carrier's own limits usually allow. */
const DRIVERS_MAX = 128
/** So many of them are kept for first attempts: a carrier that is silent about some parcels still gets the next one. */
const FIRSTS_MIN = 32
/** Between two looks for what is due (ms): how late a shipment may begin. */
const LOOK_MS = 200
/** While there is something to do, it is looked for as often. */
const LOOK_BUSY = Schedule.spaced("20 millis")
/** Once nothing has been due for so long, looks are as far apart (ms). */
const QUIET_AFTER_MS = 10_000
const LOOK_QUIET_MS = 1_000
/** A fact is on its way to the consumer that opens the shipment, and each step's change to its row (milliseconds). */
const LAG_MS = 5_000

export interface Options {
  /** How long a carrier that does not answer is asked to take a shipment (milliseconds). */
  readonly giveUpMs: number
}

/** What the driver of a shipment works with. */
interface Deps {
  readonly inventory: Inventory["Service"]
  readonly shipments: Shipments["Service"]
  readonly carrier: CarrierCalls["Service"]
  readonly checkout: CheckoutRunner["Service"]
  readonly probe: Probe["Service"]
  readonly nextId: () => string
  /** Of the shipment that is driven; undefined: it is not traced. */
  readonly trace: string | undefined
}

/** A note as an entry of the timeline. */
export const entryOf = (nextId: () => string, note: Shipping.Note, at: number): TimelineEntry => ({
  id: nextId(),
  type: note.type,
  version: null,
  at,
  detail: note.detail === null ? null : JSON.stringify(note.detail),
})

/**
 * Changes that followed from one another, written as one; not at all when another writer was first, which knows more.
 * `heardAt`: when the carrier said it, milliseconds since 1970; without it now.
 */
const save = Effect.fnUntraced(function* (
  { nextId, probe, shipments }: Deps,
  changes: ReadonlyArray<Shipping.Change>,
  heardAt?: number,
) {
  const at = heardAt ?? (yield* Clock.currentTimeMillis)
  const { shipment } = changes.at(-1)!
  const entries = changes.flatMap(({ note }) => (note === null ? [] : [entryOf(nextId, note, at)]))
  const saved = yield* shipments.save([{ shipment, entries, callback: null }])
  if (saved.has(shipment.orderId) && shipment.nextAttemptAt === null)
    probe.emit({ _tag: "ShipmentEnded", outcome: shipment.state })
})

const submit = ({ inventory, trace }: Deps, command: Command) =>
  Effect.map(inventory.submit({ ...command, trace }), ({ reply }): Order => {
    if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
    return reply.order
  })

/** The carrier has it: the order is to say so, if it still can. */
const record = Effect.fnUntraced(function* (deps: Deps, so: Shipping.Change, has: "registered" | "left") {
  const { shipment } = so
  const heardAt = yield* Clock.currentTimeMillis
  const recorded = yield* Effect.result(submit(deps, { _tag: "RecordShipment", orderId: shipment.orderId }))
  // Kept at least: with its tracking id it will be recorded without asking again.
  if (recorded._tag === "Failure") return yield* save(deps, [so], heardAt)
  const now = yield* Clock.currentTimeMillis
  yield* save(deps, [so, Shipping.recorded(shipment, recorded.success.status, has, now)], heardAt)
})

/** The carrier will never ship it: the order ends with the reason, its money and its units go back. */
const compensate = Effect.fnUntraced(function* (deps: Deps, so: Shipping.Change) {
  const { orderId, reason } = so.shipment
  const heardAt = yield* Clock.currentTimeMillis
  const command = {
    _tag: "CancelOrder",
    orderId,
    reason: reason === null ? null : Text.cut(reason, REASON_MAX),
    claim: null,
  } as const
  const order = yield* submit(deps, command)
  announceEnd(deps.probe, command, order)
  if (order.status === "cancelled" && order.refund === "due") yield* deps.checkout.begin(order, null, deps.trace)
  yield* save(deps, [so, Shipping.close(so.shipment, "cancelled")], heardAt)
})

/** As long as the reason of a cancellation may be, code points. */
const REASON_MAX = 500

const register = Effect.fnUntraced(function* (deps: Deps, shipment: Shipping.Shipment, order: Order) {
  const captured = yield* deps.checkout.capture(order)
  switch (captured._tag) {
    case "Taken":
      // Called off meanwhile: the next look withdraws it.
      if (order.status === "paid" && captured.order.status !== "paid") return
      return yield* handOver(deps, shipment, captured.order)
    case "Declined":
      // It is taken before a carrier is asked, so that none has it.
      return yield* compensate(deps, Shipping.uncaptured(shipment, captured.code))
    case "Elsewhere":
      return yield* save(deps, [Shipping.unanswered(shipment, Shipping.OTHER_PROVIDER)])
    case "Unknown":
      return yield* save(deps, [Shipping.unanswered(shipment, Shipping.NOT_CAPTURED)])
  }
})

const handOver = Effect.fnUntraced(function* (deps: Deps, shipment: Shipping.Shipment, order: Order) {
  const { customerId, id, lines } = order
  const called = deps.carrier.register({
    key: id,
    customerId,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity })),
  })
  const said = yield* OutsideCall.spanned(deps.probe, deps.trace, "carrier register", called, ({ _tag }) => _tag)
  switch (said._tag) {
    case "Registered": {
      const isOurs = yield* deps.shipments.claimParcel(id, said.trackingId)
      if (!isOurs) return yield* save(deps, [Shipping.unanswered(shipment, "parcel-of-another-order")])
      return yield* record(deps, Shipping.registered(shipment, said.trackingId), "registered")
    }
    case "Refused":
      // It has it, and was only asked for the tracking id: there is none to be had.
      if (order.status === "shipped" || order.status === "delivered")
        return yield* save(deps, [Shipping.close(shipment, order.status)])
      return yield* compensate(deps, Shipping.refused(shipment, said.reason))
    case "Unknown":
      return yield* save(deps, [Shipping.unanswered(shipment, said.code)])
  }
})

const withdraw = Effect.fnUntraced(function* (deps: Deps, shipment: Shipping.Shipment, order: Order) {
  const called = deps.carrier.cancel(order.id)
  const said = yield* OutsideCall.spanned(deps.probe, deps.trace, "carrier cancel", called, (said) => said)
  switch (said) {
    case "cancelled": {
      const so = Shipping.barred(shipment)
      return order.status === "paid"
        ? yield* compensate(deps, so)
        : yield* save(deps, [so, Shipping.close(so.shipment, "cancelled")])
    }
    case "shipped":
      return yield* record(deps, Shipping.tooLate(shipment), "left")
    case "unknown":
      return yield* save(deps, [Shipping.unanswered(shipment, "not-barred")])
  }
})

/** What cannot be recorded now is found again by its journal. */
const drive = (deps: Deps, shipment: Shipping.Shipment, order: Order, step: Shipping.Step) => {
  switch (step._tag) {
    case "Register":
      return register(deps, shipment, order)
    case "Withdraw":
      return withdraw(deps, shipment, order)
    case "Record":
      return record(deps, { shipment, note: null }, "registered")
    default:
      return Effect.void
  }
}

interface Begun {
  readonly trace: string | undefined
  readonly change: Shipping.Change
  readonly order: Order
  readonly step: Shipping.Step
}

/** Journals the next step of each, all in one statement; those that may be taken now. */
const beginAll = Effect.fnUntraced(function* (deps: Deps, due: ReadonlyArray<Due>, giveUpMs: number) {
  const { nextId, probe, shipments } = deps
  const now = yield* Clock.currentTimeMillis
  const begun = due.map(({ order, shipment, trace }): Begun => {
    const step = Shipping.next(shipment, order, now, giveUpMs)
    return { order, step, change: Shipping.begin(shipment, step, now), trace: trace ?? undefined }
  })
  const saved = yield* shipments.save(
    begun.map(({ change: { note, shipment } }) => ({
      shipment,
      entries: note === null ? [] : [entryOf(nextId, note, now)],
      callback: null,
    })),
  )
  const mine = begun.filter(({ order }) => saved.has(order.id))
  for (const { change } of mine)
    if (change.shipment.nextAttemptAt === null) probe.emit({ _tag: "ShipmentEnded", outcome: change.shipment.state })
  return mine.filter(({ step }) => step._tag !== "Close" && step._tag !== "Wait")
})

/** Up to where first attempts and others are known to be begun. */
interface Marks {
  readonly firsts: LowWaterMark
  readonly retries: LowWaterMark
}

/** What is due from the marks on, which move along. Of each kind it comes longest due first. */
const dueFrom = Effect.fnUntraced(function* (
  marks: Marks,
  shipments: Shipments["Service"],
  asked: Omit<Parameters<Shipments["Service"]["due"]>[0], "since" | "now">,
) {
  const now = yield* Clock.currentTimeMillis
  const firsts = marks.firsts.begin(now)
  const retries = marks.retries.begin(now)
  const since = { firsts: firsts.since, retries: retries.since }
  const due = yield* shipments.due({ ...asked, since, now })
  const ended = yield* Clock.currentTimeMillis
  const first = due.find(({ shipment }) => shipment.attempts === 0)
  const again = due.find(({ shipment }) => shipment.attempts > 0)
  marks.firsts.reached(firsts, first?.shipment.nextAttemptAt ?? null, ended)
  // Where there was no room for one, some may be open.
  const isFull = asked.retries === 0 || due.length === asked.limit
  marks.retries.reached(retries, again?.shipment.nextAttemptAt ?? (isFull ? retries.since : null), ended)
  return due
})

/** Looks again and again, less often once nothing has been due for a while. `look`: whether something was. */
const looking = Effect.fnUntraced(function* <E>(look: Effect.Effect<boolean, E>) {
  let dueAt = yield* Clock.currentTimeMillis
  const noted = Effect.gen(function* () {
    const isDue = yield* look
    if (isDue) dueAt = yield* Clock.currentTimeMillis
    return isDue
  })
  const whileBusy = Effect.repeat(noted, { while: (isDue) => isDue, schedule: LOOK_BUSY })
  const pause = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep(now - dueAt < QUIET_AFTER_MS ? LOOK_MS : LOOK_QUIET_MS),
  )
  return yield* Effect.forever(Effect.andThen(Effect.ignore(whileBusy), pause))
})

/** Runs until its scope closes; only while this process decides. */
export const layer = ({ giveUpMs }: Options) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const readiness = yield* Readiness
      const deps: Deps = {
        inventory: yield* Inventory,
        shipments: yield* Shipments,
        carrier: yield* CarrierCalls,
        checkout: yield* CheckoutRunner,
        probe: yield* Probe,
        nextId: (yield* Ids).next,
        trace: undefined,
      }
      const drivers = yield* FiberMap.make<OrderId>()
      /** Shipments of theirs that the carrier was asked about before. */
      const retried = new Set<OrderId>()
      const marks: Marks = { firsts: new LowWaterMark(LAG_MS), retries: new LowWaterMark(LAG_MS) }

      const begin = ({ change: { shipment }, order, step, trace }: Begun) => {
        if (shipment.attempts > 1) retried.add(order.id)
        const driven = drive(
          trace === undefined ? deps : { ...deps, trace },
          { ...shipment, version: shipment.version + 1 },
          order,
          step,
        ).pipe(
          Effect.catchTag(["Unavailable", "Refused"], () => Effect.void),
          Effect.catchCause((cause) =>
            Effect.logError(`the shipment of order ${order.id} stopped; it will be taken up again`, cause),
          ),
          Effect.ensuring(Effect.sync(() => retried.delete(order.id))),
        )
        return FiberMap.run(drivers, order.id, driven, { onlyIfMissing: true })
      }

      /** True: there was something. */
      const look: Effect.Effect<boolean, Unavailable> = Effect.gen(function* () {
        if ((yield* SubscriptionRef.get(readiness)) !== "ready") {
          marks.firsts.rewind()
          marks.retries.rewind()
          return false
        }
        const busy = [...drivers].map(([id]) => id)
        // What the guard would refuse is not begun: it would be journalled as an attempt that the carrier left unanswered.
        const limit = Math.min(DRIVERS_MAX - busy.length, deps.carrier.room())
        if (limit <= 0) return false
        const retries = Math.max(0, DRIVERS_MAX - FIRSTS_MIN - retried.size)
        const due = yield* dueFrom(marks, deps.shipments, { limit, retries, except: busy })
        if (due.length === 0) return false
        for (const each of yield* beginAll(deps, due, giveUpMs)) yield* begin(each)
        return true
      })

      yield* Effect.forkScoped(looking(look))
    }),
  )
