/** The relay, over an outbox in memory and a stream that does as it is asked, under virtual time. */
import { it as test } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, References, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryOutbox from "../../src/adapters/memory/outbox.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as Relay from "../../src/app/outbox-relay.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { EventStream, StreamDown } from "../../src/ports/event-stream.ts"
import type { Event } from "../../src/ports/events.ts"
import { Outbox } from "../../src/ports/outbox.ts"
import { Notify } from "../../src/std/notify.ts"
import * as MemoryProbe from "../support/recording-probe.ts"
import * as Scribe from "../support/scribe.ts"

/** What the stream does with what it is given: it has them all the same when it only seems down. */
type Mood = "takes" | "down" | "seems down" | "silent"

/** No consumer wants these. */
const PASSED_OVER = ["jaego.stock.received.v1"]

/** A shop's outbox with a writer, a stream with moods, and relays that come and go. */
const ground = Effect.gen(function* () {
  const store = Store.make()
  const wake = new Notify()
  /** Everything the stream has, in the order it came, repeats included. */
  const taken: Array<Event> = []
  const stream = { mood: "takes" as Mood, calls: 0, under: 0, most: 0, gate: Deferred.makeUnsafe<void>() }
  const publish = (events: ReadonlyArray<Event>) =>
    Effect.gen(function* () {
      stream.calls++
      stream.most = Math.max(stream.most, ++stream.under)
      const { mood } = stream
      if (mood === "silent") yield* Deferred.await(stream.gate)
      else yield* Effect.sleep("5 millis")
      if (mood !== "down") taken.push(...events)
      if (mood === "down" || mood === "seems down") return yield* new StreamDown({ detail: "as asked" })
    }).pipe(Effect.ensuring(Effect.sync(() => void stream.under--)))
  const outbox = MemoryOutbox.make(store)
  const readings = { count: 0 }
  const take = Effect.map(outbox.take, (leadership) => ({
    ...leadership,
    read: (limit: number, passedOver: ReadonlyArray<string>) => {
      readings.count++
      return leadership.read(limit, passedOver)
    },
  }))
  const ports = Layer.mergeAll(
    Layer.succeed(Outbox, { take }),
    Layer.succeed(EventStream, { publish }),
    Layer.succeed(Relay.Wake, wake),
  )
  const probe = yield* Layer.build(MemoryProbe.recording)
  const { lanes } = yield* MemoryLease.make(store).acquire(Effect.void)
  const scribe = new Scribe.Scribe(MemoryLedger.make(store), lanes)
  /** So many products are created in a lane: as many facts. */
  const write = Effect.fnUntraced(function* (lane: Lane.Lane, count: number) {
    for (let n = 0; n < count; n++) {
      const id = Lane.place(Scribe.freshId(), lane) as ProductId
      yield* scribe.commit({ products: [{ product: Scribe.product({ id, sku: id, createdAt: 0 }), onHand: 1 }] })
    }
  })
  /** Goods are received so often, which no consumer wants: a product is created for it, and that is published. */
  const writeUnwanted = Effect.fnUntraced(function* (lane: Lane.Lane, count: number) {
    const id = Lane.place(Scribe.freshId(), lane) as ProductId
    yield* scribe.commit({ products: [{ product: Scribe.product({ id, sku: id, createdAt: 0 }), onHand: 1 }] })
    let n = 0
    /** So often more. */
    const receive = Effect.fnUntraced(function* (times: number) {
      for (const till = n + times; n < till; ) {
        const before = { onHand: ++n, reserved: 0, version: n }
        const event = { type: "received", onHand: 1, reserved: 0, reason: null } as const
        yield* scribe.commit({ changes: [{ productId: id, before, event }] })
      }
    })
    yield* receive(count)
    return receive
  })
  /** A relay, until `end`. */
  const relay = Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    yield* Relay.start(PASSED_OVER).pipe(
      Scope.provide(scope),
      Effect.provide(ports),
      Effect.provideContext(probe),
      Effect.provideService(References.MinimumLogLevel, "None"),
    )
    yield* TestClock.adjust(0)
    return { end: Scope.close(scope, Exit.void) }
  })
  /** What the stream has of a lane, each once, as first published. */
  const published = (lane: Lane.Lane) => [
    ...new Set(taken.filter((event) => event.lane === lane).map(({ seq }) => seq)),
  ]
  const all = () => taken.map(({ lane, seq }) => `${lane}:${seq}`)
  const cursor = (lane: Lane.Lane) => store.relay.cursors[lane]
  const recording = yield* Effect.provideContext(MemoryProbe.Recording, probe)
  return { store, wake, taken, stream, readings, write, writeUnwanted, relay, published, all, cursor, recording }
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe("the relay", () => {
  test.effect("brings out what is there, lane by lane in order, and then moves the cursors", () =>
    Effect.gen(function* () {
      const { cursor, relay, published, write } = yield* ground
      yield* write(3, 5)
      yield* write(40, 2)
      yield* relay
      yield* TestClock.adjust("10 millis")
      expect([published(3), published(40)]).toEqual([upTo(5), upTo(2)])
      expect([cursor(3), cursor(40)]).toEqual([5, 2])
    }),
  )

  test.effect("passes over what no consumer wants, and asks the stream for nothing when that is all", () =>
    Effect.gen(function* () {
      const { cursor, relay, stream, published, writeUnwanted } = yield* ground
      yield* writeUnwanted(3, 4)
      yield* relay
      yield* TestClock.adjust("1 second")
      expect([published(3), cursor(3), stream.calls]).toEqual([[1], 5, 1])
      yield* writeUnwanted(3, 3_000)
      yield* TestClock.adjust("1 second")
      expect([published(3), cursor(3), stream.calls]).toEqual([[1, 6], 3_006, 2])
    }),
  )

  test.effect("does not wait when it is woken", () =>
    Effect.gen(function* () {
      const { relay, published, wake, write } = yield* ground
      yield* relay
      yield* TestClock.adjust("10 seconds")
      yield* write(1, 1)
      wake.notify()
      yield* TestClock.adjust("5 millis")
      expect(published(1)).toEqual([1])
    }),
  )

  test.effect("finds by itself what it was not woken for", () =>
    Effect.gen(function* () {
      const { relay, published, write } = yield* ground
      yield* relay
      yield* TestClock.adjust("10 seconds")
      yield* write(1, 1)
      yield* TestClock.adjust("105 millis")
      expect(published(1)).toEqual([1])
    }),
  )

  test.effect("takes what many commits have written at once, when it is woken for each", () =>
    Effect.gen(function* () {
      const { relay, stream, published, wake, write } = yield* ground
      yield* relay
      for (let n = 0; n < 200; n++) {
        yield* write(1, 1)
        wake.notify()
        yield* TestClock.adjust("1 millis")
      }
      yield* TestClock.adjust("30 millis")
      expect(published(1)).toEqual(upTo(200))
      expect(stream.calls).toBeLessThan(20)
    }),
  )

  test.effect("reads half as often while no consumer wants what commits write, unless that is much", () =>
    Effect.gen(function* () {
      const { cursor, readings, relay, wake, write, writeUnwanted } = yield* ground
      const during = Effect.fnUntraced(function* (turns: number, work: ReturnType<typeof write>) {
        const { count } = readings
        for (let n = 0; n < turns; n++) {
          yield* work
          wake.notify()
          yield* TestClock.adjust("10 millis")
        }
        return readings.count - count
      })
      const receive = yield* writeUnwanted(3, 0)
      yield* relay
      yield* TestClock.adjust("1 second")
      expect(yield* during(100, write(1, 1))).toBeGreaterThan(18)
      yield* TestClock.adjust("1 second")
      const unwanted = yield* during(100, receive(1))
      expect([unwanted > 8, unwanted < 12]).toEqual([true, true])
      // As much as one reading takes: the backlog is passed over as fast as if it were wanted.
      yield* receive(10_000)
      const { count } = readings
      yield* TestClock.adjust("250 millis")
      expect(cursor(3)).toBe(1 + 100 + 10_000)
      expect(readings.count - count).toBeLessThan(8)
    }),
  )

  test.effect("moves no cursor before the stream has confirmed", () =>
    Effect.gen(function* () {
      const { cursor, relay, stream, published, write } = yield* ground
      yield* write(7, 3)
      stream.mood = "silent"
      yield* relay
      yield* TestClock.adjust("1 hour")
      expect([stream.calls, cursor(7)]).toEqual([1, 0])
      stream.mood = "takes"
      yield* Deferred.succeed(stream.gate, undefined)
      yield* TestClock.adjust("10 millis")
      expect([published(7), cursor(7)]).toEqual([upTo(3), 3])
    }),
  )

  test.effect("outlives a stream that is down for minutes, asks it ever more rarely, and loses nothing", () =>
    Effect.gen(function* () {
      const { all, recording, relay, stream, published, write } = yield* ground
      stream.mood = "down"
      yield* relay
      yield* write(2, 10)
      yield* TestClock.adjust("1 minute")
      yield* write(2, 10)
      yield* write(9, 3)
      yield* TestClock.adjust("1 minute")
      expect(stream.calls).toBeGreaterThan(20)
      expect(stream.calls).toBeLessThan(80)
      expect(recording.count(MemoryProbe.is("StreamStalled"))).toBe(stream.calls)
      expect(all()).toEqual([])
      stream.mood = "takes"
      yield* TestClock.adjust("2100 millis")
      expect([published(2), published(9)]).toEqual([upTo(20), upTo(3)])
      expect(new Set(all()).size).toBe(all().length)
    }),
  )

  test.effect("publishes again what was perhaps not published", () =>
    Effect.gen(function* () {
      const { all, cursor, relay, stream, write } = yield* ground
      yield* write(5, 2)
      stream.mood = "seems down"
      yield* relay
      yield* TestClock.adjust("10 millis")
      expect([all(), cursor(5)]).toEqual([["5:1", "5:2"], 0])
      stream.mood = "takes"
      yield* TestClock.adjust("1 second")
      expect([all(), cursor(5)]).toEqual([["5:1", "5:2", "5:1", "5:2"], 2])
    }),
  )

  test.effect("waits while another relays, and goes on where that one ended", () =>
    Effect.gen(function* () {
      const { all, relay, write } = yield* ground
      const first = yield* relay
      yield* relay
      for (let n = 0; n < 20; n++) {
        yield* write(n % 3, 1)
        yield* TestClock.adjust("130 millis")
      }
      yield* first.end
      yield* write(1, 4)
      yield* TestClock.adjust("1 second")
      expect(new Set(all()).size).toBe(24)
      expect(all()).toHaveLength(24)
    }),
  )

  test.effect("takes leadership again when it has lost it, and moves nothing meanwhile", () =>
    Effect.gen(function* () {
      const { cursor, recording, relay, store, stream, published, write } = yield* ground
      yield* write(6, 2)
      stream.mood = "silent"
      yield* relay
      yield* TestClock.adjust("1 second")
      yield* store.relay.leadership.sever
      stream.mood = "takes"
      yield* Deferred.succeed(stream.gate, undefined)
      yield* TestClock.adjust("10 millis")
      expect(cursor(6)).toBe(0)
      yield* TestClock.adjust("1 second")
      expect([published(6), cursor(6)]).toEqual([[1, 2], 2])
      expect(recording.count(MemoryProbe.is("LeadershipTaken"))).toBe(2)
      expect(recording.count(MemoryProbe.is("LeadershipEnded"))).toBe(1)
    }),
  )

  test.effect("reports how old the oldest fact was", () =>
    Effect.gen(function* () {
      const { recording, relay, write } = yield* ground
      yield* TestClock.setTime(Scribe.NOON + 3_000)
      yield* write(4, 2)
      yield* relay
      yield* TestClock.adjust("5 millis")
      expect(recording.all()).toContainEqual({ _tag: "FactsRelayed", facts: 2, seconds: 0.005, lagSeconds: 3.005 })
    }),
  )

  test.effect("lets what was committed leave, when it ends", () =>
    Effect.gen(function* () {
      const { relay, published, write } = yield* ground
      const { end } = yield* relay
      yield* TestClock.adjust("1 second")
      yield* write(8, 3)
      const ending = yield* Effect.forkChild(end)
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(ending)
      expect(published(8)).toEqual(upTo(3))
    }),
  )

  test.effect.each(["down", "silent"] as const)("ends soon all the same when the stream is %s", (mood) =>
    Effect.gen(function* () {
      const { cursor, relay, stream, write } = yield* ground
      stream.mood = mood
      const { end } = yield* relay
      yield* write(8, 3)
      yield* TestClock.adjust("1 minute")
      const ending = yield* Effect.forkChild(end)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(ending)
      expect(cursor(8)).toBe(0)
    }),
  )

  test.effect("ends at once when another leads", () =>
    Effect.gen(function* () {
      const { relay } = yield* ground
      yield* relay
      const second = yield* relay
      yield* second.end
    }),
  )
})

/** What happens, in steps. */
const step = fc.oneof(
  fc.record({ write: fc.integer({ min: 0, max: 3 }), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ mood: fc.constantFrom<Mood>("takes", "down", "seems down") }),
  fc.record({ pass: fc.integer({ min: 1, max: 400 }) }),
  fc.constant({ sever: true }),
  fc.constant({ wake: true }),
)

it("loses nothing and keeps the order of each lane, whatever happens to the stream and to its leadership", () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(1, 2), (steps, relays) =>
      Effect.gen(function* () {
        const { cursor, relay, store, stream, published, wake, write } = yield* ground
        const written = [0, 0, 0, 0]
        for (let n = 0; n < relays; n++) yield* relay
        for (const each of steps) {
          if ("write" in each) {
            written[each.write]! += each.count
            yield* write(each.write, each.count)
          } else if ("mood" in each) stream.mood = each.mood
          else if ("pass" in each) yield* TestClock.adjust(each.pass)
          else if ("sever" in each) yield* store.relay.leadership.sever
          else wake.notify()
        }
        for (const lane of [0, 1, 2, 3])
          expect(cursor(lane), "no cursor is ahead of what was published").toBeLessThanOrEqual(published(lane).length)
        stream.mood = "takes"
        yield* TestClock.adjust("10 seconds")
        for (const lane of [0, 1, 2, 3]) {
          expect(published(lane)).toEqual(upTo(written[lane]!))
          expect(cursor(lane)).toBe(written[lane])
        }
        if (relays === 1) expect(stream.most).toBeLessThanOrEqual(1)
      }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise),
    ),
    { numRuns: 150 },
  ))
