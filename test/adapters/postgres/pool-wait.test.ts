/** Statements that wait for a connection of their pool are counted with their wait. */
import { Deferred, Effect, Fiber } from "effect"
import { expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { PoolWaits } from "../../../src/adapters/postgres/pool-wait.ts"
import * as Pools from "../../../src/adapters/postgres/pools.ts"
import { Deciding } from "../../../src/adapters/postgres/reads.ts"
import { Writes } from "../../../src/adapters/postgres/writing-pool.ts"
import { bareDatabase } from "../../support/postgres.ts"

it("counts a statement that waits until the only connection is given back, and one that finds a connection", async () => {
  const program = Effect.gen(function* () {
    const writes = yield* Writes
    const deciding = yield* Deciding
    const waits = yield* PoolWaits
    const taken = () => Object.fromEntries(waits.take().map((pool) => [pool.pool, pool]))
    taken()

    const held = yield* Deferred.make<void>()
    const isFree = yield* Deferred.make<void>()
    const holder = yield* Effect.forkChild(
      writes.use(() => Effect.andThen(Deferred.succeed(held, undefined), Deferred.await(isFree))),
    )
    yield* Deferred.await(held)
    const opened = taken()["writes"]!
    const next = yield* Effect.forkChild(
      writes.use((connection) => connection.query("select 1", [])),
      { startImmediately: true },
    )
    const asked = performance.now()
    yield* deciding.rows("select pg_sleep(0.05)", [])
    const leastSeconds = (performance.now() - asked) / 1_000
    yield* Deferred.succeed(isFree, undefined)
    yield* Fiber.join(holder)
    yield* Fiber.join(next)

    const { deciding: read, writes: waited } = taken()
    expect(opened.statements).toBe(1)
    expect(waited!.statements).toBe(1)
    expect(waited!.seconds).toBeGreaterThanOrEqual(leastSeconds)
    expect(waited!.longestSeconds).toBe(waited!.seconds)
    expect(read!.statements).toBe(1)
    expect(read!.seconds).toBeLessThan(leastSeconds)
    expect(taken()["writes"]).toEqual({ pool: "writes", statements: 0, seconds: 0, longestSeconds: 0 })
  })
  const client = PostgresClient.layer(await bareDatabase(), { ...Pools.ALONE, writes: 1 })
  await Effect.runPromise(Effect.provide(program, client))
})
