/** A transaction that stays open slows nothing down: what is written in every commit is found as fast behind dead versions. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import { encode } from "../../../src/adapters/postgres/batch-columns.ts"
import * as BulkLoad from "../../../src/adapters/postgres/bulk-load.ts"
import { COMMIT_STATEMENT } from "../../../src/adapters/postgres/commit-function.ts"
import { RAISE_LANES } from "../../../src/adapters/postgres/fence-functions.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { DUE as DUE_HOLDS } from "../../../src/adapters/postgres/ledger.ts"
import { ADVANCE, READ } from "../../../src/adapters/postgres/outbox.ts"
import { BEFORE_ALL } from "../../../src/adapters/postgres/page.ts"
import { DUE as DUE_SHIPMENTS, MISSING } from "../../../src/adapters/postgres/shipments.ts"
import { UNSETTLED } from "../../../src/adapters/postgres/unsettled.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import { lowest } from "../../../src/ports/ids.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import type { Ledger } from "../../../src/ports/ledger.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { holding, snapshot, waitingForLock } from "../../support/sessions.ts"

const adapters = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(freshClient))

const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement))

/** Versions of each row: some 15 pages of them, so that meeting them all would show. */
const VERSIONS = 2_500

/** Opens a snapshot, and updates each row of some tables so often behind it; then the planner looks at what there is. */
const age = Effect.gen(function* () {
  yield* snapshot
  yield* run(`do $$ begin
    perform set_config('synchronous_commit', 'off', false);
    for i in 1..${VERSIONS} loop
      update lanes set seq = seq where lane = 7;
      update relay_cursors set seq = seq where lane = 7;
      update stock set on_hand = on_hand;
      update consumer_positions set next = next;
      commit;
    end loop; end $$`)
  yield* run("analyze lanes, relay_cursors, stock, consumer_positions")
})

/** A page more or less here and there. */
const SLACK = 8

const received = { type: "received", onHand: 1, reserved: 0, reason: null } as const

/** A product in lane 7, and the cost of receiving a unit of it. */
const trade = Effect.gen(function* () {
  const scribe = yield* Scribe.owner
  const product = Scribe.productIn(7)
  yield* scribe.commit({ products: [{ product, onHand: 1 }] })
  let version = 0
  const receive = Effect.suspend(() => {
    version++
    const before = { onHand: version, reserved: 0, version }
    const batch = scribe.batch({ changes: [{ productId: product.id, before, event: received }] })
    return Effect.tap(costOf(COMMIT_STATEMENT, encode(batch)), () =>
      Effect.sync(() => scribe.take(batch.lanes.map(({ epoch, lane, toSeq }) => ({ lane, epoch, seq: toSeq })))),
    )
  })
  return { receive, scribe }
})

/** Measured twice: the first run also makes the plans. */
const twice = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(effect, effect)

describe("behind a snapshot that stays open", () => {
  it("a commit touches no more pages than before", () =>
    over(
      Effect.gen(function* () {
        const { receive } = yield* trade
        const young = yield* twice(receive)
        yield* age
        const old = yield* twice(receive)
        expect(old.pages).toBeLessThanOrEqual(young.pages + SLACK)
      }),
    ))

  it("the relay's looks and its cursors touch no more pages than before", () =>
    over(
      Effect.gen(function* () {
        const { receive } = yield* trade
        yield* receive
        const settings = ["enable_bitmapscan = off"]
        const look = Effect.map(costOf(READ, [100, []], settings), ({ pages }) => pages)
        const move = Effect.map(costOf(ADVANCE, ["{7}", "{1}"], settings), ({ pages }) => pages)
        const young = yield* Effect.all([twice(look), move])
        yield* age
        const old = yield* Effect.all([twice(look), move])
        expect(old[0]).toBeLessThanOrEqual(young[0] + SLACK)
        expect(old[1]).toBeLessThanOrEqual(young[1] + SLACK)
      }),
    ))

  it("a new owner takes the lanes as fast", () =>
    over(
      Effect.gen(function* () {
        yield* trade
        const take = Effect.map(
          twice(costOf(`select * from ${RAISE_LANES.name}('{7}', null)`, [])),
          ({ pages }) => pages,
        )
        const young = yield* take
        yield* age
        expect(yield* take).toBeLessThanOrEqual(young + SLACK)
      }),
    ))
})

/** Orders that were placed, paid and shipped behind a snapshot, and due an hour ago. */
const ORDERS_DONE = 6_000

const shipped = Effect.gen(function* () {
  yield* BulkLoad.fill({ products: 10, orders: ORDERS_DONE, onHand: 1_000_000, now: Date.now() }, () => Effect.void)
  yield* snapshot
  yield* run("delete from shipments")
  yield* run(`insert into shipments (order_id, next_attempt_at) select id, now() - interval '1 hour' from orders`)
  yield* run("update orders set status = 'reserved', expires_at = now() - interval '1 hour', attempt_token = null")
  yield* run("update orders set attempt_token = 't', attempt_started_at = now()")
  yield* run("update orders set status = 'paid', attempt_token = null, attempt_started_at = null")
  yield* run("update orders set status = 'shipped', attempt_token = null, attempt_started_at = null")
  yield* run("update shipments set attempts = 1")
  yield* run("update shipments set attempts = 1, next_attempt_at = null, state = 'shipped'")
  yield* run("analyze orders, shipments")
})

const LANES = `{${Array.from({ length: 64 }, (_, lane) => lane).join(",")}}`

/** Pages of a look at nothing: the way down each index. */
const LOOK_PAGES = 20

describe("work that is done, behind a snapshot that stays open", () => {
  const now = () => String(Date.now())
  const minuteAgo = () => String(Date.now() - 60_000)
  const ALWAYS = "-Infinity"
  const looks = [
    ["shipping", DUE_SHIPMENTS, (since: string) => [now(), "{}", 128, 96, since, since]],
    ["expiry", DUE_HOLDS, (since: string) => [LANES, now(), 1_000, since]],
    ["the sweep of checkouts", UNSETTLED, (since: string) => [lowest(Number(since)) ?? BEFORE_ALL, 101]],
    ["the sweep of paid orders", MISSING, (since: string) => [lowest(Number(since)) ?? BEFORE_ALL, 1_000]],
  ] as const

  it.each(looks)("costs %s nothing from its mark on, and every page from the beginning", (_, query, parameters) =>
    over(
      Effect.gen(function* () {
        yield* shipped
        expect((yield* twice(costOf(query, parameters(ALWAYS)))).pages).toBeGreaterThan(LOOK_PAGES * 5)
        expect((yield* twice(costOf(query, parameters(minuteAgo())))).pages).toBeLessThan(LOOK_PAGES)
      }),
    ),
  )
})

describe("a verification", () => {
  it("keeps no snapshot from one check to the next", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const held = yield* holding("lock table holds in access exclusive mode")
        const verifying = yield* Effect.forkScoped(verify)
        const pid = yield* waitingForLock("with broken as")
        // A transaction keeps the locks of all it has read: the checks before this one have read stock.
        const kept = yield* sql`select relation::regclass::text as table from pg_locks
          where pid = ${pid} and relation = 'stock'::regclass`
        expect(kept).toEqual([])
        yield* held.commit
        expect((yield* Fiber.join(verifying)).ok).toBe(true)
      }),
    ))
})

describe("raising a lane's epoch", () => {
  it("waits for the commit that runs on it, and bars the next", () =>
    over(
      Effect.gen(function* () {
        const { scribe } = yield* trade
        const running = yield* holding("update lanes set seq = seq + 1 where lane = 7")
        const { epoch } = scribe.lane(7)
        const raised = yield* Effect.forkScoped(scribe.ledger.raise([{ lane: 7, epoch }]))
        yield* waitingForLock("jaego_raise_lanes")
        yield* running.commit
        expect(yield* Fiber.join(raised)).toEqual([{ lane: 7, epoch: epoch + 1, seq: scribe.lane(7).seq + 1 }])
        expect(yield* Effect.flip(scribe.ledger.raise([{ lane: 7, epoch }]))).toMatchObject({ _tag: "StaleOwner" })
      }),
    ))
})
