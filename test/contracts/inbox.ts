/**
 * What every inbox promises: an event has its effect once, however often and in whatever order it comes; what cannot be
 * handled is parked, and what belongs behind it queues.
 */
import { Context, Effect, type Layer } from "effect"
import { expect } from "vitest"
import type { OrderId } from "../../src/domain/ids.ts"
import type { Delivery } from "../../src/ports/event-stream.ts"
import { Inbox, type Intake, kindOf, type Taken } from "../../src/ports/inbox.ts"
import { freshId, NOON } from "../support/scribe.ts"
import { type Check, check, endOf, runAll } from "./check.ts"

/** What consumers have written. */
export class Effects extends Context.Service<
  Effects,
  {
    /** The versions in an order's timeline, oldest first. */
    readonly versions: (orderId: OrderId) => Effect.Effect<ReadonlyArray<number | null>>
    /** When its shipment is due (ms since 1970); null: there is none. */
    readonly shipmentDue: (orderId: OrderId) => Effect.Effect<number | null>
  }
>()("jaego/test/Effects") {}

type Needs = Inbox | Effects

type Event = Taken & { readonly _tag: "Event" }
type Poison = Taken & { readonly _tag: "Poison" }

const orderId = (): OrderId => freshId() as OrderId

/** A consumer and a source of their own. */
const fresh = () => ({ consumer: `consumer ${freshId()}`, source: `source ${freshId()}` })

const delivery = (key: string, offset: number, over: Partial<Delivery> = {}): Delivery => ({
  topic: "jaego.orders",
  offset,
  key,
  value: `{"of":"${key}"}`,
  headers: {},
  ...over,
})

/** Version of an order, whose effect is an entry in its timeline. */
const event = (key: OrderId, version: number, offset: number, eventId = freshId()): Event => ({
  _tag: "Event",
  delivery: delivery(key, offset),
  eventId,
  version,
  writes: [
    {
      _tag: "AddTimelineEntry",
      orderId: key,
      eventId,
      type: "arrived",
      version,
      at: NOON + version,
      detail: `{"v":${version}}`,
    },
  ],
})

const poison = (key: string, offset: number, eventId: string | null = null): Poison => ({
  _tag: "Poison",
  delivery: delivery(key, offset),
  eventId,
  error: "it has no version",
  attempts: 3,
})

/** No database takes a NUL in a text. */
const indigestible = (key: OrderId, version: number, offset: number): Event => {
  const { writes, ...rest } = event(key, version, offset)
  return { ...rest, writes: writes.map((write) => ({ ...write, type: "a\0b" }) as (typeof writes)[number]) }
}

const intake = (of: { readonly consumer: string; readonly source: string }, taken: ReadonlyArray<Taken>): Intake => ({
  ...of,
  taken,
  next: (taken.at(-1)?.delivery.offset ?? 0) + 1,
})

/** The letters of a consumer as [key, version or what is wrong]. */
const letters = (consumer: string) => Effect.flatMap(Inbox, (inbox) => inbox.parked({ consumer, after: 0, limit: 100 }))

const opened = Effect.gen(function* () {
  const inbox = yield* Inbox
  const { versions } = yield* Effects
  const of = fresh()
  const take = (...taken: ReadonlyArray<Taken>) => inbox.commit([intake(of, taken)])
  return { inbox, versions, of, take }
})

const guards: ReadonlyArray<Check<Needs>> = [
  check("knows no position of a source it has never seen, and then the one behind what was taken", function* () {
    const { inbox, of, take } = yield* opened
    expect(yield* inbox.position(of.consumer, of.source)).toBeNull()
    yield* take(event(orderId(), 1, 6))
    expect(yield* inbox.position(of.consumer, of.source)).toBe(7)
    expect(yield* inbox.position(of.consumer, "another")).toBeNull()
  }),

  check("moves a position for deliveries without a use", function* () {
    const { inbox, of } = yield* opened
    yield* inbox.commit([{ ...of, taken: [], next: 40 }])
    expect(yield* inbox.position(of.consumer, of.source)).toBe(40)
  }),

  check("follows a source that begins anew, and overlooks nothing in it", function* () {
    const { inbox, of, take, versions } = yield* opened
    const key = orderId()
    const known = poison(key, 50)
    yield* take(known)
    const other = orderId()
    const fresh = { ...known, delivery: delivery(key, 50, { value: "another" }) }
    expect(yield* take(event(other, 1, 3), fresh)).toMatchObject({ effects: 1 })
    expect(yield* versions(other)).toEqual([1])
    expect(yield* letters(of.consumer)).toHaveLength(2)
    yield* take(event(orderId(), 1, 4))
    expect(yield* inbox.position(of.consumer, of.source)).toBe(5)
  }),

  check("gives an event its effect, with all that it carries", function* () {
    const { versions, take } = yield* opened
    const [one, other] = [orderId(), orderId()]
    expect(yield* take(event(one, 1, 0), event(other, 1, 1), event(one, 2, 2))).toEqual({ effects: 3, queued: 0 })
    expect(yield* versions(one)).toEqual([1, 2])
    expect(yield* versions(other)).toEqual([1])
  }),

  check("opens a shipment once, due when the first to ask for it said", function* () {
    const { take } = yield* opened
    const { shipmentDue } = yield* Effects
    const key = orderId()
    const opening = (version: number, at: number): Event => ({
      ...event(key, version, version),
      writes: [{ _tag: "OpenShipment", orderId: key, at }],
    })
    expect(yield* shipmentDue(key)).toBeNull()
    expect(yield* take(opening(2, NOON), opening(3, NOON + 1))).toEqual({ effects: 2, queued: 0 })
    expect(yield* shipmentDue(key)).toBe(NOON)
  }),

  check("gives an event that is delivered again no second effect", function* () {
    const { versions, take } = yield* opened
    const key = orderId()
    const [first, second] = [event(key, 1, 0), event(key, 2, 1)]
    yield* take(first)
    expect(yield* take(first, second)).toEqual({ effects: 1, queued: 0 })
    expect(yield* take(first, second)).toEqual({ effects: 0, queued: 0 })
    expect(yield* versions(key)).toEqual([1, 2])
  }),

  check("knows an event that was published again, at another place and in another source", function* () {
    const { inbox, of, versions, take } = yield* opened
    const key = orderId()
    const first = event(key, 1, 0)
    const again = { ...first, delivery: delivery(key, 1) }
    expect(yield* take(first, again)).toEqual({ effects: 1, queued: 0 })
    const elsewhere = intake({ ...of, source: fresh().source }, [{ ...first, version: 2 }])
    expect(yield* inbox.commit([elsewhere])).toEqual({ effects: 0, queued: 0 })
    expect(yield* versions(key)).toEqual([1])
  }),

  check("gives an older version that comes late no effect, in the same intake or a later one", function* () {
    const { versions, take } = yield* opened
    const key = orderId()
    expect(yield* take(event(key, 3, 0), event(key, 2, 1))).toEqual({ effects: 1, queued: 0 })
    expect(yield* take(event(key, 1, 2), event(key, 4, 3))).toEqual({ effects: 1, queued: 0 })
    expect(yield* versions(key)).toEqual([3, 4])
  }),

  check("keeps consumers apart", function* () {
    const { inbox, of, take } = yield* opened
    const key = orderId()
    const first = event(key, 1, 0)
    const another = { ...of, consumer: fresh().consumer }
    yield* inbox.commit([intake(another, [poison(key, 0)])])
    expect(yield* take(first)).toEqual({ effects: 1, queued: 0 })
    expect(yield* inbox.commit([intake({ ...another, consumer: fresh().consumer }, [first])])).toMatchObject({
      effects: 1,
    })
  }),

  check("takes several sources together, or nothing of any when one has what the database refuses", function* () {
    const { inbox, of, versions } = yield* opened
    const other = { ...of, source: fresh().source }
    const [one, two] = [orderId(), orderId()]
    const good = intake(of, [event(one, 1, 0)])
    const end = yield* endOf(inbox.commit([good, intake(other, [event(two, 1, 0), indigestible(two, 2, 1)])]))
    expect(end).toBe("Indigestible")
    expect([yield* versions(one), yield* versions(two)]).toEqual([[], []])
    expect(yield* inbox.position(of.consumer, of.source)).toBeFalsy()
    const both = [good, intake(other, [event(two, 1, 0)])]
    expect(yield* inbox.commit(both)).toEqual({ effects: 2, queued: 0 })
    expect(yield* inbox.position(of.consumer, other.source)).toBe(1)
  }),

  check("takes two intakes of one source one after another, however they race", function* () {
    const { inbox, of, versions } = yield* opened
    const key = orderId()
    const taken = [1, 2, 3].map((version) => event(key, version, version))
    const racing = Array.from({ length: 6 }, () => inbox.commit([intake(of, taken)]))
    const handled = yield* Effect.all(racing, { concurrency: "unbounded" })
    expect(handled.reduce((sum, { effects }) => sum + effects, 0)).toBe(3)
    expect(yield* versions(key)).toEqual([1, 2, 3])
  }),
]

const parking: ReadonlyArray<Check<Needs>> = [
  check("parks poison, and queues what follows of its key behind it, while other keys go on", function* () {
    const { of, versions, take } = yield* opened
    const [bad, good] = [orderId(), orderId()]
    const first = yield* take(event(bad, 1, 0), poison(bad, 1), event(good, 1, 2), event(bad, 3, 3))
    expect(first).toEqual({ effects: 2, queued: 1 })
    expect(yield* take(event(bad, 4, 4), event(good, 2, 5))).toEqual({ effects: 1, queued: 1 })
    expect([yield* versions(bad), yield* versions(good)]).toEqual([[1], [1, 2]])
    const waiting = yield* letters(of.consumer)
    expect(waiting.map(({ delivery, state }) => [delivery.offset, state])).toEqual([
      [1, "poison"],
      [3, "queued"],
      [4, "queued"],
    ])
  }),

  check("keeps a letter as it came, with what is wrong and how often it was tried", function* () {
    const { of, take } = yield* opened
    const key = orderId()
    const came = delivery(key, 5, { value: '{"wörd":"\\u0000", ', headers: { traceparent: "00-é-1", empty: "" } })
    yield* take({ _tag: "Poison", delivery: came, eventId: null, error: "not JSON", attempts: 2 })
    const [letter, ...others] = yield* letters(of.consumer)
    expect(others).toEqual([])
    expect(letter).toMatchObject({ ...of, delivery: came, error: "not JSON", attempts: 2, state: "poison" })
    expect(Math.abs(letter!.parkedAt - Date.now())).toBeLessThan(600_000)
  }),

  check("keeps even what no database can: a NUL and half a character", function* () {
    const { of, take } = yield* opened
    yield* take({
      ...poison("k\0", 0),
      error: "\0",
      delivery: delivery("k\0", 0, { value: "a\0b\uD800", headers: { h: "\0" } }),
    })
    expect(yield* letters(of.consumer)).toHaveLength(1)
  }),

  check(
    "groups poison by its consumer and the kind of its error, with what waits behind it, the most first",
    function* () {
      const { inbox, of, take } = yield* opened
      const said = (error: string, key: string, offset: number): Poison => ({ ...poison(key, offset), error })
      const keys = Array.from({ length: 4 }, orderId)
      yield* take(
        said(`no column "x" in row 1`, keys[0]!, 0),
        said(`order ${keys[1]} in row 17 is refused`, keys[1]!, 1),
        said(`order ${keys[2]!.toUpperCase()} in row 4 is refused`, keys[2]!, 2),
        event(keys[1]!, 2, 3),
        event(keys[2]!, 2, 4),
        event(keys[2]!, 3, 5),
        // What differs behind the first two hundred characters is the same kind.
        said(`${"é".repeat(200)} this`, "", 6),
        said(`${"é".repeat(200)} or that`, "", 7),
        said(`${"é".repeat(200)} and`, "", 8),
      )
      const groups = (yield* inbox.groups(1_000)).filter(({ consumer }) => consumer === of.consumer)
      const [first, second] = (yield* letters(of.consumer)).map(({ id }) => id)
      expect(groups.map(({ error: _, since: __, letter: ___, ...group }) => group)).toEqual([
        { consumer: of.consumer, kind: "é".repeat(200), poison: 3, queued: 0 },
        { consumer: of.consumer, kind: "order # in row # is refused", poison: 2, queued: 3 },
        { consumer: of.consumer, kind: 'no column "x" in row #', poison: 1, queued: 0 },
      ])
      expect(groups.slice(1).map(({ error, letter }) => [letter, error])).toEqual([
        [second, `order ${keys[1]} in row 17 is refused`],
        [first, `no column "x" in row 1`],
      ])
      expect(Math.abs(groups[0]!.since - Date.now())).toBeLessThan(600_000)
      for (const { kind, error } of groups) expect(kindOf(error)).toBe(kind)
      expect(yield* inbox.groups(1)).toHaveLength(1)
    },
  ),

  check("parks nothing behind poison without a key", function* () {
    const { of, take } = yield* opened
    expect(yield* take(poison("", 0), poison("", 1), event(orderId(), 1, 2))).toEqual({ effects: 1, queued: 0 })
    expect((yield* letters(of.consumer)).map(({ state }) => state)).toEqual(["poison", "poison"])
  }),

  check("parks poison that comes again once, and queues an event that is published again once", function* () {
    const { of, take } = yield* opened
    const key = orderId()
    const [bad, queued] = [poison(key, 0, freshId()), event(key, 2, 1)]
    yield* take(bad, queued)
    yield* take({ ...bad, delivery: delivery(key, 2) }, { ...queued, delivery: delivery(key, 3) })
    expect((yield* letters(of.consumer)).map(({ delivery }) => delivery.offset)).toEqual([0, 1])
  }),

  check("does not queue what was handled before its key was parked", function* () {
    const { of, take } = yield* opened
    const key = orderId()
    const first = event(key, 1, 0)
    yield* take(first, poison(key, 1))
    expect(yield* take({ ...first, delivery: delivery(key, 2) })).toEqual({ effects: 0, queued: 0 })
    expect(yield* letters(of.consumer)).toHaveLength(1)
  }),

  check("lists letters oldest first, page by page, of one consumer or of all", function* () {
    const { inbox, of, take } = yield* opened
    const other = fresh()
    yield* take(poison(orderId(), 0), poison(orderId(), 1))
    yield* inbox.commit([intake(other, [poison(orderId(), 0)])])
    yield* take(poison(orderId(), 2))
    const [first] = yield* inbox.parked({ consumer: of.consumer, after: 0, limit: 1 })
    const mine = yield* inbox.parked({ consumer: of.consumer, after: first!.id, limit: 10 })
    expect([first!, ...mine].map(({ delivery }) => delivery.offset)).toEqual([0, 1, 2])
    const all = yield* inbox.parked({ consumer: null, after: first!.id, limit: 3 })
    expect(all.map(({ consumer }) => consumer)).toEqual([of.consumer, other.consumer, of.consumer])
  }),
]

/** A key with a poisoned version 2, and 3 and 4 queued behind it. */
const stuck = Effect.gen(function* () {
  const shop = yield* opened
  const key = orderId()
  yield* shop.take(event(key, 1, 0), poison(key, 1), event(key, 3, 2), event(key, 4, 3))
  const [two, three, four] = yield* letters(shop.of.consumer)
  const release = (id: number, version: number, mended = event(key, version, 0)) =>
    shop.inbox.release(id, mended.eventId, version, mended.writes)
  return { ...shop, key, two: two!.id, three: three!.id, four: four!.id, release }
})

const releasing: ReadonlyArray<Check<Needs>> = [
  check("releases the letters of a key in order, each with its effect", function* () {
    const { key, of, release, four, three, two, versions } = yield* stuck
    expect(yield* release(three, 3)).toBe("not-the-oldest")
    expect(yield* versions(key)).toEqual([1])
    expect(yield* release(two, 2)).toBe("released")
    expect(yield* versions(key)).toEqual([1, 2])
    expect(yield* release(two, 2)).toBe("absent")
    expect(yield* release(three, 3)).toBe("released")
    expect(yield* release(four, 4)).toBe("released")
    expect(yield* versions(key)).toEqual([1, 2, 3, 4])
    expect(yield* letters(of.consumer)).toEqual([])
  }),

  check("queues as long as one letter of the key is left", function* () {
    const { key, four, of, release, take, three, two, versions } = yield* stuck
    yield* release(two, 2)
    yield* release(three, 3)
    expect(yield* take(event(key, 5, 4))).toEqual({ effects: 0, queued: 1 })
    yield* release(four, 4)
    const waiting = yield* letters(of.consumer)
    expect(waiting.map(({ delivery, state }) => [delivery.offset, state])).toEqual([[4, "queued"]])
    expect(yield* versions(key)).toEqual([1, 2, 3, 4])
  }),

  check("lets a key go on once its last letter is released", function* () {
    const { key, of, four, release, take, three, two, versions } = yield* stuck
    yield* release(two, 2)
    yield* release(three, 3)
    yield* release(four, 4)
    expect(yield* take(event(key, 5, 4))).toEqual({ effects: 1, queued: 0 })
    expect(yield* versions(key)).toEqual([1, 2, 3, 4, 5])
    expect(yield* letters(of.consumer)).toEqual([])
  }),

  check("releases an event that was handled already, or is older than its key, without an effect", function* () {
    const { inbox, of, versions, take } = yield* opened
    const key = orderId()
    const first = event(key, 2, 0)
    yield* take(first, poison(key, 1), poison(orderId(), 2))
    const [letter] = yield* letters(of.consumer)
    expect(yield* inbox.release(letter!.id, first.eventId, 9, event(key, 9, 0).writes)).toBe("released")
    yield* take(poison(key, 3))
    const late = (yield* letters(of.consumer)).at(-1)!
    expect(yield* inbox.release(late.id, freshId(), 1, event(key, 1, 0).writes)).toBe("released")
    expect(yield* versions(key)).toEqual([2])
  }),

  check("discards a letter, and what queued behind it can be released", function* () {
    const { inbox, key, of, release, three, two, versions } = yield* stuck
    expect(yield* inbox.discard(two)).toBe("discarded")
    expect(yield* inbox.discard(two)).toBe("absent")
    expect((yield* letters(of.consumer)).map(({ state }) => state)).toEqual(["queued", "queued"])
    expect(yield* release(two, 2)).toBe("absent")
    expect(yield* release(three, 3)).toBe("released")
    expect(yield* versions(key)).toEqual([1, 3])
  }),

  check("does not park again what was discarded, and lets its key go on", function* () {
    const { inbox, of, take, versions } = yield* opened
    const key = orderId()
    const [unread, refused] = [poison(key, 0), poison(key, 1, freshId())]
    yield* take(unread, refused)
    for (const { id } of yield* letters(of.consumer)) yield* inbox.discard(id)
    expect(yield* take(unread, { ...refused, delivery: delivery(key, 2) }, event(key, 3, 3))).toEqual({
      effects: 1,
      queued: 0,
    })
    expect(yield* letters(of.consumer)).toEqual([])
    expect(yield* versions(key)).toEqual([3])
  }),

  check("queues nothing behind poison that was released and comes again", function* () {
    const { of, take, inbox, versions } = yield* opened
    const key = orderId()
    const bad = poison(key, 0, freshId())
    yield* take(bad)
    const [letter] = yield* letters(of.consumer)
    yield* inbox.release(letter!.id, bad.eventId!, 1, event(key, 1, 0).writes)
    expect(yield* take(bad, event(key, 2, 1))).toEqual({ effects: 1, queued: 0 })
    expect(yield* letters(of.consumer)).toEqual([])
    expect(yield* versions(key)).toEqual([1, 2])
  }),

  check("keeps a letter, and its key parked, when the database refuses it once more", function* () {
    const { key, of, release, two, versions } = yield* stuck
    expect(yield* endOf(release(two, 2, indigestible(key, 2, 0)))).toBe("Indigestible")
    expect((yield* letters(of.consumer))[0]!.id).toBe(two)
    expect(yield* versions(key)).toEqual([1])
    expect(yield* release(two, 2)).toBe("released")
  }),
]

const byItself = [
  check("knows an event that came by itself, of each consumer, however often it was handled", function* () {
    const inbox = yield* Inbox
    const [eventId, consumer, other] = [freshId(), `consumer ${freshId()}`, `consumer ${freshId()}`]
    expect(yield* inbox.isHandled(consumer, eventId)).toBe(false)
    yield* inbox.handled(consumer, eventId)
    yield* inbox.handled(consumer, eventId)
    expect(yield* inbox.isHandled(consumer, eventId)).toBe(true)
    expect(yield* inbox.isHandled(other, eventId)).toBe(false)
    expect(yield* inbox.isHandled(consumer, freshId())).toBe(false)
  }),
]

export const checks = [...guards, ...parking, ...releasing, ...byItself]

export const inboxContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`an inbox (${name})`, checks, adapter)
