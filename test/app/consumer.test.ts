/** A consumer at work, over an inbox in memory that fails as asked, and a stream that the test holds in its hands. */
import { it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Result, type Scope } from "effect"
import { describe, expect } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as Consumer from "../../src/app/consumer.ts"
import * as Shipping from "../../src/app/consumers/shipping.ts"
import * as Timeline from "../../src/app/consumers/timeline.ts"
import * as DeadLetters from "../../src/app/dead-letters.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import { type DeadLetter, type Delivery, EventSource, type Handler, StreamDown } from "../../src/ports/event-stream.ts"
import { ORDERS } from "../../src/ports/events.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { type Handled, Inbox, Indigestible, type Intake } from "../../src/ports/inbox.ts"
import type { Probe } from "../../src/ports/probe.ts"
import * as MemoryProbe from "../support/recording-probe.ts"
import { freshId, NOON } from "../support/scribe.ts"

const SOURCE = "kafka/one/jaego.orders/0"

const orderId = () => freshId() as OrderId

interface Fields {
  readonly shop?: string
  readonly key: OrderId
  readonly version: number
  readonly type?: string
  readonly id?: string
  readonly data?: object
}

/** An event as the relay publishes it. */
const message = (
  { data = {}, id = freshId(), key, shop = Store.SHOP, type = "paid", version }: Fields,
  offset: number,
): Delivery => ({
  topic: ORDERS,
  offset,
  key,
  headers: {},
  value: CloudEvent.encode({
    ...{
      topic: ORDERS,
      key,
      id,
      shop,
      version,
      lane: Lane.of(key),
      seq: offset,
      time: NOON + version,
      link: freshId(),
    },
    type: `jaego.order.${type}.v1`,
    data: JSON.stringify({ id: key, version, status: "paid", ...data }),
  }),
})

type Trouble = "unavailable" | "answered too late"

/** A stream, an inbox and a dead-letter topic in the hands of a test. */
const bench = (consumer: Consumer.Consumer) =>
  Effect.gen(function* () {
    const store = Store.make()
    const honest = MemoryInbox.make(store)
    const commits: Array<ReadonlyArray<Intake>> = []
    const troubles: Array<Trouble> = []
    const buried: Array<DeadLetter> = []
    const hand = { gate: null as Deferred.Deferred<void> | null, streamDown: 0, refuses: (_: string) => false }
    const commit = (
      intakes: ReadonlyArray<Intake>,
    ): Effect.Effect<Handled, Indigestible | ReturnType<typeof unavailable>> =>
      Effect.gen(function* () {
        commits.push(intakes)
        if (hand.gate !== null) yield* Deferred.await(hand.gate)
        const trouble = troubles.shift()
        if (trouble === "unavailable") return yield* Effect.fail(unavailable("database"))
        const events = intakes.flatMap(({ taken }) => taken.flatMap((each) => (each._tag === "Event" ? [each] : [])))
        if (events.some(({ eventId }) => hand.refuses(eventId)))
          return yield* new Indigestible({ detail: "no such column" })
        const handled = yield* honest.commit(intakes)
        return trouble === "answered too late" ? yield* Effect.fail(unavailable("database")) : handled
      })
    const inbox: Inbox["Service"] = { ...honest, commit }
    const subscribed = yield* Deferred.make<Handler>()
    const source: EventSource["Service"] = {
      consume: (handler) => Effect.andThen(Deferred.succeed(subscribed, handler), Effect.never),
      bury: (letters) =>
        Effect.suspend(() => {
          if (hand.streamDown-- > 0) return Effect.fail(new StreamDown({ detail: "no broker" }))
          buried.push(...letters)
          return Effect.void
        }),
    }
    const running = yield* Effect.forkScoped(
      Consumer.run(consumer).pipe(Effect.provideService(Inbox, inbox), Effect.provideService(EventSource, source)),
    )
    const handler = yield* Deferred.await(subscribed)
    const deliver = (deliveries: ReadonlyArray<Delivery>, from = SOURCE) => handler.handle({ source: from, deliveries })
    const versions = (key: OrderId) => [...(store.timeline.get(key)?.values() ?? [])].map(({ version }) => version)
    const position = (from = SOURCE) => store.inbox.positions.get(`${consumer.name} ${from}`) ?? null
    const letters = inbox.parked({ consumer: null, after: 0, limit: 100 })
    return { store, inbox, commits, troubles, buried, hand, handler, deliver, versions, position, letters, running }
  })

const over = <E>(body: Effect.Effect<void, E, Scope.Scope | MemoryProbe.Recording | Probe>) =>
  Effect.provide(Effect.scoped(body), MemoryProbe.recording)

describe("a consumer", () => {
  it.live("writes what its events ask for, in their order, and moves the position with them", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, position, versions } = yield* bench(Timeline.consumer)
        const [one, other] = [orderId(), orderId()]
        const messages = [
          message({ key: one, version: 2 }, 4),
          message({ key: other, version: 2, type: "expired" }, 5),
          message({ key: one, version: 3, type: "cancelled", data: { reason: "wrong size" } }, 9),
        ]
        yield* deliver(messages)
        expect([versions(one), versions(other)]).toEqual([[2, 3], [2]])
        expect(position()).toBe(10)
        expect(commits).toHaveLength(1)
      }),
    ),
  )

  it.live("has one effect for what is delivered twice, and none for what comes late", () =>
    over(
      Effect.gen(function* () {
        const { deliver, versions } = yield* bench(Timeline.consumer)
        const key = orderId()
        const [two, three, four] = [2, 3, 4].map((version) => message({ key, version }, version))
        yield* deliver([two!, three!])
        yield* deliver([two!, three!, { ...two!, offset: 4 }, { ...four!, offset: 5 }])
        yield* deliver([{ ...message({ key, version: 3 }, 6) }])
        expect(versions(key)).toEqual([2, 3, 4])
      }),
    ),
  )

  it.live("puts what waits into one transaction, whichever source it came from", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, hand, position, versions } = yield* bench(Timeline.consumer)
        const keys = Array.from({ length: 5 }, orderId)
        const gate = yield* Deferred.make<void>()
        hand.gate = gate
        const first = yield* Effect.forkScoped(deliver([message({ key: keys[0]!, version: 2 }, 0)], "source 0"), {
          startImmediately: true,
        })
        while (commits.length === 0) yield* Effect.yieldNow
        const rest = yield* Effect.forEach(keys.slice(1), (key, index) =>
          Effect.forkScoped(deliver([message({ key, version: 2 }, 0)], `source ${index + 1}`), {
            startImmediately: true,
          }),
        )
        hand.gate = null
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.joinAll([first, ...rest])
        expect(commits.map((intakes) => intakes.length)).toEqual([1, 4])
        for (const key of keys) expect(versions(key)).toEqual([2])
        expect(position("source 3")).toBe(1)
      }),
    ),
  )

  it.live("waits out what passes, and lets nothing overtake", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, troubles, versions } = yield* bench(Timeline.consumer)
        const recording = yield* MemoryProbe.Recording
        const key = orderId()
        troubles.push("unavailable", "unavailable", "answered too late")
        yield* deliver([message({ key, version: 2 }, 0)])
        expect(versions(key)).toEqual([2])
        expect(commits).toHaveLength(4)
        expect(recording.count(MemoryProbe.is("ConsumerStalled"))).toBe(3)
        expect(recording.all().find(MemoryProbe.is("EventsHandled"))).toMatchObject({ events: 1, effects: 0 })
      }),
    ),
  )

  it.live("passes over the events of another shop, and counts them", () =>
    over(
      Effect.gen(function* () {
        const { deliver, letters, position, versions } = yield* bench(Timeline.consumer)
        const recording = yield* MemoryProbe.Recording
        const [ours, theirs] = [orderId(), orderId()]
        const shop = freshId()
        yield* deliver([
          message({ key: theirs, version: 2, shop }, 0),
          // It would be poison if it were ours.
          { ...message({ key: theirs, version: 3, shop }, 1), key: ours },
          message({ key: ours, version: 2 }, 2),
        ])
        expect([versions(ours), versions(theirs)]).toEqual([[2], []])
        expect(position()).toBe(3)
        expect(yield* letters).toEqual([])
        expect(recording.all().find(MemoryProbe.is("EventsForeign"))).toMatchObject({ consumer: "timeline", events: 2 })
      }),
    ),
  )

  it.live("takes for its own what was published before events said whose they are", () =>
    over(
      Effect.gen(function* () {
        const { deliver, versions } = yield* bench(Timeline.consumer)
        const key = orderId()
        const { shopid: _, ...older } = JSON.parse(message({ key, version: 2 }, 0).value)
        yield* deliver([{ ...message({ key, version: 2 }, 0), value: JSON.stringify(older) }])
        expect(versions(key)).toEqual([2])
      }),
    ),
  )

  it.live("logs what was deleted before it came to it, and goes on behind it for good", () =>
    over(
      Effect.gen(function* () {
        const { deliver, handler, position } = yield* bench(Timeline.consumer)
        const recording = yield* MemoryProbe.Recording
        yield* deliver([message({ key: orderId(), version: 2 }, 0)])
        yield* handler.notice({ _tag: "Jumped", source: SOURCE, from: 1, to: 8 })
        expect(position()).toBe(8)
        expect(recording.all().find(MemoryProbe.is("EventsMissed"))).toMatchObject({ events: 7, source: SOURCE })
      }),
    ),
  )

  it.live("needs no transaction for what has no use, and moves the position for it some time", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, position } = yield* bench(Timeline.consumer)
        const placed = (offset: number) => message({ key: orderId(), version: 1, type: "placed" }, offset)
        yield* deliver(Array.from({ length: 100 }, (_, offset) => placed(offset)))
        expect(commits).toEqual([])
        yield* deliver(Array.from({ length: 4_900 }, (_, offset) => placed(offset + 100)))
        expect(position()).toBe(5_000)
        yield* deliver([placed(5_000), message({ key: orderId(), version: 2 }, 5_001)])
        expect(position()).toBe(5_002)
        expect(commits).toHaveLength(2)
      }),
    ),
  )

  it.live("commits many events some at a time", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, position, versions } = yield* bench(Timeline.consumer)
        const key = orderId()
        yield* deliver(Array.from({ length: 1_201 }, (_, offset) => message({ key, version: offset + 2 }, offset)))
        expect(versions(key)).toHaveLength(1_201)
        expect(position()).toBe(1_201)
        expect(Math.max(...commits.map((intakes) => intakes[0]!.taken.length))).toBe(500)
      }),
    ),
  )

  it.live("that is stopped in the middle handles the same again, once", () =>
    over(
      Effect.gen(function* () {
        const { commits, deliver, hand, versions } = yield* bench(Timeline.consumer)
        const key = orderId()
        const messages = [message({ key, version: 2 }, 0)]
        const gate = yield* Deferred.make<void>()
        hand.gate = gate
        const stopped = yield* Effect.forkScoped(deliver(messages), { startImmediately: true })
        while (commits.length === 0) yield* Effect.yieldNow
        yield* Fiber.interrupt(stopped)
        hand.gate = null
        yield* Deferred.succeed(gate, undefined)
        yield* deliver([...messages, message({ key, version: 3 }, 1)])
        expect(versions(key)).toEqual([2, 3])
      }),
    ),
  )
})

/** Each is poison for another reason. */
const POISON: ReadonlyArray<readonly [string, (key: OrderId) => Delivery, RegExp]> = [
  ["no JSON", (key) => ({ ...message({ key, version: 2 }, 0), value: "{" }), /not a CloudEvent/],
  [
    "no CloudEvent",
    (key) => ({ ...message({ key, version: 2 }, 0), value: '{"specversion":"1.0"}' }),
    /not a CloudEvent/,
  ],
  ["under a key that is not its subject", (key) => ({ ...message({ key: orderId(), version: 2 }, 0), key }), /subject/],
]

/** Breaks on some events. */
const fragile: Consumer.Consumer = {
  ...Timeline.consumer,
  writes: (event) => {
    if (event.data["breaks"] === true) throw new Error("cannot read of undefined")
    return event.data["refused"] === true ? Result.fail("no such thing") : Timeline.consumer.writes(event)
  },
}

describe("poison", () => {
  it.live.each(POISON)("%s is buried and parked, and other keys go on", ([, make, error]) =>
    over(
      Effect.gen(function* () {
        const { buried, deliver, letters, position, versions } = yield* bench(Timeline.consumer)
        const [bad, good] = [orderId(), orderId()]
        yield* deliver([make(bad), message({ key: bad, version: 3 }, 1), message({ key: good, version: 2 }, 2)])
        expect([versions(bad), versions(good)]).toEqual([[], [2]])
        expect(buried).toMatchObject([{ consumer: "timeline", source: SOURCE, attempts: 1, delivery: { offset: 0 } }])
        expect(buried[0]!.error).toMatch(error)
        expect((yield* letters).map(({ delivery, state }) => [delivery.offset, state])).toEqual([
          [0, "poison"],
          [1, "queued"],
        ])
        expect(position()).toBe(3)
      }),
    ),
  )

  it.live("is what a consumer refuses, and what it breaks on", () =>
    over(
      Effect.gen(function* () {
        const { buried, deliver, versions } = yield* bench(fragile)
        const [one, two, good] = [orderId(), orderId(), orderId()]
        yield* deliver([
          message({ key: one, version: 2, data: { breaks: true } }, 0),
          message({ key: two, version: 2, data: { refused: true } }, 1),
          message({ key: good, version: 2 }, 2),
        ])
        expect(buried.map(({ error }) => error)).toEqual(["timeline broke: cannot read of undefined", "no such thing"])
        expect(versions(good)).toEqual([2])
      }),
    ),
  )

  it.live("is found by halves among many that the database refuses together", () =>
    over(
      Effect.gen(function* () {
        const { buried, commits, deliver, hand, letters, versions } = yield* bench(Timeline.consumer)
        const keys = Array.from({ length: 64 }, orderId)
        const bad = new Set([freshId(), freshId()])
        const [first, second] = [...bad]
        hand.refuses = (id) => bad.has(id)
        const messages = keys.map((key, offset) =>
          message({ key, version: 2, id: offset === 17 ? first! : offset === 40 ? second! : freshId() }, offset),
        )
        yield* deliver(messages)
        expect(buried.map(({ delivery, error }) => [delivery.offset, error])).toEqual([
          [17, "no such column"],
          [40, "no such column"],
        ])
        expect(buried[0]!.attempts).toBe(7)
        expect(yield* letters).toHaveLength(2)
        expect(keys.filter((key) => versions(key).length === 1)).toHaveLength(62)
        expect(commits.length).toBeLessThan(30)
      }),
    ),
  )

  it.live("is buried before it is parked, and once, however often that has to be tried", () =>
    over(
      Effect.gen(function* () {
        const { buried, commits, deliver, hand, letters, troubles } = yield* bench(Timeline.consumer)
        const recording = yield* MemoryProbe.Recording
        hand.streamDown = 2
        troubles.push("unavailable")
        const delivering = yield* Effect.forkScoped(
          deliver([{ ...message({ key: orderId(), version: 2 }, 0), value: "" }]),
          {
            startImmediately: true,
          },
        )
        yield* recording.until((each) => each._tag === "ConsumerStalled" && each.absent === "stream", 2)
        expect(commits).toEqual([])
        yield* Fiber.join(delivering)
        expect(buried).toHaveLength(1)
        expect(yield* letters).toHaveLength(1)
        expect(recording.count(MemoryProbe.is("EventsBuried"))).toBe(1)
      }),
    ),
  )
})

describe("a replay", () => {
  const stuck = Effect.gen(function* () {
    const all = yield* bench(fragile)
    const [one, two] = [orderId(), orderId()]
    yield* all.deliver([
      message({ key: one, version: 2, data: { refused: true } }, 0),
      message({ key: two, version: 2, data: { refused: true } }, 1),
      message({ key: one, version: 3 }, 2),
      message({ key: one, version: 4 }, 3),
    ])
    const replay = (consumer: Consumer.Consumer, letter: number | null = null) =>
      DeadLetters.replay([consumer], { consumer: null, letter }).pipe(Effect.provideService(Inbox, all.inbox))
    return { ...all, one, two, replay }
  })

  it.live("handles what was parked in the order of its key, once the cause is mended", () =>
    over(
      Effect.gen(function* () {
        const { deliver, letters, one, replay, two, versions } = yield* stuck
        const all = yield* replay(Timeline.consumer)
        expect(all.map(({ letter, stays }) => [letter.delivery.offset, stays])).toEqual([
          [0, null],
          [1, null],
          [2, null],
          [3, null],
        ])
        expect([versions(one), versions(two)]).toEqual([[2, 3, 4], [2]])
        expect(yield* letters).toEqual([])
        yield* deliver([message({ key: one, version: 5 }, 4)])
        expect(versions(one)).toEqual([2, 3, 4, 5])
      }),
    ),
  )

  it.live("leaves what is still poison, and what queues behind it", () =>
    over(
      Effect.gen(function* () {
        const { letters, one, replay, versions } = yield* stuck
        const all = yield* replay(fragile)
        expect(all.map(({ letter, stays }) => [letter.delivery.offset, stays])).toEqual([
          [0, "no such thing"],
          [1, "no such thing"],
        ])
        expect(versions(one)).toEqual([])
        expect(yield* letters).toHaveLength(4)
      }),
    ),
  )

  it.live("of one letter takes its key along, and no other", () =>
    over(
      Effect.gen(function* () {
        const { letters, one, replay, two, versions } = yield* stuck
        const last = (yield* letters).at(-1)!
        expect(yield* replay(Timeline.consumer, last.id)).toHaveLength(3)
        expect([versions(one), versions(two)]).toEqual([[2, 3, 4], []])
        expect(yield* replay(Timeline.consumer, last.id)).toEqual([])
      }),
    ),
  )
})

describe("a letter that is discarded", () => {
  it.live("lets what queued behind it be handled", () =>
    over(
      Effect.gen(function* () {
        const { deliver, inbox, letters, versions } = yield* bench(fragile)
        const [key, other] = [orderId(), orderId()]
        yield* deliver([
          message({ key, version: 2, data: { refused: true } }, 0),
          message({ key: other, version: 2, data: { refused: true } }, 1),
          message({ key, version: 3 }, 2),
        ])
        const [first, second] = yield* letters
        const discard = (id: number) => Effect.provideService(DeadLetters.discard([fragile], id), Inbox, inbox)
        expect(yield* discard(first!.id)).toMatchObject([{ letter: { delivery: { offset: 2 } }, stays: null }])
        expect(versions(key)).toEqual([3])
        expect(yield* discard(first!.id)).toBeNull()
        expect(yield* discard(second!.id)).toEqual([])
        expect(yield* letters).toEqual([])
      }),
    ),
  )
})

describe("shipping's consumer", () => {
  it.live("opens a shipment for a paid order, some time after it was paid, and for nothing else", () =>
    over(
      Effect.gen(function* () {
        const { deliver, store } = yield* bench(Shipping.make({ afterMs: 3_000 }))
        const [paid, other] = [orderId(), orderId()]
        yield* deliver([
          message({ key: paid, version: 2 }, 0),
          message({ key: other, version: 2, type: "cancelled" }, 1),
        ])
        expect([...store.shipments.values()]).toMatchObject([{ orderId: paid, nextAttemptAt: NOON + 2 + 3_000 }])
      }),
    ),
  )
})

describe("the timeline's consumer", () => {
  it.live("logs the reason with what it reports", () =>
    over(
      Effect.gen(function* () {
        const { deliver, store } = yield* bench(Timeline.consumer)
        const key = orderId()
        const id = freshId()
        yield* deliver([message({ key, version: 2, id, type: "cancelled", data: { reason: "too late" } }, 0)])
        expect([...store.timeline.get(key)!.values()]).toEqual([
          { id, type: "jaego.order.cancelled.v1", version: 2, at: NOON + 2, detail: '{"reason":"too late"}' },
        ])
      }),
    ),
  )
})

describe("what `encode` writes", () => {
  it("shows its type without being read", () => {
    const { value } = message({ key: orderId(), version: 1, type: "placed" }, 0)
    expect(CloudEvent.typeOf(value)).toBe("jaego.order.placed.v1")
    expect(CloudEvent.typeOf(` ${value}`)).toBeNull()
  })
})
