/**
 * What every outbox promises to the relay: facts leave in order and whole, from behind cursors that only move forward,
 * through one reader at a time. Each check first lets everything leave that earlier ones have written.
 */
import { Context, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import { expect } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { type Event, ORDERS, STOCK } from "../../src/ports/events.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Fact, Ledger } from "../../src/ports/ledger.ts"
import { type Leadership, Outbox } from "../../src/ports/outbox.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, endOf, runAll } from "./check.ts"

/** Ends the leader's session, as a killed database backend would; done when it is gone. */
export class LeadershipSevering extends Context.Service<
  LeadershipSevering,
  { readonly sever: Effect.Effect<void, unknown> }
>()("jaego/test/LeadershipSevering") {}

type Needs = Outbox | Ledger | Lease | LeadershipSevering

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Above everything a check writes. */
const ALL = 10_000

/** Leadership, until `end`. */
const taken = Effect.gen(function* () {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const leadership = yield* Scope.provide((yield* Outbox).take, scope)
  return { leadership, end: Scope.close(scope, Exit.void) }
})

const drain = Effect.fnUntraced(function* (leadership: Leadership) {
  for (;;) {
    const { cursors } = yield* leadership.read(ALL, [])
    if (cursors.length === 0) return
    yield* leadership.advance(cursors)
  }
})

/** Leadership, with nothing left to publish, and a writer. */
const quiet = Effect.gen(function* () {
  const { end, leadership } = yield* taken
  yield* drain(leadership)
  return { leadership, end, scribe: yield* Scribe.owner }
})

/** A product of the lane is created, and then receives goods so often: 1 + `receipts` facts. */
const write = Effect.fnUntraced(function* (scribe: Scribe.Scribe, lane: Lane.Lane, receipts = 0) {
  const id = Lane.place(Scribe.freshId(), lane) as ProductId
  const product = Scribe.product({ id, sku: `sku-${id}` })
  const facts: Array<Fact> = []
  const commit = (parts: Scribe.Parts) => {
    const batch = scribe.batch(parts)
    facts.push(...batch.facts)
    return scribe.submit(batch)
  }
  yield* commit({ products: [{ product, onHand: 1 }] })
  for (let n = 0; n < receipts; n++) {
    const before = { onHand: 1 + n, reserved: 0, version: 1 + n }
    yield* commit({
      changes: [{ productId: id, before, event: { type: "received", onHand: 1, reserved: 0, reason: null } }],
    })
  }
  return facts
})

const eventOf = (fact: Fact): Event => ({
  topic: fact.subjectKind === "order" ? ORDERS : STOCK,
  key: fact.subject,
  id: fact.eventId,
  shop: expect.any(String) as string,
  type: fact.type,
  version: fact.subjectVersion,
  time: fact.at,
  data: fact.payload,
  trace: fact.trace ?? null,
  lane: fact.lane,
  seq: fact.seq,
  link: expect.stringMatching(UUID) as string,
})

const ids = (events: ReadonlyArray<Event>) => events.map(({ id }) => id)
const idsOf = (facts: ReadonlyArray<Fact>) => facts.map(({ eventId }) => eventId)

export const checks: ReadonlyArray<Check<Needs>> = [
  check("gives nothing when everything has left", function* () {
    const { end, leadership } = yield* quiet
    expect(yield* leadership.read(ALL, [])).toEqual({ events: [], cursors: [] })
    yield* end
  }),

  check("gives a fact whole, of products and of orders", function* () {
    const { end, scribe, leadership } = yield* quiet
    const product = Scribe.product()
    const order = Scribe.order([product])
    const created = scribe.batch({ products: [{ product, onHand: 5 }] })
    yield* scribe.submit(created)
    const untraced = scribe.batch({
      changes: Scribe.reserving(order, 5),
      orders: [order],
      holds: Scribe.holds(order),
    })
    const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    const isOrders = ({ subjectKind }: Fact) => subjectKind === "order"
    const placed = {
      ...untraced,
      facts: untraced.facts.map((fact) => (isOrders(fact) ? { ...fact, trace } : fact)),
    }
    yield* scribe.submit(placed)
    const facts = [...created.facts, ...placed.facts]
    expect(facts.map(({ subjectKind }) => subjectKind)).toEqual(["stock", "stock", "order"])
    expect((yield* leadership.read(ALL, [])).events).toEqual(facts.map(eventOf))
    yield* end
  }),

  check("gives each lane in order of seq, without a gap", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = [...(yield* write(scribe, 3, 4)), ...(yield* write(scribe, 9, 4)), ...(yield* write(scribe, 3, 2))]
    const { cursors, events } = yield* leadership.read(ALL, [])
    for (const lane of [3, 9])
      expect(ids(events.filter((event) => event.lane === lane))).toEqual(
        idsOf(facts.filter((fact) => fact.lane === lane)),
      )
    expect(events).toHaveLength(facts.length)
    const last = (lane: Lane.Lane) => ({ lane, seq: facts.findLast((fact) => fact.lane === lane)!.seq })
    expect(cursors.toSorted((a, b) => a.lane - b.lane)).toEqual([last(3), last(9)])
    yield* end
  }),

  check("names the taking of a lane under which each fact was committed, and each taking otherwise", function* () {
    const { end, scribe, leadership } = yield* quiet
    const lane = 19
    const linksOf = Effect.map(leadership.read(ALL, []), ({ events }) => events.map(({ link }) => link))
    yield* write(scribe, lane, 1)
    const [first, ...rest] = yield* linksOf
    expect(rest).toEqual([first])
    // Taken twice, and between them nothing was committed.
    for (let n = 0; n < 2; n++) scribe.take(yield* scribe.ledger.raise([scribe.lane(lane)]))
    yield* write(scribe, lane, 2)
    const links = yield* linksOf
    const second = links[2]!
    expect(links).toEqual([first, first, second, second, second])
    expect(second).not.toBe(first)
    // From the middle of a link on, and from its end.
    const { seq } = scribe.lane(lane)
    yield* leadership.advance([{ lane, seq: seq - 4 }])
    expect(yield* linksOf).toEqual([first, second, second, second])
    yield* leadership.advance([{ lane, seq: seq - 3 }])
    expect(yield* linksOf).toEqual([second, second, second])
    yield* end
  }),

  check("gives again what was not advanced over, also to the next holder", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = yield* write(scribe, 5, 1)
    expect(ids((yield* leadership.read(ALL, [])).events)).toEqual(idsOf(facts))
    expect(ids((yield* leadership.read(ALL, [])).events)).toEqual(idsOf(facts))
    yield* end
    const next = yield* taken
    expect(ids((yield* next.leadership.read(ALL, [])).events)).toEqual(idsOf(facts))
    yield* next.end
  }),

  check("does not give what was advanced over, also not to the next holder", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = yield* write(scribe, 6, 2)
    yield* leadership.advance([{ lane: 6, seq: facts[1]!.seq }])
    expect(ids((yield* leadership.read(ALL, [])).events)).toEqual(idsOf(facts.slice(2)))
    yield* end
    const next = yield* taken
    expect(ids((yield* next.leadership.read(ALL, [])).events)).toEqual(idsOf(facts.slice(2)))
    yield* next.end
  }),

  check("moves no cursor back", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = yield* write(scribe, 7, 2)
    yield* leadership.advance([{ lane: 7, seq: facts[1]!.seq }])
    yield* leadership.advance([{ lane: 7, seq: facts[0]!.seq }])
    expect(ids((yield* leadership.read(ALL, [])).events)).toEqual(idsOf(facts.slice(2)))
    yield* end
  }),

  check("advances over nothing", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = yield* write(scribe, 8)
    yield* leadership.advance([])
    expect(ids((yield* leadership.read(ALL, [])).events)).toEqual(idsOf(facts))
    yield* end
  }),

  check("gives at most so many at once, and all of them by and by", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts: Array<Fact> = []
    for (const lane of [10, 11, 12, 13, 14]) facts.push(...(yield* write(scribe, lane, 2)))
    const given: Array<Event> = []
    for (;;) {
      const { cursors, events } = yield* leadership.read(4, [])
      expect(events.length).toBeLessThanOrEqual(4)
      if (cursors.length === 0) break
      given.push(...events)
      yield* leadership.advance(cursors)
    }
    expect(ids(given).toSorted()).toEqual(idsOf(facts).toSorted())
    yield* end
  }),

  check("passes over what no consumer wants, and counts it", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = [...(yield* write(scribe, 15, 3)), ...(yield* write(scribe, 16)), ...(yield* write(scribe, 15))]
    const { cursors, events } = yield* leadership.read(ALL, ["jaego.stock.created.v1", "jaego.order.placed.v1"])
    expect(events).toEqual(facts.filter(({ type }) => type === "jaego.stock.received.v1").map(eventOf))
    yield* leadership.advance(cursors)
    expect(yield* leadership.read(ALL, [])).toEqual({ events: [], cursors: [] })
    yield* end
  }),

  check("comes to an end also where no consumer wants anything", function* () {
    const { end, scribe, leadership } = yield* quiet
    yield* write(scribe, 17, 6)
    yield* write(scribe, 18, 6)
    for (let read = 0; ; read++) {
      const { cursors, events } = yield* leadership.read(4, ["jaego.stock.created.v1", "jaego.stock.received.v1"])
      expect(events).toEqual([])
      if (cursors.length === 0) break
      expect(read, "each reading goes on").toBeLessThan(14)
      yield* leadership.advance(cursors)
    }
    yield* end
  }),

  check("lets no lane wait behind the backlog of another", function* () {
    const { end, scribe, leadership } = yield* quiet
    yield* write(scribe, 20, 11)
    const [fact] = yield* write(scribe, 21)
    expect(ids((yield* leadership.read(6, [])).events)).toContain(fact!.eventId)
    yield* end
  }),

  check("gives leadership to one at a time, and to the next when it is given back", function* () {
    const first = yield* taken
    const second = yield* Effect.forkScoped(taken, { startImmediately: true })
    // A read of the holder goes to the same database as the other's waiting.
    for (let n = 0; n < 3; n++) yield* first.leadership.read(1, [])
    expect(second.pollUnsafe()).toBeUndefined()
    yield* first.end
    const { end, leadership } = yield* Fiber.join(second)
    yield* leadership.read(1, [])
    yield* end
  }),

  check("ends leadership with its session: the former leader reads nothing and moves nothing", function* () {
    const { end, scribe, leadership } = yield* quiet
    const facts = yield* write(scribe, 30)
    yield* (yield* LeadershipSevering).sever
    expect(yield* endOf(leadership.advance([{ lane: 30, seq: facts[0]!.seq }]))).toBe("LeadershipLost")
    expect(yield* endOf(leadership.read(ALL, []))).toBe("LeadershipLost")
    const next = yield* taken
    expect(ids((yield* next.leadership.read(ALL, [])).events)).toEqual(idsOf(facts))
    yield* end
    // Who lost it long ago gives nothing back.
    yield* next.leadership.read(1, [])
    yield* next.end
  }),

  check("is given up by one who stops waiting for it", function* () {
    const first = yield* taken
    const second = yield* Effect.forkScoped(taken, { startImmediately: true })
    yield* first.leadership.read(1, [])
    yield* Fiber.interrupt(second)
    yield* first.end
    const third = yield* taken
    yield* third.leadership.read(1, [])
    yield* third.end
  }),
]

export const outboxContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`an outbox (${name})`, checks, adapter)
