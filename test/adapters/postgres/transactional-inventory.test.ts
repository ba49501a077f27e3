/**
 * What only a real database can do to one transaction a command: cancel it, end its session, fall silent, serve two
 * processes at once. The general promises of an inventory are in `inventory.test.ts`.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import type { Guard } from "../../../src/adapters/postgres/transactional/guard.ts"
import { atomic } from "../../../src/adapters/postgres/transactional/guards/atomic.ts"
import { pessimistic } from "../../../src/adapters/postgres/transactional/guards/pessimistic.ts"
import * as TransactionalInventory from "../../../src/adapters/postgres/transactional/inventory.ts"
import * as PostgresUnsettled from "../../../src/adapters/postgres/unsettled.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import * as SystemIds from "../../../src/adapters/system/ids.ts"
import { counter } from "../../contracts/inventory-counter.ts"
import { freshDatabase } from "../../support/postgres.ts"
import * as PostgresProxy from "../../support/postgres-proxy.ts"
import * as Scribe from "../../support/scribe.ts"
import { cancel, holding, terminate, waitingForLock } from "../../support/sessions.ts"

/** A process of its own: its own connections, nothing shared but the database. */
const processOn = (url: string, guard: Guard = atomic) =>
  TransactionalInventory.layer(guard).pipe(
    Layer.provideMerge(Layer.mergeAll(PostgresLedger.layer, PostgresOrderBook.layer, PostgresUnsettled.layer)),
    Layer.provideMerge(Layer.merge(PostgresClient.layer(url), SystemIds.layer)),
  )

type Services = Layer.Success<ReturnType<typeof processOn>>

const over = <A, E>(url: string, body: Effect.Effect<A, E, Services | Scope.Scope>, guard?: Guard) =>
  Effect.runPromise(
    Effect.scoped(body).pipe(Effect.provide(processOn(url, guard), { local: true })) as Effect.Effect<A>,
  )

const broken: Effect.Effect<ReadonlyArray<unknown>, unknown, PgClient.PgClient> = Effect.map(verify, ({ checks }) =>
  checks.filter(({ violations }) => violations > 0),
)

const lockStock = holding("select * from stock for update")

describe("an order that waits for a row", () => {
  it.each([
    ["is cancelled by the server", cancel],
    ["loses its session", terminate],
  ])("%s: nothing is written, and its key is free", async (_, strike) => {
    await over(
      await freshDatabase(),
      Effect.gen(function* () {
        const shop = yield* counter
        const { id } = yield* shop.create({ onHand: 5 })
        const claim = Scribe.claim()
        const lock = yield* lockStock
        const placing = yield* Effect.forkChild(shop.place([[id, 1]], { claim }))
        yield* strike(yield* waitingForLock("update stock"))
        expect(yield* Fiber.join(placing)).toEqual({ refused: "database" })
        yield* lock.commit
        expect(yield* shop.stock({ id })).toEqual({ onHand: 5, reserved: 0, version: 1 })
        expect(yield* shop.place([[id, 1]], { claim })).toMatchObject({ status: "reserved" })
        expect(yield* broken).toEqual([])
      }),
    )
  })

  it("goes its way when its caller hangs up", async () => {
    await over(
      await freshDatabase(),
      Effect.gen(function* () {
        const shop = yield* counter
        const { id } = yield* shop.create({ onHand: 5 })
        const lock = yield* lockStock
        const placing = yield* Effect.forkChild(shop.place([[id, 1]]))
        yield* waitingForLock("update stock")
        const hangingUp = yield* Effect.forkChild(Fiber.interrupt(placing))
        yield* lock.commit
        yield* Fiber.join(hangingUp)
        expect(yield* shop.stock({ id })).toEqual({ onHand: 5, reserved: 1, version: 2 })
      }),
    )
  })
})

describe("a line that says nothing any more", () => {
  // Each waits ten seconds for a line that is dead.
  it.concurrent.each(["asked", "done"] as const)(
    "is given up when COMMIT was %s; the key shows what became of it",
    async (instant) => {
      const url = await freshDatabase()
      const proxy = await PostgresProxy.start(url, /^commit$/)
      try {
        await over(
          proxy.url,
          Effect.gen(function* () {
            const shop = yield* counter
            const { id } = yield* shop.create({ onHand: 5 })
            const claim = Scribe.claim()
            proxy.once(instant, () => "hole")
            expect(yield* shop.place([[id, 1]], { claim })).toEqual({ refused: "database" })
            const command = shop.placing([[id, 1]], { claim })
            expect(yield* shop.ask(command)).toMatchObject({ replayed: instant === "done" })
            expect(yield* shop.stock({ id })).toEqual({ onHand: 5, reserved: 1, version: 2 })
            expect(yield* broken).toEqual([])
          }),
        )
      } finally {
        await proxy.close()
      }
    },
  )
})

describe("two processes on one database", () => {
  it.each(Object.entries({ atomic, pessimistic }))("sell what there is, once, under the guard %s", async (_, guard) => {
    const url = await freshDatabase()
    const ids = await over(
      url,
      Effect.gen(function* () {
        const shop = yield* counter
        return [(yield* shop.create({ onHand: 30 })).id, (yield* shop.create({ onHand: 40 })).id]
      }),
    )
    const claims = Array.from({ length: 60 }, () => Scribe.claim())
    const buying = (turn: number) =>
      over(
        url,
        Effect.gen(function* () {
          const shop = yield* counter
          return yield* Effect.forEach(
            claims,
            (claim, index) => {
              const wanted = (index + turn) % 2 === 0 ? ids : ids.toReversed()
              return shop.place(
                wanted.map((id) => [id, 1] as const),
                { claim },
              )
            },
            { concurrency: "unbounded" },
          )
        }),
        guard,
      )
    const [one, two] = await Promise.all([buying(0), buying(1)])
    const sold = [...one, ...two].flatMap((answer) => ("id" in answer ? [answer.id] : []))
    expect(new Set(sold).size).toBe(30)
    await over(
      url,
      Effect.gen(function* () {
        const shop = yield* counter
        const stocks = yield* Effect.forEach(ids, (id) => shop.stock({ id }))
        expect(stocks.map(({ reserved }) => reserved)).toEqual([30, 30])
        expect(yield* broken).toEqual([])
      }),
    )
  })
})

describe("what a guard opens beside its transaction", () => {
  it("is closed when the transaction has ended, and notified whether it was committed", async () => {
    const ends: Array<string> = []
    const noting: Guard = {
      ...atomic,
      move: (send, moves) =>
        Effect.andThen(
          Effect.addFinalizer((exit) => Effect.sync(() => void ends.push(exit._tag))),
          atomic.move(send, moves),
        ),
    }
    await over(
      await freshDatabase(),
      Effect.gen(function* () {
        const shop = yield* counter
        const { id } = yield* shop.create({ onHand: 1 })
        expect(yield* shop.place([[id, 1]])).toMatchObject({ status: "reserved" })
        expect(ends).toEqual(["Success"])
        expect(yield* shop.place([[id, 1]])).toMatchObject({ refused: { _tag: "InsufficientStock" } })
        expect(ends).toEqual(["Success", "Failure"])
        const lock = yield* holding("select * from stock for update")
        const receiving = yield* Effect.forkChild(shop.receive(id, 1))
        yield* cancel(yield* waitingForLock("update stock"))
        expect(yield* Fiber.join(receiving)).toEqual({ refused: "database" })
        expect(ends).toEqual(["Success", "Failure", "Failure"])
        yield* lock.commit
      }),
      noting,
    )
  })
})
