/** The outbox in memory: the facts of the store, by lane. Leadership is a session lock: `store.relay.leadership.sever` ends it from outside. */
import { Effect, Layer } from "effect"
import * as Lane from "../../domain/lane.ts"
import { type Event, TOPIC_OF } from "../../ports/events.ts"
import type { Fact } from "../../ports/ledger.ts"
import { type Cursor, LeadershipLost, Outbox, type Reading } from "../../ports/outbox.ts"
import * as Store from "./store.ts"

const eventOf = (store: Store.Tables, fact: Fact): Event => ({
  topic: TOPIC_OF[fact.subjectKind],
  key: fact.subject,
  id: fact.eventId,
  shop: Store.SHOP,
  type: fact.type,
  version: fact.subjectVersion,
  time: fact.at,
  data: fact.payload,
  lane: fact.lane,
  seq: fact.seq,
  trace: fact.trace ?? null,
  link: store.links[fact.lane]!.findLast(({ since }) => since < fact.seq)!.link,
})

/** The facts of each lane; the n-th has seq n + 1. The store has them in the order of commits. */
const index = (store: Store.Shape) => {
  const lanes: ReadonlyArray<Array<Fact>> = Array.from({ length: Lane.COUNT }, () => [])
  let seen = 0
  return () => {
    for (; seen < store.facts.length; seen++) {
      const fact = store.facts[seen]!
      lanes[fact.lane]!.push(fact)
    }
    return lanes
  }
}

const read = (
  store: Store.Tables,
  lanes: ReadonlyArray<ReadonlyArray<Fact>>,
  cursors: ReadonlyArray<number>,
  limit: number,
  passedOver: ReadonlyArray<string>,
): Reading => {
  const behind = lanes.flatMap((facts, lane) => (facts.length > cursors[lane]! ? [lane] : []))
  const share = Math.max(1, Math.floor(limit / behind.length))
  const facts = behind.flatMap((lane) => lanes[lane]!.slice(cursors[lane]!, cursors[lane]! + share)).slice(0, limit)
  return {
    events: facts.filter(({ type }) => !passedOver.includes(type)).map((fact) => eventOf(store, fact)),
    cursors: [...new Map(facts.map(({ lane, seq }) => [lane, seq]))].map(([lane, seq]) => ({ lane, seq })),
  }
}

const advance = (cursors: Array<number>, to: ReadonlyArray<Cursor>): void => {
  for (const { lane, seq } of to) cursors[lane] = Math.max(cursors[lane]!, seq)
}

export const make = (store: Store.Shape): Outbox["Service"] => {
  const facts = index(store)
  const { relay } = store
  return {
    take: Effect.map(relay.leadership.take(Effect.void), (session) => {
      const owned = <A>(work: () => A) =>
        Effect.suspend(() =>
          relay.leadership.isHeldBy(session)
            ? Effect.sync(work)
            : Effect.fail(new LeadershipLost({ detail: "another process relays, or none does" })),
        )
      return {
        read: (limit, passedOver) => owned(() => read(store, facts(), relay.cursors, limit, passedOver)),
        advance: (cursors) => owned(() => advance(relay.cursors, cursors)),
      }
    }),
  }
}

export const layer: Layer.Layer<Outbox, never, Store.Store> = Layer.effect(Outbox, Effect.map(Store.Store, make))
