/** A transaction that stays open slows nothing down: what is written in every commit is found as fast behind dead versions. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import { encode } from "../../../src/adapters/postgres/batch-columns.ts"
import { COMMIT_STATEMENT } from "../../../src/adapters/postgres/commit-function.ts"
import { RAISE_LANES } from "../../../src/adapters/postgres/fencing-functions.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { ADVANCE, READ } from "../../../src/adapters/postgres/outbox.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import type { Ledger } from "../../../src/ports/ledger.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { holding, waitingForLock } from "../../support/sessions.ts"

const adapters = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(freshClient))

const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | PgClient.PgClient | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement))

/** Versions of each row: some 15 pages of them, so that meeting them all would show. */
const VERSIONS = 2_500

/** Opens a snapshot, and updates each row of some tables so often behind it; then the planner looks at what there is. */
const age = Effect.gen(function* () {
  yield* holding("select count(*) from products")
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
