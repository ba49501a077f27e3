/**
 * What only a real database can do to a commit: end its session, cancel it, refuse it, let two race. The general promises
 * of a ledger are in `contracts.test.ts`.
 */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import type { Deciding } from "../../../src/adapters/postgres/reads.ts"
import * as WritingPool from "../../../src/adapters/postgres/writing-pool.ts"
import { Writes } from "../../../src/adapters/postgres/writing-pool.ts"
import * as Lane from "../../../src/domain/lane.ts"
import { claimName } from "../../../src/ports/inventory.ts"
import type { Lease } from "../../../src/ports/lease.ts"
import { Ledger, nothingWanted } from "../../../src/ports/ledger.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { cancel, holding, terminate, waitingForLock } from "../../support/sessions.ts"

const adapters = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(freshClient))

/** A test over a database of its own. */
const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | PgClient.PgClient | Deciding | Writes | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(body).pipe(Effect.provide(adapters)))

const received = { type: "received", onHand: 5, reserved: 0, reason: null } as const

/** A product on the shelf, and a batch that receives five more of it. */
const shelf = Effect.gen(function* () {
  const scribe = yield* Scribe.owner
  const product = Scribe.product()
  yield* scribe.commit({ products: [{ product, onHand: 10 }] })
  const change = { productId: product.id, before: { onHand: 10, reserved: 0, version: 1 }, event: received }
  const lane = scribe.lane(Lane.of(product.id))
  return { scribe, product, change, lane, batch: scribe.batch({ changes: [change] }) }
})

const lockStock = holding("select * from stock for update")

const everything = Effect.flatMap(
  PgClient.PgClient,
  (
    sql,
  ) => sql`select (select json_agg(l order by lane) from lanes l) as lanes, (select json_agg(s) from stock s) as stock,
    (select count(*) from movements) as movements, (select count(*) from outbox) as outbox`,
)

describe("a commit", () => {
  it("is unknown when its session was ended while it ran", () =>
    over(
      Effect.gen(function* () {
        const { batch, lane, scribe } = yield* shelf
        const before = yield* everything
        const lock = yield* lockStock
        const commit = yield* Effect.forkScoped(Effect.flip(scribe.ledger.commit(batch)))
        yield* terminate(yield* waitingForLock("jaego_commit"))
        expect((yield* Fiber.join(commit))._tag).toBe("CommitUnknown")
        yield* lock.commit
        expect(yield* everything).toEqual(before)
        expect(yield* scribe.ledger.raise([lane])).toEqual([{ ...lane, epoch: lane.epoch + 1 }])
      }),
    ))

  it("goes on over a new connection after one was lost", () =>
    over(
      Effect.gen(function* () {
        const { batch, scribe } = yield* shelf
        const lock = yield* lockStock
        const commit = yield* Effect.forkScoped(Effect.flip(scribe.ledger.commit(batch)))
        yield* terminate(yield* waitingForLock("jaego_commit"))
        yield* Fiber.join(commit)
        yield* lock.commit
        expect(yield* scribe.submit(batch)).toMatchObject({ _tag: "Committed" })
      }),
    ))

  it("has written nothing, for certain, when the server cancelled it", () =>
    over(
      Effect.gen(function* () {
        const { batch, scribe } = yield* shelf
        const before = yield* everything
        const lock = yield* lockStock
        const commit = yield* Effect.forkScoped(Effect.flip(scribe.ledger.commit(batch)))
        // The SQLSTATE of a cancelled statement is that of a statement timeout: 57014.
        yield* cancel(yield* waitingForLock("jaego_commit"))
        expect((yield* Fiber.join(commit))._tag).toBe("LedgerDown")
        yield* lock.commit
        expect(yield* everything).toEqual(before)
      }),
    ))

  it("has written nothing, for certain, in a database that takes no writes", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const scribe = yield* Scribe.owner
        const [{ name }] = (yield* sql`select current_database() as name`) as [{ name: string }]
        yield* sql.unsafe(`alter database ${name} set default_transaction_read_only = on`)
        const batch = scribe.batch({ products: [{ product: Scribe.product(), onHand: 1 }] })
        expect(yield* Effect.flip(scribe.ledger.commit(batch))).toMatchObject({
          _tag: "LedgerDown",
          detail: expect.stringContaining("25006"),
        })
      }),
    ))

  it("goes on when the database takes writes again, over a new session: the old one never would", () =>
    over(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const { batch, lane, scribe } = yield* shelf
        const [{ name, pid }] = (yield* sql`select current_database() as name, (
          select pid from pg_stat_activity where datname = current_database() and query like '%jaego_commit%'
            and pid <> pg_backend_pid()) as pid`) as [{ name: string; pid: number }]
        yield* sql.unsafe(`alter database ${name} set default_transaction_read_only = on`)
        yield* terminate(pid)
        // The first may find its session ended; the next two are made while nothing may be written.
        yield* Effect.flip(scribe.ledger.commit(batch))
        const refusals = yield* Effect.all([
          Effect.flip(scribe.ledger.commit(batch)),
          Effect.flip(scribe.ledger.raise([lane])),
        ])
        for (const refusal of refusals) expect(refusal).toMatchObject({ _tag: "LedgerDown" })
        yield* sql.unsafe(`alter database ${name} reset default_transaction_read_only`)
        // The pool may have made one ahead in the meantime.
        const raised = yield* Effect.retry(scribe.ledger.raise([lane]), { times: 1 })
        expect(raised).toEqual([{ ...lane, epoch: lane.epoch + 1 }])
        const batchNow = { ...batch, lanes: batch.lanes.map((each) => ({ ...each, epoch: each.epoch + 1 })) }
        expect(yield* scribe.ledger.commit(batchNow)).toMatchObject({ _tag: "Committed" })
      }),
    ))

  it("was never sent, for certain, when no server answers any more", () =>
    over(
      Effect.gen(function* () {
        const { batch } = yield* shelf
        const sql = yield* PgClient.PgClient
        // Port 1 is reserved, and no process listens on it.
        const moved = { ...sql.config, host: "127.0.0.1", port: 1 }
        const ledger = yield* Layer.build(
          Layer.fresh(PostgresLedger.layer).pipe(Layer.provide(Layer.effect(Writes, WritingPool.make(moved, 1)))),
        ).pipe(Effect.map(Context.get(Ledger)))
        expect((yield* Effect.flip(ledger.commit(batch)))._tag).toBe("LedgerDown")
      }),
    ))

  it("cannot be interrupted: what others share is finished", () =>
    over(
      Effect.gen(function* () {
        const { batch, product, scribe } = yield* shelf
        const lock = yield* lockStock
        const commit = yield* Effect.forkScoped(scribe.ledger.commit(batch))
        yield* waitingForLock("jaego_commit")
        const interrupt = yield* Effect.forkScoped(Fiber.interrupt(commit))
        yield* lock.commit
        yield* Fiber.join(interrupt)
        const { products } = yield* scribe.ledger.load({ ...nothingWanted, products: [product.id] })
        expect(products[0]!.stock).toEqual({ onHand: 15, reserved: 0, version: 2 })
      }),
    ))

  it("is contested when another lane binds its key at the same moment", () =>
    over(
      Effect.gen(function* () {
        const { change, scribe } = yield* shelf
        const claim = Scribe.claim("receipts")
        const reply = { _tag: "Done" } as const
        const rival = yield* holding(
          `insert into idempotency_keys (route, key, fingerprint, answer)
            values ('receipts', '${claim.key}', '${claim.fingerprint}', '${JSON.stringify(reply)}')`,
        )
        const keys = [{ claim, answer: { _tag: "Whole", reply } as const }]
        const commit = yield* Effect.forkScoped(scribe.ledger.commit(scribe.batch({ changes: [change], keys })))
        yield* waitingForLock("jaego_commit")
        yield* rival.commit
        expect(yield* Fiber.join(commit)).toEqual({
          _tag: "Contested",
          boundKeys: [claimName(claim)],
          takenSkus: [],
          changedHolds: [],
        })
        expect(yield* scribe.commit({ changes: [change] })).toMatchObject({ _tag: "Committed" })
      }),
    ))

  it("that writes without a lane is refused: nothing would fence it", () =>
    over(
      Effect.gen(function* () {
        const { batch, scribe } = yield* shelf
        const before = yield* everything
        expect((yield* Effect.flip(scribe.ledger.commit({ ...batch, lanes: [] })))._tag).toBe("StaleOwner")
        expect(yield* everything).toEqual(before)
      }),
    ))
})

describe("raising epochs", () => {
  it("waits for a commit that is still running, and counts its facts", () =>
    over(
      Effect.gen(function* () {
        const { batch, lane, scribe } = yield* shelf
        const lock = yield* lockStock
        const commit = yield* Effect.forkScoped(scribe.ledger.commit(batch))
        yield* waitingForLock("jaego_commit")
        const raise = yield* Effect.forkScoped(scribe.ledger.raise([lane]))
        yield* waitingForLock("jaego_raise_lanes")
        yield* lock.commit
        expect((yield* Fiber.join(commit))._tag).toBe("Committed")
        expect(yield* Fiber.join(raise)).toEqual([{ ...lane, epoch: lane.epoch + 1, seq: lane.seq + 1 }])
      }),
    ))
})
