/** Guards outside of the database, over a real Redis: what they keep, and the two ways in which they are known to fail. */
import { describe, it as test } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { afterAll, beforeAll, expect } from "vitest"
import type { Guard } from "../../../src/adapters/postgres/transactional/guard.ts"
import { counted } from "../../../src/adapters/postgres/transactional/guards/counted.ts"
import { locked } from "../../../src/adapters/postgres/transactional/guards/locked.ts"
import * as Connection from "../../../src/adapters/redis/connection.ts"
import * as RedisLock from "../../../src/adapters/redis/guards/redis-lock.ts"
import * as RedisLua from "../../../src/adapters/redis/guards/redis-lua.ts"
import { inventoryContract } from "../../contracts/inventory.ts"
import { counter } from "../../contracts/inventory-counter.ts"
import { isMissing, RedisServer } from "../../support/redis-server.ts"
import * as TransactionalShop from "../../support/transactional-shop.ts"

const PREFIX = "jaego:"

describe.skipIf(isMissing)("with a real Redis", () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.stop())

  const connected = Effect.gen(function* () {
    const connection = yield* Connection.make({ url: server.url, timeoutMs: 2_000, prefix: PREFIX })
    yield* Effect.retry(
      connection.run((redis) => redis.ping()),
      { while: () => true },
    )
    return connection
  })
  const shop = (guard: (connection: Connection.Connection) => Guard) =>
    Layer.unwrap(
      Effect.map(
        Effect.suspend(() => connected),
        (connection) => TransactionalShop.layer(guard(connection)),
      ),
    )
  const under = <A, E>(
    guard: (connection: Connection.Connection) => Guard,
    body: Effect.Effect<A, E, Effect.Services<typeof counter>>,
  ) => Effect.scoped(Effect.provide(body, shop(guard)))

  inventoryContract(
    "one transaction a command, redis-lock",
    shop((connection) => locked(RedisLock.make(connection, PREFIX))),
  )
  inventoryContract(
    "one transaction a command, redis-lua",
    shop((connection) => counted(RedisLua.make(connection, PREFIX))),
  )

  test.live("a holder that is paused for longer than its lock lasts sells what another has sold", () => {
    const LIFETIME_MS = 50
    /** Reads the stock, and then is away until its lock is another's. */
    const paused = (connection: Connection.Connection): Guard => {
      const guard = locked(RedisLock.make(connection, PREFIX, LIFETIME_MS))
      return {
        ...guard,
        move: (send, moves) => {
          let sent = 0
          return guard.move(
            (statements) =>
              Effect.andThen(sent++ === 1 ? Effect.sleep(4 * LIFETIME_MS) : Effect.void, send(statements)),
            moves,
          )
        },
      }
    }
    return under(
      paused,
      Effect.gen(function* () {
        const shop = yield* counter
        const { id } = yield* shop.create({ onHand: 1 })
        const buy = shop.place([[id, 1]])
        const both = yield* Effect.all([buy, buy], { concurrency: "unbounded" })
        expect(both.filter((order) => "status" in order)).toHaveLength(2)
        expect(yield* shop.stock({ id })).toMatchObject({ onHand: 1, reserved: 1 })
      }),
    )
  })

  test.live("units that a process took from the counter before it died are never sold", () => {
    let counter_: ReturnType<typeof RedisLua.make>
    return under(
      (connection) => {
        counter_ = RedisLua.make(connection, PREFIX)
        return counted(counter_)
      },
      Effect.gen(function* () {
        const shop = yield* counter
        const { id } = yield* shop.create({ onHand: 5 })
        yield* shop.placed([[id, 1]])
        expect(yield* counter_.take([{ productId: id, quantity: 2 }])).toBe("taken")
        yield* shop.placed([[id, 2]])
        expect(yield* shop.place([[id, 1]])).toEqual({ refused: "database" })
        expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 3 })
      }),
    )
  })
})
