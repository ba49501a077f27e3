/**
 * The inbox in memory: an intake is looked at whole before anything is written, and nothing else runs in between.
 *
 * Law: as `adapters/postgres/inbox-functions.ts`, guard by guard. Never `Unavailable`; `Indigestible` is a text that Postgres
 * cannot keep either.
 */
import { Clock, Effect, Layer } from "effect"
import * as Text from "../../domain/text.ts"
import type { Delivery } from "../../ports/event-stream.ts"
import {
  type Handled,
  Inbox,
  Indigestible,
  type Intake,
  kindOf,
  type Parked,
  type PoisonGroup,
  type Write,
} from "../../ports/inbox.ts"
import { openShipment } from "./shipments.ts"
import * as Store from "./store.ts"

const name = (consumer: string, rest: string): string => `${consumer} ${rest}`

const commit = (
  store: Store.Shape,
  intakes: ReadonlyArray<Intake>,
  now: number,
): Effect.Effect<Handled, Indigestible> => {
  const { inbox } = store
  const all = intakes.flatMap(({ consumer, source, taken }) => taken.map((each) => ({ consumer, source, each })))
  const bad = indigestible(all.flatMap(({ each }) => (each._tag === "Event" ? each.writes : [])))
  if (bad !== null) return Effect.fail(bad)
  let effects = 0
  let queued = 0
  for (const { consumer, each, source } of all) {
    const { key } = each.delivery
    if (each._tag === "Poison") park(store, consumer, source, each, "poison", now)
    else if (isParked(store, consumer, key)) {
      const waits = { ...each, error: "waits behind an older letter of its key", attempts: 0 }
      queued += park(store, consumer, source, waits, "queued", now)
    } else effects += consume(store, consumer, key, each.eventId, each.version, each.writes, each.trace)
  }
  for (const { consumer, next, source } of intakes) inbox.positions.set(name(consumer, source), next)
  return Effect.succeed({ effects, queued })
}

const indigestible = (writes: ReadonlyArray<Write>): Indigestible | null => {
  const bad = writes.find((write) =>
    Object.values(write).some((value) => typeof value === "string" && !Text.isStorable(value)),
  )
  return bad === undefined ? null : new Indigestible({ detail: `a ${bad._tag} has a NUL or a lone surrogate` })
}

/** 1: it had an effect; 0: it was known, or older than what its key has seen. */
const consume = (
  store: Store.Shape,
  consumer: string,
  key: string,
  eventId: string,
  version: number,
  writes: ReadonlyArray<Write>,
  trace?: string,
): number => {
  const { events, versions } = store.inbox
  if (events.has(name(consumer, eventId))) return 0
  events.add(name(consumer, eventId))
  if (version <= (versions.get(name(consumer, key)) ?? 0)) return 0
  versions.set(name(consumer, key), version)
  for (const write of writes) writeOne(store, write, trace)
  return 1
}

const writeOne = (store: Store.Shape, write: Write, trace: string | undefined): void => {
  if (write._tag === "OpenShipment") return openShipment(store, write.orderId, write.at, trace)
  const { at, detail, eventId: id, orderId, type, version } = write
  const entries = store.timeline.get(orderId) ?? new Map()
  if (!entries.has(id)) entries.set(id, { id, type, version, at, detail })
  store.timeline.set(orderId, entries)
}

const lettersOf = (store: Store.Shape, consumer: string, key: string) =>
  [...store.inbox.letters.values()].filter((each) => each.consumer === consumer && each.delivery.key === key)

const isParked = (store: Store.Shape, consumer: string, key: string): boolean =>
  key !== "" && store.inbox.letters.size > 0 && lettersOf(store, consumer, key).length > 0

interface Letter {
  readonly delivery: Delivery
  readonly eventId: string | null
  readonly error: string
  readonly attempts: number
}

/** 1: it was parked; 0: it is parked already, or was handled before. */
const park = (
  { inbox }: Store.Shape,
  consumer: string,
  source: string,
  { attempts, delivery, error, eventId }: Letter,
  state: Parked["state"],
  parkedAt: number,
): number => {
  if (eventId !== null && inbox.events.has(name(consumer, eventId))) return 0
  const same = [...inbox.letters.values(), ...inbox.discarded.values()].some(
    (each) =>
      each.consumer === consumer &&
      ((eventId !== null && each.eventId === eventId) ||
        (each.source === source && each.delivery.offset === delivery.offset && each.delivery.value === delivery.value)),
  )
  if (same) return 0
  const id = ++inbox.lastLetter
  inbox.letters.set(id, { id, consumer, source, delivery, eventId, error, attempts, state, parkedAt })
  return 1
}

const release = (
  store: Store.Shape,
  id: number,
  eventId: string,
  version: number,
  writes: ReadonlyArray<Write>,
): Effect.Effect<"released" | "absent" | "not-the-oldest", Indigestible> => {
  const bad = indigestible(writes)
  if (bad !== null) return Effect.fail(bad)
  const letter = store.inbox.letters.get(id)
  if (letter === undefined) return Effect.succeed("absent")
  const { consumer, delivery } = letter
  if (delivery.key !== "" && lettersOf(store, consumer, delivery.key)[0]!.id !== id)
    return Effect.succeed("not-the-oldest")
  consume(store, consumer, delivery.key, eventId, version, writes)
  store.inbox.letters.delete(id)
  return Effect.succeed("released")
}

const discard = ({ inbox }: Store.Shape, id: number): "discarded" | "absent" => {
  const letter = inbox.letters.get(id)
  if (letter === undefined) return "absent"
  inbox.letters.delete(id)
  inbox.discarded.set(id, letter)
  return "discarded"
}

const groupsOf = (letters: ReadonlyArray<Parked>): ReadonlyArray<PoisonGroup> => {
  const same = Map.groupBy(
    letters.filter(({ state }) => state === "poison"),
    ({ consumer, error }) => JSON.stringify([consumer, kindOf(error)]),
  )
  const groups = Array.from(same.values(), (poison) => {
    const [{ consumer, error, id, parkedAt }] = poison as [Parked]
    const keys = new Set(poison.map(({ delivery }) => delivery.key))
    const queued = letters.filter(
      (each) => each.state === "queued" && each.consumer === consumer && keys.has(each.delivery.key),
    )
    const counts = { poison: poison.length, queued: queued.length }
    return { consumer, kind: kindOf(error), error, letter: id, since: parkedAt, ...counts }
  })
  return groups.toSorted((a, b) => b.poison - a.poison || a.letter - b.letter)
}

export const make = (store: Store.Shape): Inbox["Service"] => ({
  shop: Effect.succeed(Store.SHOP),
  isHandled: (consumer, eventId) => Effect.sync(() => store.inbox.events.has(name(consumer, eventId))),
  handled: (consumer, eventId) => Effect.sync(() => void store.inbox.events.add(name(consumer, eventId))),
  position: (consumer, source) => Effect.sync(() => store.inbox.positions.get(name(consumer, source)) ?? null),
  commit: (intakes) => Effect.flatMap(Clock.currentTimeMillis, (now) => commit(store, intakes, now)),
  parked: ({ after, consumer, limit }) =>
    Effect.sync(() =>
      [...store.inbox.letters.values()]
        .filter((each) => each.id > after && (consumer === null || each.consumer === consumer))
        .slice(0, limit)
        .map(({ eventId: _, ...parked }) => parked),
    ),
  groups: (limit) => Effect.sync(() => groupsOf([...store.inbox.letters.values()]).slice(0, limit)),
  release: (id, eventId, version, writes) => Effect.suspend(() => release(store, id, eventId, version, writes)),
  discard: (id) => Effect.sync(() => discard(store, id)),
})

export const layer: Layer.Layer<Inbox, never, Store.Store> = Layer.effect(Inbox, Effect.map(Store.Store, make))
