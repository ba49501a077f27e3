/** How the service ends when it is told to: what balancers see, and when the next process may decide. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import { holding, waitingForLock } from "../support/sessions.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const readiness = async (service: Service) => {
  const { body, status } = await service.get("/readyz")
  return status === 200 ? "ready" : body.code
}

it("serves on for LAME_DUCK_SECONDS while readiness says that it drains, and keeps its lanes so long", async () => {
  const database = await freshDatabase()
  const first = await start({ DATABASE_URL: database, LAME_DUCK_SECONDS: "3" })
  const product = await Trade.create(first, 100)
  const second = await start({ DATABASE_URL: database })
  const began = performance.now()
  first.process.signal("SIGTERM")
  await until("readiness says so", async () => (await readiness(first)) === "draining")
  for (let sold = 1; sold <= 20; sold++) expect((await Trade.buy(first, product)).status).toBe(201)
  expect(await readiness(second)).toBe("standby")
  expect(await first.process.ended).toEqual({ code: 0, signal: null })
  expect(performance.now() - began).toBeGreaterThan(3_000)
  await until("the second decides", async () => (await readiness(second)) === "ready")
  expect(await Trade.stock(second, product)).toMatchObject({ onHand: 80 })
  await second.stop()
})

/** The session that holds the lease; null: none does. */
const holder = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql<{ readonly pid: number }>`
    select l.pid from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and a.application_name = 'jaego lease' and a.datname = current_database()`
  return row?.pid ?? null
})

it("hands its lanes over while an answer that needs none of them is still open", async () => {
  const database = await freshDatabase()
  const first = await start({ DATABASE_URL: database })
  const product = await Trade.create(first, 100)
  expect((await Trade.buy(first, product)).status).toBe(201)
  const second = await start({ DATABASE_URL: database })
  await Effect.gen(function* () {
    const owner = yield* holder
    const lock = yield* holding("lock table movements in access exclusive mode")
    const reading = first.get(`/v1/products/${product}/stock/movements`)
    yield* waitingForLock("from movements")
    first.process.signal("SIGTERM")
    for (let now = owner; now === null || now === owner; now = yield* holder) yield* Effect.sleep("5 millis")
    expect(first.process.end).toBeNull()
    yield* lock.commit
    expect((yield* Effect.promise(() => reading)).status).toBe(200)
  }).pipe(Effect.scoped, Effect.provide(PostgresClient.layer(database)), Effect.runPromise)
  expect(await first.process.ended).toEqual({ code: 0, signal: null })
  await until("the second decides", async () => (await readiness(second)) === "ready")
  await second.stop()
})
