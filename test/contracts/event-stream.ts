/**
 * What every event stream promises, seen from both ends: at least once, in order per key, and published only when it is
 * safe. Keys and consumers are fresh in each check, and a check looks only at its own events: one broker serves all.
 */
import { Deferred, Effect, Fiber, type Layer } from "effect"
import { expect } from "vitest"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import {
  type Deliveries,
  type Delivery,
  EventSource,
  EventStream,
  type Handler,
  type Notice,
} from "../../src/ports/event-stream.ts"
import { type Event, ORDERS, STOCK, type Topic } from "../../src/ports/events.ts"
import { freshId, NOON } from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

type Needs = EventStream | EventSource

/** Whose the facts are. */
const LINK = "11a2e000-0000-4000-8000-000000000001"
export const SHOP = "019aa000-0000-7000-8000-00000000005a"

/** Seqs grow, as those of an outbox do. */
let lastSeq = 0

/** The facts of one key, from version 1. */
export class Story {
  readonly key: OrderId | ProductId = freshId() as OrderId
  readonly #topic: Topic
  #version = 0

  constructor(topic: Topic = ORDERS) {
    this.#topic = topic
  }

  next(): Event {
    const version = ++this.#version
    return {
      topic: this.#topic,
      key: this.key,
      id: freshId(),
      shop: SHOP,
      type: "jaego.order.paid.v1",
      version,
      time: NOON + version,
      data: JSON.stringify({ id: this.key, version }),
      lane: Lane.of(this.key),
      seq: ++lastSeq,
      link: LINK,
    }
  }

  chapter(length: number): ReadonlyArray<Event> {
    return Array.from({ length }, () => this.next())
  }
}

interface Heard {
  readonly source: string
  readonly delivery: Delivery
}

/** A consumer that writes down what it hears of some keys, each once: what comes again it has handled already. */
export class Listener {
  readonly consumer = `listener-${freshId()}`
  /** Everything that came, also again, and of other checks. */
  readonly heard: Array<Heard> = []
  readonly positions = new Map<string, number>()
  readonly #topics: ReadonlyArray<Topic>
  readonly #before: (deliveries: Deliveries) => Effect.Effect<void>
  #change = Deferred.makeUnsafe<void>()

  constructor(
    topics: ReadonlyArray<Topic>,
    before: (deliveries: Deliveries) => Effect.Effect<void> = () => Effect.void,
  ) {
    this.#topics = topics
    this.#before = before
  }

  /** What befell its stream. */
  readonly notices: Array<Notice> = []

  readonly handler = (): Handler => ({
    consumer: this.consumer,
    shop: SHOP,
    notice: (notice) => Effect.sync(() => void this.notices.push(notice)),
    topics: this.#topics,
    position: (source) => Effect.sync(() => this.positions.get(source) ?? null),
    handle: (deliveries) =>
      Effect.andThen(
        this.#before(deliveries),
        Effect.sync(() => this.#write(deliveries)),
      ),
  })

  #write({ deliveries, source }: Deliveries): void {
    for (const delivery of deliveries) this.heard.push({ source, delivery })
    this.positions.set(source, deliveries.at(-1)!.offset + 1)
    const changed = this.#change
    this.#change = Deferred.makeUnsafe()
    Deferred.doneUnsafe(changed, Effect.void)
  }

  /** Of a key, as heard. */
  of(key: string): ReadonlyArray<Heard> {
    return this.heard.filter(({ delivery }) => delivery.key === key)
  }

  /** Its event ids in the order they were first heard. */
  ids(key: string): ReadonlyArray<string> {
    return [...new Set(this.of(key).map(({ delivery }) => eventOf(delivery).id))]
  }

  /** Waits until so many events of the key were heard. */
  readonly until = (key: string, count: number) => {
    const self = this
    return Effect.gen(function* () {
      while (self.ids(key).length < count) yield* Deferred.await(self.#change)
    })
  }
}

const eventOf = (delivery: Delivery) => {
  const event = CloudEvent.decode(delivery.value)
  if (event._tag === "Failure") throw new Error(`${event.failure}: ${delivery.value}`)
  return event.success
}

const listen = Effect.fnUntraced(function* (listener: Listener) {
  const source = yield* EventSource
  return yield* Effect.forkScoped(source.consume(listener.handler()), { startImmediately: true })
})

const publish = (events: ReadonlyArray<Event>) => Effect.flatMap(EventStream, (stream) => stream.publish(events))

const ids = (events: ReadonlyArray<Event>) => events.map(({ id }) => id)

/** A listener that is known to hear: it has heard a first event, which is published until it does. */
const attentive = Effect.fnUntraced(function* (listener: Listener, topic: Topic = ORDERS) {
  const fiber = yield* listen(listener)
  const first = new Story(topic)
  const event = first.next()
  const heard = yield* Effect.forkScoped(listener.until(first.key, 1))
  // A broker keeps what was published before a consumer came; a stream that keeps nothing does not.
  while (heard.pollUnsafe() === undefined) {
    yield* publish([{ ...event, seq: ++lastSeq }])
    yield* Effect.raceFirst(Fiber.join(heard), Effect.sleep("50 millis"))
  }
  return fiber
})

export const checks: ReadonlyArray<Check<Needs>> = [
  check("gives an event to a consumer of its topic, whole", function* () {
    const listener = new Listener([ORDERS])
    yield* attentive(listener)
    const story = new Story()
    const event = story.next()
    yield* publish([event])
    yield* listener.until(story.key, 1)
    const { delivery } = listener.of(story.key)[0]!
    expect(delivery).toMatchObject({ topic: ORDERS, key: story.key, value: CloudEvent.encode(event) })
    const { id, subject, time, type, version } = eventOf(delivery)
    expect({ id, subject, time, type, version }).toEqual({
      id: event.id,
      subject: story.key,
      time: event.time,
      type: event.type,
      version: 1,
    })
  }),

  check("keeps the order of a key, within one publishing and over many", function* () {
    const listener = new Listener([ORDERS])
    yield* attentive(listener)
    const stories = Array.from({ length: 5 }, () => new Story())
    const published = new Map<string, Array<string>>(stories.map(({ key }) => [key, []]))
    for (let round = 0; round < 6; round++) {
      const events = stories.flatMap((story) => story.chapter(3))
      for (const event of events) published.get(event.key)!.push(event.id)
      yield* publish(events)
    }
    for (const { key } of stories) {
      yield* listener.until(key, 18)
      expect(listener.ids(key)).toEqual(published.get(key))
    }
  }),

  check("gives all events of a key in one source, at growing offsets", function* () {
    const listener = new Listener([ORDERS])
    yield* attentive(listener)
    const story = new Story()
    for (let round = 0; round < 3; round++) yield* publish(story.chapter(4))
    yield* listener.until(story.key, 12)
    const heard = listener.of(story.key)
    expect(new Set(heard.map(({ source }) => source)).size).toBe(1)
    const offsets = heard.map(({ delivery }) => delivery.offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  }),

  check("gives a consumer only the topics it wants", function* () {
    const orders = new Listener([ORDERS])
    const both = new Listener([ORDERS, STOCK])
    yield* attentive(orders)
    yield* attentive(both)
    const [order, stock] = [new Story(ORDERS), new Story(STOCK)]
    yield* publish([...stock.chapter(2), ...order.chapter(2)])
    yield* both.until(stock.key, 2)
    yield* both.until(order.key, 2)
    yield* orders.until(order.key, 2)
    expect(orders.of(stock.key)).toEqual([])
    expect(orders.heard.every(({ delivery }) => delivery.topic === ORDERS)).toBe(true)
  }),

  check("gives every consumer everything", function* () {
    const listeners = [new Listener([ORDERS]), new Listener([ORDERS])]
    for (const listener of listeners) yield* attentive(listener)
    const story = new Story()
    const events = story.chapter(5)
    yield* publish(events)
    for (const listener of listeners) {
      yield* listener.until(story.key, 5)
      expect(listener.ids(story.key)).toEqual(ids(events))
    }
  }),

  check("gives the next deliveries of a source only when the last ones are handled", function* () {
    const [entered, gate] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    const story = new Story()
    const handling = new Map<string, number>()
    let most = 0
    const slow = new Listener([ORDERS], ({ deliveries, source }) =>
      Effect.gen(function* () {
        const under = (handling.get(source) ?? 0) + 1
        handling.set(source, under)
        most = Math.max(most, under)
        if (deliveries.some(({ key }) => key === story.key)) {
          yield* Deferred.succeed(entered, undefined)
          yield* Deferred.await(gate)
        }
        handling.set(source, under - 1)
      }),
    )
    yield* attentive(slow)
    const rounds = [story.chapter(2), story.chapter(2), story.chapter(2)]
    const publishing = yield* Effect.forkScoped(Effect.forEach(rounds, publish, { discard: true }))
    yield* Deferred.await(entered)
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(publishing)
    yield* slow.until(story.key, 6)
    expect(slow.ids(story.key)).toEqual(rounds.flatMap(ids))
    expect(most).toBe(1)
  }),

  check("gives again what a consumer that was stopped had not handled", function* () {
    const reached = yield* Deferred.make<void>()
    const story = new Story()
    let stopped = false
    const listener = new Listener([ORDERS], ({ deliveries }) =>
      deliveries.some(({ key }) => key === story.key) && !stopped
        ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
        : Effect.void,
    )
    const fiber = yield* attentive(listener)
    const events = story.chapter(3)
    const publishing = yield* Effect.forkScoped(Effect.exit(publish(events)))
    yield* Deferred.await(reached)
    yield* Fiber.interrupt(fiber)
    stopped = true
    const published = yield* Fiber.join(publishing)
    yield* attentive(listener)
    // A stream that keeps nothing has answered the publisher that it is not published.
    if (published._tag === "Failure") yield* publish(events)
    yield* listener.until(story.key, 3)
    expect(listener.ids(story.key)).toEqual(ids(events))
  }),

  check("goes on behind what a consumer has handled, when it comes back", function* () {
    const listener = new Listener([ORDERS])
    const fiber = yield* attentive(listener)
    const story = new Story()
    const before = story.chapter(4)
    yield* publish(before)
    yield* listener.until(story.key, 4)
    yield* Fiber.interrupt(fiber)
    yield* attentive(listener)
    const after = story.chapter(4)
    yield* publish(after)
    yield* listener.until(story.key, 8)
    expect(listener.of(story.key).map(({ delivery }) => eventOf(delivery).id)).toEqual(ids([...before, ...after]))
  }),

  check("loses nothing when the same is published again", function* () {
    const listener = new Listener([ORDERS])
    yield* attentive(listener)
    const story = new Story()
    const events = story.chapter(3)
    yield* publish(events)
    yield* publish([...events, ...story.chapter(1)])
    yield* listener.until(story.key, 4)
    expect(listener.ids(story.key).slice(0, 3)).toEqual(ids(events))
  }),

  check("publishes nothing gladly", function* () {
    yield* publish([])
  }),

  check("takes a dead letter", function* () {
    const listener = new Listener([ORDERS])
    yield* attentive(listener)
    const { delivery, source } = listener.heard[0]!
    yield* (yield* EventSource).bury([
      { consumer: listener.consumer, source, delivery, error: "no sense", attempts: 1 },
    ])
  }),
]

export const eventStreamContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`an event stream (${name})`, checks, adapter)
