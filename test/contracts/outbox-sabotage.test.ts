/** The outbox's contract and that of the event stream are able to say no: each is broken in one way, and the named check finds it. */
import { it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { describe } from "vitest"
import * as MemoryEventStream from "../../src/adapters/memory/event-stream.ts"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryOutbox from "../../src/adapters/memory/outbox.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import { EventSource, EventStream, type Handler } from "../../src/ports/event-stream.ts"
import type { Event } from "../../src/ports/events.ts"
import { type Leadership, Outbox, type Reading } from "../../src/ports/outbox.ts"
import { catches } from "./check.ts"
import { checks as streamChecks } from "./event-stream.ts"
import { checks, LeadershipSevering } from "./outbox.ts"

type Crooked = (leadership: Leadership, store: Store.Shape) => Partial<Leadership>

/** What is read is something else. */
const reading =
  (change: (reading: Reading) => Reading): Crooked =>
  (leadership) => ({ read: (limit, passedOver) => Effect.map(leadership.read(limit, passedOver), change) })

const giving = (change: (events: ReadonlyArray<Event>) => ReadonlyArray<Event>): Crooked =>
  reading(({ cursors, events }) => ({ cursors, events: change(events) }))

const OUTBOXES: ReadonlyArray<{ readonly outbox: string; readonly check: string; readonly crooked: Crooked }> = [
  {
    outbox: "forgets the version",
    check: "gives a fact whole, of products and of orders",
    crooked: giving((events) => events.map((event) => ({ ...event, version: 1 }))),
  },
  {
    outbox: "gives orders on the topic of stock",
    check: "gives a fact whole, of products and of orders",
    crooked: giving((events) => events.map((event) => ({ ...event, topic: "jaego.stock" }))),
  },
  {
    outbox: "gives the newest first",
    check: "gives each lane in order of seq, without a gap",
    crooked: giving((events) => events.toReversed()),
  },
  {
    outbox: "leaves out a fact",
    check: "gives each lane in order of seq, without a gap",
    crooked: giving((events) => events.filter(({ version }) => version !== 3)),
  },
  {
    outbox: "stands behind what it has given",
    check: "gives each lane in order of seq, without a gap",
    crooked: reading(({ cursors, events }) => ({
      events,
      cursors: cursors.map(({ lane, seq }) => ({ lane, seq: seq - 1 })),
    })),
  },
  {
    outbox: "says of every fact what is so of the last",
    check: "names the taking of a lane under which each fact was committed, and each taking otherwise",
    crooked: giving((events) => events.map((event) => ({ ...event, link: events.at(-1)!.link }))),
  },
  {
    outbox: "takes what was read for published",
    check: "gives again what was not advanced over, also to the next holder",
    crooked: (leadership) => ({
      read: (limit, passedOver) =>
        Effect.tap(leadership.read(limit, passedOver), ({ cursors }) => leadership.advance(cursors)),
    }),
  },
  {
    outbox: "gives out what no consumer wants",
    check: "passes over what no consumer wants, and counts it",
    crooked: (leadership) => ({ read: (limit) => leadership.read(limit, []) }),
  },
  {
    outbox: "passes over what was asked for beside it",
    check: "passes over what no consumer wants, and counts it",
    crooked: (leadership) => ({
      read: (limit, passedOver) => leadership.read(limit, passedOver.length === 0 ? [] : ["jaego.stock.received.v1"]),
    }),
  },
  {
    outbox: "stops where no consumer wants anything",
    check: "comes to an end also where no consumer wants anything",
    crooked: reading(({ cursors, events }) => ({
      events,
      cursors: events.length > 0 ? cursors : cursors.map(({ lane, seq }) => ({ lane, seq: seq - 4 })),
    })),
  },
  {
    outbox: "never advances",
    check: "does not give what was advanced over, also not to the next holder",
    crooked: () => ({ advance: () => Effect.void }),
  },
  {
    outbox: "moves cursors back",
    check: "moves no cursor back",
    crooked: (leadership, { relay }) => ({
      advance: (cursors) =>
        Effect.andThen(
          leadership.advance(cursors),
          Effect.sync(() => {
            for (const { lane, seq } of cursors) relay.cursors[lane] = seq
          }),
        ),
    }),
  },
  {
    outbox: "gives more than it was asked for",
    check: "gives at most so many at once, and all of them by and by",
    crooked: (leadership) => ({ read: (_, passedOver) => leadership.read(1_000, passedOver) }),
  },
  {
    outbox: "gives one lane after another",
    check: "lets no lane wait behind the backlog of another",
    crooked: (leadership) => ({
      read: (limit, passedOver) =>
        Effect.map(leadership.read(1_000, passedOver), ({ events }) => ({
          events: events.slice(0, limit),
          cursors: events.slice(0, limit).map(({ lane, seq }) => ({ lane, seq })),
        })),
    }),
  },
  {
    outbox: "lets a relay move cursors that has lost its leadership",
    check: "ends leadership with its session: the former leader reads nothing and moves nothing",
    crooked: (leadership, { relay }) => ({
      advance: (cursors) =>
        Effect.catch(leadership.advance(cursors), () =>
          Effect.sync(() => {
            for (const { lane, seq } of cursors) relay.cursors[lane] = seq
          }),
        ),
    }),
  },
]

const outboxes = (crooked: Crooked) =>
  Layer.effectContext(
    Effect.map(Store.Store, (store) => {
      const honest = MemoryOutbox.make(store)
      const take = Effect.map(honest.take, (leadership) => ({ ...leadership, ...crooked(leadership, store) }))
      return Context.make(Outbox, { take }).pipe(
        Context.add(LeadershipSevering, { sever: store.relay.leadership.sever }),
      )
    }),
  ).pipe(Layer.merge(Layer.mergeAll(MemoryLedger.layer, MemoryLease.layer)), Layer.provide(Store.layer))

describe("the contract of an outbox catches one that", () => {
  for (const { check, crooked, outbox } of OUTBOXES)
    it.effect(`${outbox}: "${check}"`, () => catches(checks, check, outboxes(crooked)))
})

interface Ends {
  readonly stream: EventStream["Service"]
  readonly source: EventSource["Service"]
}

/** Its handlers hear something else than they should. */
const hearing =
  (change: (handler: Handler) => Partial<Handler>) =>
  ({ source, stream }: Ends): Ends => ({
    stream,
    source: { ...source, consume: (handler) => source.consume({ ...handler, ...change(handler) }) },
  })

const STREAMS: ReadonlyArray<{
  readonly stream: string
  readonly check: string
  readonly crooked: (ends: Ends) => Ends
}> = [
  {
    stream: "publishes something else beside it, first",
    check: "gives an event to a consumer of its topic, whole",
    crooked: hearing(({ handle }) => ({
      handle: ({ deliveries, source }) =>
        handle({
          source,
          deliveries: deliveries.flatMap((each) => [each, { ...each, value: `${each.value} ` }]).reverse(),
        }),
    })),
  },
  {
    stream: "turns the order of what was published together",
    check: "keeps the order of a key, within one publishing and over many",
    crooked: ({ source, stream }) => ({
      source,
      stream: { publish: (events) => stream.publish(events.toReversed()) },
    }),
  },
  {
    stream: "gives the same offset twice",
    check: "gives all events of a key in one source, at growing offsets",
    crooked: hearing(({ handle }) => ({
      handle: ({ deliveries, source }) =>
        handle({ source, deliveries: deliveries.map((each) => ({ ...each, offset: each.offset >> 1 })) }),
    })),
  },
  {
    stream: "gives everybody every topic",
    check: "gives a consumer only the topics it wants",
    crooked: hearing(() => ({ topics: ["jaego.orders", "jaego.stock"] })),
  },
  {
    stream: "gives again what was handled",
    check: "goes on behind what a consumer has handled, when it comes back",
    crooked: ({ source, stream }) => {
      const published: Array<Parameters<typeof stream.publish>[0][number]> = []
      return {
        source: {
          ...source,
          consume: (handler) => source.consume({ ...handler, position: () => Effect.succeed(null) }),
        },
        stream: {
          publish: (events) => {
            published.push(...events)
            return stream.publish(published)
          },
        },
      }
    },
  },
]

const streams = (crooked: (ends: Ends) => Ends) =>
  Layer.effectContext(
    Effect.sync(() => {
      const { source, stream } = crooked(MemoryEventStream.make([]))
      return Context.make(EventStream, stream).pipe(Context.add(EventSource, source))
    }),
  )

describe("the contract of an event stream catches one that", () => {
  for (const { check, crooked, stream } of STREAMS)
    it.effect(`${stream}: "${check}"`, () => catches(streamChecks, check, streams(crooked)))
})
