/** The inbox on Postgres: its contract, and what only a real database can do to it. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresInbox from "../../../src/adapters/postgres/inbox.ts"
import { ID_AT, MAKE_PARTITIONS } from "../../../src/adapters/postgres/inbox-functions.ts"
import * as InboxPartitions from "../../../src/adapters/postgres/inbox-partitions.ts"
import type { OrderId } from "../../../src/domain/ids.ts"
import { Inbox, type Intake, type Taken } from "../../../src/ports/inbox.ts"
import { Effects, inboxContract } from "../../contracts/inbox.ts"
import { freshClient } from "../../support/postgres.ts"
import { freshId, NOON } from "../../support/scribe.ts"
import { holding, terminate, waitingForLock } from "../../support/sessions.ts"

const effects = Layer.effect(
  Effects,
  Effect.map(PgClient.PgClient, (sql) => ({
    versions: (orderId) =>
      sql<{
        readonly version: bigint
      }>`select version from timeline where order_id = ${orderId}::uuid order by at, id`.pipe(
        Effect.map((rows) => rows.map(({ version }) => Number(version))),
        Effect.orDie,
      ),
    shipmentDue: (orderId) =>
      sql<{ readonly at: Date }>`select next_attempt_at as at from shipments where order_id = ${orderId}::uuid`.pipe(
        Effect.map(([row]) => row?.at.getTime() ?? null),
        Effect.orDie,
      ),
  })),
)

inboxContract("postgres", Layer.mergeAll(PostgresInbox.layer, effects).pipe(Layer.provide(freshClient)))

/** A test over a database of its own. */
const over = <E>(body: Effect.Effect<void, E, Inbox | Effects | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(
    Effect.scoped(body).pipe(
      Effect.provide(Layer.mergeAll(PostgresInbox.layer, effects).pipe(Layer.provideMerge(freshClient))),
    ),
  )

const OF = { consumer: "timeline", source: "kafka/one/jaego.orders/0" }

const fact = (orderId: OrderId, version: number): Taken => {
  const eventId = freshId()
  return {
    _tag: "Event",
    delivery: { topic: "jaego.orders", offset: version, key: orderId, value: "{}", headers: {} },
    eventId,
    version,
    writes: [{ _tag: "AddTimelineEntry", orderId, eventId, type: "fact", version, at: NOON, detail: null }],
  }
}

const intake = (...taken: ReadonlyArray<Taken>): Intake => ({
  ...OF,
  taken,
  next: taken.at(-1)!.delivery.offset + 1,
})

const lockTimeline = holding("lock table timeline in exclusive mode")

describe("an intake", () => {
  it("that dies between its effect and its commit has written nothing, and is taken in as a whole when it comes again", () =>
    over(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const { versions } = yield* Effects
        const sql = yield* PgClient.PgClient
        const orderId = freshId() as OrderId
        const all = intake(fact(orderId, 1), fact(orderId, 2))
        const lock = yield* lockTimeline
        const dying = yield* Effect.forkScoped(Effect.flip(inbox.commit([all])))
        // The inbox, the keys and the position are written by then; the timeline waits for the lock.
        yield* terminate(yield* waitingForLock("jaego_take_in"))
        expect(yield* Fiber.join(dying)).toMatchObject({ _tag: "Unavailable", reason: "database" })
        yield* lock.commit
        expect(yield* versions(orderId)).toEqual([])
        expect(yield* inbox.position(OF.consumer, OF.source)).toBeNull()
        expect(yield* sql`select * from inbox`).toEqual([])
        expect(yield* inbox.commit([all])).toEqual({ effects: 2, queued: 0 })
        expect(yield* versions(orderId)).toEqual([1, 2])
      }),
    ))

  it("waits for a letter that is being released, and does not queue behind one that is gone", () =>
    over(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const { versions } = yield* Effects
        const orderId = freshId() as OrderId
        const { delivery } = fact(orderId, 1)
        yield* inbox.commit([intake({ _tag: "Poison", delivery, eventId: null, error: "bad", attempts: 1 })])
        const [letter] = yield* inbox.parked({ consumer: null, after: 0, limit: 1 })
        const lock = yield* lockTimeline
        const mended = fact(orderId, 1)
        const writes = mended._tag === "Event" ? mended.writes : []
        const releasing = yield* Effect.forkScoped(inbox.release(letter!.id, freshId(), 1, writes))
        yield* waitingForLock("jaego_release")
        const following = yield* Effect.forkScoped(inbox.commit([intake(fact(orderId, 2))]))
        yield* waitingForLock("jaego_take_in")
        yield* lock.commit
        expect(yield* Fiber.join(releasing)).toBe("released")
        expect(yield* Fiber.join(following)).toEqual({ effects: 1, queued: 0 })
        expect(yield* versions(orderId)).toEqual([1, 2])
        expect(yield* inbox.parked({ consumer: null, after: 0, limit: 1 })).toEqual([])
      }),
    ))
})

describe("the inbox's partitions", () => {
  const partitions = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql<{ readonly name: string }>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'inbox'::regclass order by 1`
    return rows.map(({ name }) => name)
  })

  const idsIn = (partition: string) =>
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<{ event_id: string }>(`select event_id from ${partition}`))

  it("are made ahead, and an id falls into that of its time", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        // In one transaction the day does not change.
        yield* sql.withTransaction(Effect.andThen(InboxPartitions.makeAhead, InboxPartitions.makeAhead))
        expect(yield* partitions).toHaveLength(5)
        const about = fact(freshId() as OrderId, 1)
        yield* (yield* Inbox).commit([intake(about)])
        const at = Number.parseInt(about._tag === "Event" ? about.eventId.replaceAll("-", "").slice(0, 12) : "", 16)
        const day = `inbox_${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}`
        expect(yield* idsIn(day)).toHaveLength(1)
        expect(yield* idsIn("inbox_rest")).toEqual([])
      }),
    ))

  it("go when they are old, with what fell between them, and no younger one", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql.unsafe(`select ${MAKE_PARTITIONS.name}('2026-01-01', '2026-01-02')`)
        yield* InboxPartitions.makeAhead
        yield* sql`insert into inbox select ${sql.literal(ID_AT.name)}(at), 'timeline' from unnest(
          ${["2026-01-01T12:00Z", "2026-02-01T12:00Z"]}::timestamptz[]) at`
        expect(yield* idsIn("inbox_rest")).toHaveLength(1)
        expect(yield* InboxPartitions.dropOld).toBe(2)
        expect(yield* sql`select * from inbox`).toEqual([])
        expect(yield* partitions).toHaveLength(5)
      }),
    ))

  it("leave a day without one whose ids lie in the rest already", () =>
    over(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const first = intake(fact(freshId() as OrderId, 1))
        yield* inbox.commit([first])
        yield* InboxPartitions.makeAhead
        expect(yield* partitions).toHaveLength(4)
        expect(yield* inbox.commit([first])).toEqual({ effects: 0, queued: 0 })
      }),
    ))
})
