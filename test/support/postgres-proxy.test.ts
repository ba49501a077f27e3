/** The proxy finds the instants of a commit, and does there what it is asked to, to both sides. */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Fiber, Layer, type Scope } from "effect"
import { expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as PostgresLease from "../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../src/adapters/postgres/ledger.ts"
import * as Lane from "../../src/domain/lane.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Ledger, nothingWanted } from "../../src/ports/ledger.ts"
import { freshDatabase } from "./postgres.ts"
import * as PostgresProxy from "./postgres-proxy.ts"
import * as Scribe from "./scribe.ts"

/** Looks at the database itself, past the proxy. */
class Direct extends Context.Service<Direct, PgClient.PgClient>()("test/Direct") {}
class Between extends Context.Service<Between, PostgresProxy.CommitProxy>()("test/Between") {}

const proxied = Layer.unwrap(
  Effect.gen(function* () {
    const database = yield* Effect.promise(freshDatabase)
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => PostgresProxy.start(database)),
      (each) => Effect.promise(() => each.close()),
    )
    return Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(
      Layer.provideMerge(PostgresClient.layer(proxy.url)),
      Layer.provideMerge(Layer.effect(Direct, PgClient.PgClient).pipe(Layer.provide(PostgresClient.layer(database)))),
      Layer.provideMerge(Layer.succeed(Between, proxy)),
    )
  }),
)

const over = <E>(body: Effect.Effect<void, E, Ledger | Lease | PgClient.PgClient | Direct | Between | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.provide(body, proxied)))

const received = { type: "received", onHand: 5, reserved: 0, reason: null } as const

/** A product on the shelf, and a batch that receives five more of it. */
const shelf = Effect.gen(function* () {
  const scribe = yield* Scribe.owner
  const product = Scribe.product()
  yield* scribe.commit({ products: [{ product, onHand: 10 }] })
  const change = { productId: product.id, before: { onHand: 10, reserved: 0, version: 1 }, event: received }
  const proxy = yield* Between
  const direct = yield* Direct
  const onHand = Effect.map(direct<{ readonly units: bigint }>`select on_hand as units from stock`, ([row]) =>
    Number(row!.units),
  )
  const batch = scribe.batch({ changes: [change] })
  return { scribe, proxy, onHand, batch, lane: scribe.lane(Lane.of(product.id)) }
})

it("holds a commit before a byte of it has reached the server, and lets it go on", () =>
  over(
    Effect.gen(function* () {
      const { batch, onHand, proxy, scribe } = yield* shelf
      const holding = proxy.hold("asked")
      const commit = yield* Effect.forkScoped(scribe.submit(batch))
      const held = yield* Effect.promise(() => holding)
      expect(PostgresProxy.rowsOf(held.exchange, "stock_id")).toBe(1)
      expect(PostgresProxy.rowsOf(held.exchange, "order_id")).toBe(0)
      expect(yield* onHand).toBe(10)
      held.release("pass")
      expect((yield* Fiber.join(commit))._tag).toBe("Committed")
      expect(yield* onHand).toBe(15)
      expect(proxy.answers).toEqual({ ok: 2 })
    }),
  ))

it("holds the answer of a commit that has happened, and knows what it says", () =>
  over(
    Effect.gen(function* () {
      const { batch, onHand, proxy, scribe } = yield* shelf
      const holding = proxy.hold("done")
      const commit = yield* Effect.forkScoped(scribe.submit(batch))
      const held = yield* Effect.promise(() => holding)
      expect(held.exchange.answer).toEqual({ state: null, value: null })
      expect(yield* onHand).toBe(15)
      expect(commit.pollUnsafe()).toBeUndefined()
      held.release("pass")
      expect((yield* Fiber.join(commit))._tag).toBe("Committed")
    }),
  ))

it("announces the instants in their order, of every commit, and of nothing else", () =>
  over(
    Effect.gen(function* () {
      const { batch, proxy, scribe } = yield* shelf
      const seen: Array<string> = []
      proxy.on((instant) => {
        seen.push(instant)
        return null
      })
      const sql = yield* PgClient.PgClient
      yield* sql`select 'jaego_commit'`
      yield* scribe.submit(batch)
      yield* sql`select 1`
      // The same statement once more, by now prepared under a name: it is refused, its epoch and seq being used up.
      expect((yield* Effect.flip(scribe.ledger.commit(batch)))._tag).toBe("StaleOwner")
      expect(seen).toEqual(["asked", "sent", "done", "answered", "asked", "sent", "done", "answered"])
      expect(proxy.answers).toEqual({ ok: 2, JG001: 1 })
    }),
  ))

it.each([
  ["asked", 10],
  ["done", 15],
] as const)("cuts the line at %s: the outcome is unknown, and %i on hand", (instant, units) =>
  over(
    Effect.gen(function* () {
      const { batch, lane, onHand, proxy, scribe } = yield* shelf
      proxy.once(instant, () => "cut")
      expect((yield* Effect.flip(scribe.ledger.commit(batch)))._tag).toBe("CommitUnknown")
      const [raised] = yield* scribe.ledger.raise([lane])
      expect(raised!.seq).toBe(units === 15 ? lane.seq + 1 : lane.seq)
      expect(yield* onHand).toBe(units)
    }),
  ),
)

it("sends what it held for so long that the lanes have a new epoch: it is fenced", () =>
  over(
    Effect.gen(function* () {
      const { batch, lane, onHand, proxy, scribe } = yield* shelf
      const holding = proxy.hold("asked")
      const commit = yield* Effect.forkScoped(Effect.flip(scribe.ledger.commit(batch)))
      const held = yield* Effect.promise(() => holding)
      yield* scribe.ledger.raise([lane])
      held.release("pass")
      expect((yield* Fiber.join(commit))._tag).toBe("StaleOwner")
      expect(proxy.answers).toEqual({ ok: 1, JG001: 1 })
      expect(yield* onHand).toBe(10)
    }),
  ))

it("knows the sessions by name and by the server's process id, and shuts the door", () =>
  over(
    Effect.gen(function* () {
      const { proxy } = yield* shelf
      const direct = yield* Direct
      const rows = yield* direct<{ readonly pid: number; readonly name: string }>`
        select pid, application_name as name from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
      const known = [...proxy.sessions].map(({ application, pid }) => ({ pid, name: application }))
      const pids = new Set(rows.map(({ pid }) => pid))
      expect(known.every(({ pid }) => pids.has(pid))).toBe(true)
      expect(new Set(known.map(({ name }) => name))).toEqual(new Set(["jaego", "jaego lease"]))
      proxy.door = "shut"
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(PostgresClient.layer(proxy.url))))
      expect(refused.message).toContain("no database answers")
    }),
  ))

// These two wait ten seconds for a line that is dead.
it.concurrent("says nothing any more: a caller gives up, and finds another line", () =>
  over(
    Effect.gen(function* () {
      const { lane, proxy, scribe } = yield* shelf
      // A line for reads, and one for writes, both at rest: they will be taken first.
      yield* scribe.ledger.load(nothingWanted)
      for (const session of proxy.sessions) session.hole()
      const given = [Effect.flip(scribe.ledger.load(nothingWanted)), Effect.flip(scribe.ledger.raise([lane]))]
      for (const failure of yield* Effect.all(given, { concurrency: "unbounded" }))
        expect(failure).toMatchObject({ _tag: "LedgerDown", detail: "no answer within 10 s" })
      expect(yield* scribe.ledger.load(nothingWanted)).toMatchObject({ products: [] })
      expect(yield* scribe.ledger.raise([lane])).toEqual([{ ...lane, seq: lane.seq, epoch: lane.epoch + 1 }])
    }),
  ))

it.concurrent("is not waited for by the process that takes the lanes", () =>
  Effect.gen(function* () {
    const database = yield* Effect.promise(freshDatabase)
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => PostgresProxy.start(database, /jaego_take_lanes/)),
      (each) => Effect.promise(() => each.close()),
    )
    const held = proxy.hold("asked")
    const lease = Context.get(
      yield* Layer.build(Layer.provide(PostgresLease.layer, PostgresClient.layer(proxy.url))),
      Lease,
    )
    const failure = yield* Effect.flip(lease.acquire(Effect.void))
    // The server ends a session that says nothing for as long: whichever of the two comes first.
    expect(failure).toMatchObject({
      _tag: "LedgerDown",
      detail: expect.stringMatching(/^(no answer within 10 s|Connection closed)$/),
    })
    const taking = yield* Effect.promise(() => held)
    taking.release("cut")
    expect((yield* lease.acquire(Effect.void)).lanes).toHaveLength(Lane.COUNT)
  }).pipe(Effect.scoped, Effect.runPromise))
