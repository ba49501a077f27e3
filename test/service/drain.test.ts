/** How the service ends when it is asked to: what balancers see, and when the next process may decide. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { type Peer, peer } from "../support/peer.ts"
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

/** What a shutdown with half-open clients may take beyond one without any (ms): their half second to speak, their answers, and a margin. */
const BEYOND_MS = 2_000

const HALF_BODY =
  "POST /v1/products HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"
const WHOLE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
/** Large answers, more of them than the system holds for a peer that does not read. */
const GREEDY = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(60)
/** As a browser or a probe greets a port that it takes for https. */
const CLIENT_HELLO = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

describe.each(["0", "2"])("with HTTP_THREADS=%s", (threads) => {
  /** Each kind so often that every thread has it, but for one chance in a hundred. */
  const EACH = threads === "0" ? 2 : 8

  const halfOpen = async (service: Service): Promise<ReadonlyArray<Peer>> => {
    const port = Number(new URL(service.url).port)
    const many = (text: string) => Trade.times(EACH, () => peer(port, text))
    const idle = await many(WHOLE)
    await Promise.all(idle.map(({ until }) => until("alive")))
    const deaf = await many("")
    for (const { socket } of deaf) socket.pause().write(GREEDY)
    await until("answers lie unread", async () => (await service.metric("jaego_http_unread_bytes")) > 0)
    const kinds = await Promise.all(["", "GET /v1/orders HTTP/1.1\r\nhost: lo", HALF_BODY].map(many))
    const dripping = await many(HALF_BODY)
    for (const { closed, socket } of dripping) {
      const drip = setInterval(() => socket.write(" "), 50)
      void closed.then(() => clearInterval(drip))
    }
    return [...idle, ...deaf, ...kinds.flat(), ...dripping, ...(await many(CLIENT_HELLO))]
  }

  const stop = async (service: Service): Promise<number> => {
    const began = performance.now()
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    return performance.now() - began
  }

  it("ends in time and hands its lanes over, whatever half-open clients there are", async () => {
    const env = { DATABASE_URL: await freshDatabase(), HTTP_THREADS: threads, WORKERS: "1" }
    const first = await start(env)
    const product = await Trade.create(first, 100)
    expect((await Trade.buy(first, product)).status).toBe(201)
    const second = await start(env)
    const clients = await halfOpen(first)
    const took = await stop(first)
    await until("the second decides", async () => (await readiness(second)) === "ready")
    expect((await Trade.buy(second, product)).status).toBe(201)
    for (const { socket } of clients) socket.resume()
    await Promise.all(clients.map(({ closed }) => closed))
    expect(took - (await stop(second))).toBeLessThan(BEYOND_MS)
  })
})
