/** Partitions of the outbox: made ahead, and gone when they are old and all their facts have left. On databases of their own. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOutbox from "../../../src/adapters/postgres/outbox.ts"
import { DROP_PARTITION, MAKE_PARTITIONS } from "../../../src/adapters/postgres/outbox-functions.ts"
import * as OutboxPartitions from "../../../src/adapters/postgres/outbox-partitions.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import type { Ledger } from "../../../src/ports/ledger.ts"
import { Outbox } from "../../../src/ports/outbox.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { holding } from "../../support/sessions.ts"

const adapters = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer, PostgresOutbox.layer).pipe(
  Layer.provideMerge(freshClient),
)

const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | Outbox | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

const rows = <Row extends object>(statement: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement).unprepared)

const HOUR_MS = 3_600_000

/** The moment a test counts its days from: midnight may come while it runs. */
const dayOf = Effect.map(
  rows<{ at: string; midnight: number }>(
    "select now()::text as at, extract(epoch from date_trunc('day', now(), 'UTC'))::float8 * 1000 as midnight",
  ),
  ([now]) => ({
    at: `'${now!.at}'::timestamptz`,
    date: `('${now!.at}'::timestamptz at time zone 'UTC')::date`,
    /** Hours of retention whose end lies at noon of so many days before it: no partition ends near by. */
    hoursToNoon: (days: number) => Math.round((Date.now() - now!.midnight) / HOUR_MS) + days * 24 - 12,
  }),
)

/** Facts of a product that was created so many days ago, and received goods since, each day once; when that is counted from. */
const trade = Effect.fnUntraced(function* (days: number) {
  const scribe = yield* Scribe.owner
  const product = Scribe.product()
  yield* scribe.commit({ products: [{ product, onHand: 1 }] })
  for (let day = 1; day <= days; day++) {
    const before = { onHand: day, reserved: 0, version: day }
    const event = { type: "received", onHand: 1, reserved: 0, reason: null } as const
    yield* scribe.commit({ changes: [{ productId: product.id, before, event }] })
  }
  // The clock cannot be turned back, so the rows are.
  const now = yield* dayOf
  const at = `${now.at} - (${days} - (version - 1)) * interval '1 day'`
  yield* rows(`select ${MAKE_PARTITIONS.name}(${now.date} - ${days}, ${now.date})`)
  yield* rows(`update movements set at = ${at}`)
  yield* rows(`update outbox set occurred_at = ${at.replace("version", "subject_version")}`)
  return now
})

/** Everything that was written leaves. */
const relayAll = Effect.scoped(
  Effect.gen(function* () {
    const leadership = yield* (yield* Outbox).take
    for (;;) {
      const { cursors } = yield* leadership.read(1_000, [])
      if (cursors.length === 0) return
      yield* leadership.advance(cursors)
    }
  }),
)

const versionsThere = Effect.map(
  rows<{ version: number }>("select subject_version::int as version from outbox order by 1"),
  (found) => found.map(({ version }) => version),
)

const partitions = Effect.map(
  rows<{ partition: string }>(
    "select c.relname as partition from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'outbox'::regclass order by 1",
  ),
  (found) => found.map(({ partition }) => partition),
)

const broken = Effect.map(verify, ({ checks }) => checks.filter(({ violations }) => violations > 0))

describe("the outbox's partitions", () => {
  it("are there for today and the next days, and take the facts of their days", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        // Those of the template may be of yesterday.
        for (const partition of yield* partitions)
          if (partition !== "outbox_rest") yield* rows(`drop table ${partition}`)
        const names = rows<{ partition: string }>(
          "select 'outbox_' || to_char(now() at time zone 'UTC' + n * interval '1 day', 'YYYYMMDD') as partition from generate_series(0, 3) n",
        )
        // In one transaction `now()` stands still.
        const expected = yield* sql.withTransaction(Effect.andThen(OutboxPartitions.makeAhead, names))
        expect(yield* partitions).toEqual([...expected.map(({ partition }) => partition), "outbox_rest"])
        yield* trade(0)
        const [fact] = yield* rows<{ partition: string; day: string }>(
          "select tableoid::regclass::text as partition, 'outbox_' || to_char(occurred_at at time zone 'UTC', 'YYYYMMDD') as day from outbox",
        )
        expect(fact!.partition).toBe(fact!.day)
      }),
    ))

  it("go when they are old and their facts have left, and verification holds with the rest", () =>
    over(
      Effect.gen(function* () {
        const now = yield* trade(6)
        yield* relayAll
        yield* OutboxPartitions.dropOld(now.hoursToNoon(3))
        expect(yield* versionsThere).toEqual([4, 5, 6, 7])
        expect(yield* broken).toEqual([])
        yield* OutboxPartitions.dropOld(now.hoursToNoon(3))
        expect(yield* versionsThere).toEqual([4, 5, 6, 7])
      }),
    ))

  it("stay, however old, as long as one fact in them has not left", () =>
    over(
      Effect.gen(function* () {
        yield* trade(6)
        const [first] = yield* rows<{ lane: number }>("select lane from outbox limit 1")
        yield* rows(`update relay_cursors set seq = 2 where lane = ${first!.lane}`)
        yield* OutboxPartitions.dropOld(24)
        // Two have left, and are gone; the third has not, and keeps all after it that lie in its partition or later.
        expect((yield* versionsThere).slice(0, 2)).toEqual([3, 4])
        yield* relayAll
        yield* OutboxPartitions.dropOld(24)
        expect((yield* versionsThere)[0]).toBeGreaterThan(4)
        expect(yield* broken).toEqual([])
      }),
    ))

  it("wait for no lock: while the outbox is being read they stay, and commits go on", () =>
    over(
      Effect.gen(function* () {
        yield* trade(6)
        yield* relayAll
        const reader = yield* holding("select count(*) from outbox")
        const before = yield* partitions
        // As `dropOld` does it, but once.
        const tried = yield* Effect.flip(rows(`select ${DROP_PARTITION.name}('${before[0]}', now(), '{}', '{}', '{}')`))
        expect(tried.reason.cause).toMatchObject({ code: "55P03" })
        expect(yield* partitions).toEqual(before)
        yield* reader.commit
        yield* OutboxPartitions.dropOld(72)
        expect(yield* partitions).not.toEqual(before)
      }),
    ))

  it("let nothing go that came while the facts were counted", () =>
    over(
      Effect.gen(function* () {
        yield* trade(6)
        yield* relayAll
        const [partition] = yield* partitions
        const [dropped] = yield* rows<{ dropped: boolean }>(
          `select ${DROP_PARTITION.name}('${partition}', now(), '{}', '{}', '{}') as dropped`,
        )
        expect(dropped).toEqual({ dropped: false })
        expect(yield* partitions).toContain(partition)
      }),
    ))

  it("leave what fits none to the rest, which is emptied by the same rule", () =>
    over(
      Effect.gen(function* () {
        yield* trade(6)
        yield* rows("update outbox set occurred_at = occurred_at - interval '1 year'")
        yield* rows("update movements set at = at - interval '1 year'")
        expect(yield* rows("select count(*)::int as facts from outbox_rest")).toEqual([{ facts: 7 }])
        yield* OutboxPartitions.dropOld(72)
        expect(yield* versionsThere).toHaveLength(7)
        yield* relayAll
        yield* OutboxPartitions.dropOld(72)
        expect(yield* versionsThere).toEqual([])
        expect(yield* partitions).toContain("outbox_rest")
        expect(yield* broken).toEqual([])
      }),
    ))

  it("do not take the rest's facts away: a day it has some of stays without", () =>
    over(
      Effect.gen(function* () {
        const now = yield* trade(0)
        yield* rows("update outbox set occurred_at = occurred_at + interval '40 days'")
        yield* rows(`select ${MAKE_PARTITIONS.name}(${now.date}, ${now.date} + 41)`)
        expect(yield* rows("select tableoid::regclass::text as partition from outbox")).toEqual([
          { partition: "outbox_rest" },
        ])
        const [days] = yield* rows<{ without: string; last: string }>(
          `select 'outbox_' || to_char(${now.date} + 40, 'YYYYMMDD') as without, 'outbox_' || to_char(${now.date} + 41, 'YYYYMMDD') as last`,
        )
        expect(yield* partitions).toContain(days!.last)
        expect(yield* partitions).not.toContain(days!.without)
      }),
    ))
})
