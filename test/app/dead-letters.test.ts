/** Dead letters of one kind, handled once more: those and no others, as many as are handled at a time. */
import { Effect, Layer, Result } from "effect"
import { expect, it } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import type { Consumer } from "../../src/app/consumer.ts"
import * as DeadLetters from "../../src/app/dead-letters.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import type { Delivery } from "../../src/ports/event-stream.ts"
import { Inbox, type Taken } from "../../src/ports/inbox.ts"
import { freshId, NOON } from "../support/scribe.ts"

const TOPIC = "jaego.orders"

const delivery = (key: OrderId, version: number, offset: number): Delivery => ({
  ...{ topic: TOPIC, offset, key, headers: {} },
  value: CloudEvent.encode({
    ...{ topic: TOPIC, key, id: freshId(), shop: freshId(), type: "jaego.order.paid.v1", version, time: NOON },
    ...{ lane: 0, seq: 1, link: freshId(), data: JSON.stringify({ id: key, version, status: "paid" }) },
  }),
})

/** One that refuses what it is asked to. */
const consumer = (refused: ReadonlySet<string>): Consumer => ({
  name: "audit",
  topics: [TOPIC],
  wants: () => true,
  writes: ({ subject }) => (refused.has(subject) ? Result.fail(`no room for order ${subject}`) : Result.succeed([])),
})

interface Desk {
  readonly desk: DeadLetters.DeadLetters
  readonly inbox: Inbox["Service"]
}

const over = (refused: ReadonlySet<string>, body: (desk: Desk) => Effect.Effect<void, unknown>) =>
  Effect.gen(function* () {
    yield* body({ desk: yield* DeadLetters.DeadLetters, inbox: yield* Inbox })
  }).pipe(
    Effect.provide(
      DeadLetters.layer([consumer(refused)]).pipe(
        Layer.provideMerge(MemoryInbox.layer),
        Layer.provide(MemoryStore.layer),
      ),
    ),
    Effect.runPromise,
  )

const park = (inbox: Inbox["Service"], taken: ReadonlyArray<Taken>) =>
  inbox.commit([{ consumer: "audit", source: "s", taken, next: taken.length }])

const poison = (key: OrderId, offset: number, error: string): Taken => ({
  _tag: "Poison",
  ...{ delivery: delivery(key, 1, offset), eventId: null, error, attempts: 1 },
})

it("handles what is of that kind, and what queues behind it; the rest stays", () =>
  over(new Set(), ({ desk, inbox }) =>
    Effect.gen(function* () {
      const [one, other, third] = [freshId(), freshId(), freshId()] as Array<OrderId>
      yield* park(inbox, [
        poison(one!, 0, `no room for order ${one}`),
        { _tag: "Event", delivery: delivery(one!, 2, 1), eventId: freshId(), version: 2, writes: [] },
        poison(other!, 2, `no room for order ${other}`),
        poison(third!, 3, "no such column"),
      ])
      expect(yield* desk.replayGroup({ consumer: "audit", kind: "no room for order #" })).toEqual({
        ...{ handled: 3, stays: 0, why: null, hasMore: false },
      })
      expect((yield* desk.groups).map(({ kind }) => kind)).toEqual(["no such column"])
      expect(yield* desk.replayGroup({ consumer: "another", kind: "no such column" })).toMatchObject({ handled: 0 })
    }),
  ))

it("leaves what is poison still, and what queues behind it, and says why", () => {
  const [bad, good] = [freshId(), freshId()] as Array<OrderId>
  return over(new Set([bad!]), ({ desk, inbox }) =>
    Effect.gen(function* () {
      yield* park(inbox, [
        poison(bad!, 0, `no room for order ${bad}`),
        { _tag: "Event", delivery: delivery(bad!, 2, 1), eventId: freshId(), version: 2, writes: [] },
        poison(good!, 2, `no room for order ${good}`),
      ])
      expect(yield* desk.replayGroup({ consumer: "audit", kind: "no room for order #" })).toEqual({
        ...{ handled: 1, stays: 1, why: `no room for order ${bad}`, hasMore: false },
      })
      expect(yield* desk.groups).toMatchObject([{ poison: 1, queued: 1 }])
    }),
  )
})

it("handles five hundred at a time, and says that there may be more", () =>
  over(new Set(), ({ desk, inbox }) =>
    Effect.gen(function* () {
      const keys = Array.from({ length: 501 }, () => freshId() as OrderId)
      yield* park(
        inbox,
        keys.map((key, offset) => poison(key, offset, "no room")),
      )
      const group = { consumer: "audit", kind: "no room" }
      expect(yield* desk.replayGroup(group)).toMatchObject({ handled: 500, hasMore: true })
      expect(yield* desk.replayGroup(group)).toMatchObject({ handled: 1, hasMore: false })
      expect(yield* desk.groups).toEqual([])
    }),
  ))
