/**
 * The event stream in memory: what the relay publishes is handed to the consumers of this process, and is published when
 * all of them have handled it. The outbox is its only memory: what was not handled when the process ended comes again.
 *
 * Law: nothing is published before every consumer that is named has it; one that is not there yet is waited for. Order
 * per lane, and so per key: each consumer gets one parcel after another. The sources of one parcel are handled side by
 * side, so that a consumer may put what waits into one transaction.
 * Limits: one parcel at a time, because publishing waits for it.
 * Fails: StreamDown, when a consumer ended before it had handled a parcel.
 */
import { Context, Deferred, Effect, Layer, Queue } from "effect"
import * as CloudEvent from "../../ports/cloud-event.ts"
import {
  type Deliveries,
  type Delivery,
  EventSource,
  EventStream,
  type Handler,
  StreamDown,
} from "../../ports/event-stream.ts"
import type { Event } from "../../ports/events.ts"

interface Parcel {
  readonly sources: ReadonlyArray<Deliveries>
  readonly handled: Deferred.Deferred<void, StreamDown>
}

interface Subscription {
  readonly handler: Handler
  readonly parcels: Queue.Queue<Parcel>
  /** Those that are not handled yet: in the queue, or in the consumer's hands. */
  readonly open: Set<Parcel>
  /** Offset of the first delivery of each source that is not yet handled, as far as it is known here. */
  readonly positions: Map<string, number>
}

const sourceOf = ({ lane, topic }: Event): string => `outbox/${topic}/${lane}`

const deliveryOf = (event: Event): Delivery => ({
  topic: event.topic,
  offset: event.seq,
  key: event.key,
  value: CloudEvent.encode(event),
  headers: event.trace == null ? {} : { traceparent: event.trace },
})

const positionOf = ({ handler, positions }: Subscription, source: string): Effect.Effect<number> => {
  const known = positions.get(source)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.map(handler.position(source), (position) => position ?? 0)
}

const handleSource = Effect.fnUntraced(function* (subscription: Subscription, { deliveries, source }: Deliveries) {
  const position = yield* positionOf(subscription, source)
  const fresh = deliveries.filter(({ offset }) => offset >= position)
  if (fresh.length > 0) yield* subscription.handler.handle({ source, deliveries: fresh })
  subscription.positions.set(source, Math.max(position, deliveries.at(-1)!.offset + 1))
})

const wants = ({ handler }: Subscription, { deliveries }: Deliveries): boolean =>
  handler.topics.includes(deliveries[0]!.topic)

const handle = Effect.fnUntraced(function* (subscription: Subscription, parcel: Parcel) {
  const wanted = parcel.sources.filter((each) => wants(subscription, each))
  yield* Effect.forEach(wanted, (each) => handleSource(subscription, each), { concurrency: "unbounded", discard: true })
  subscription.open.delete(parcel)
  yield* Deferred.succeed(parcel.handled, undefined)
})

const handleAll = (subscription: Subscription) =>
  Effect.forever(Effect.flatMap(Queue.take(subscription.parcels), (parcel) => handle(subscription, parcel)))

/** Only what a consumer wants is put into text, once for all. */
const sourcesOf = (
  subscriptions: ReadonlySet<Subscription>,
  events: ReadonlyArray<Event>,
): ReadonlyArray<Deliveries> => {
  const topics = new Set([...subscriptions].flatMap(({ handler }) => handler.topics))
  const sources = Map.groupBy(
    events.filter(({ topic }) => topics.has(topic)),
    sourceOf,
  )
  return [...sources].map(([source, each]) => ({ source, deliveries: each.map(deliveryOf) }))
}

const goneOf = ({ handler }: Subscription) =>
  new StreamDown({ detail: `${handler.consumer} ended before it had handled them` })

/** `consumers`: the names of those without whom nothing is published. */
export const make = (consumers: ReadonlyArray<string>) => {
  const subscriptions = new Set<Subscription>()
  /** Completed, and made anew, with each new subscriber. */
  let change = Deferred.makeUnsafe<void>()

  const subscribe = (handler: Handler) =>
    Effect.gen(function* () {
      const parcels = yield* Queue.unbounded<Parcel>()
      const subscription: Subscription = { handler, parcels, open: new Set(), positions: new Map() }
      subscriptions.add(subscription)
      const subscribed = change
      change = Deferred.makeUnsafe()
      yield* Deferred.succeed(subscribed, undefined)
      return subscription
    })

  const leave = (subscription: Subscription) =>
    Effect.suspend(() => {
      subscriptions.delete(subscription)
      const gone = goneOf(subscription)
      return Effect.forEach(subscription.open, ({ handled }) => Deferred.fail(handled, gone), { discard: true })
    })

  const everybody = Effect.gen(function* () {
    for (;;) {
      const present = new Set([...subscriptions].map(({ handler }) => handler.consumer))
      if (consumers.every((each) => present.has(each))) return
      yield* Deferred.await(change)
    }
  })

  const stream: EventStream["Service"] = {
    publish: Effect.fnUntraced(function* (events) {
      yield* everybody
      const sources = sourcesOf(subscriptions, events)
      const parcels = [...subscriptions].map(({ open, parcels }) => {
        const parcel: Parcel = { sources, handled: Deferred.makeUnsafe() }
        open.add(parcel)
        Queue.offerUnsafe(parcels, parcel)
        return parcel
      })
      for (const { handled } of parcels) yield* Deferred.await(handled)
    }),
  }
  const source: EventSource["Service"] = {
    consume: (handler) =>
      Effect.acquireUseRelease(
        subscribe(handler),
        (subscription) => Effect.andThen(handler.notice({ _tag: "Flowing" }), handleAll(subscription)),
        leave,
      ),
    bury: () => Effect.void,
  }
  return { stream, source }
}

export const layer = (consumers: ReadonlyArray<string>): Layer.Layer<EventStream | EventSource> =>
  Layer.effectContext(
    Effect.sync(() => {
      const { source, stream } = make(consumers)
      return Context.make(EventStream, stream).pipe(Context.add(EventSource, source))
    }),
  )
