/** Facts leave the real service: at its end, when the thread that brings them out dies, and when another process has to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const query = <Row extends object>(url: string, statement: string): Promise<ReadonlyArray<Row>> =>
  Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement)).pipe(
      Effect.provide(PostgresClient.layer(url)),
    ),
  )

/** Facts that have not left. */
const behind = async (url: string): Promise<number> => {
  const statement = "select sum(l.seq - c.seq)::int as facts from lanes l join relay_cursors c on c.lane = l.lane"
  const [row] = await query<{ facts: number }>(url, statement)
  return row!.facts
}

const typesOf = async (service: Service, orderId: string): Promise<ReadonlyArray<string>> => {
  const { body, status, text } = await service.get(`/v1/orders/${orderId}/timeline`)
  expect(status, text).toBe(200)
  return body.data.map(({ type }: { readonly type: string }) => type)
}

/** Its payment has come back from the stream. */
const isTold = (service: Service, orderId: string) =>
  until("its payment is in the timeline", async () => (await typesOf(service, orderId)).includes("jaego.order.paid.v1"))

const buyOne = async (service: Service, product: string): Promise<string> => {
  const { body, status, text } = await Trade.buy(service, product)
  expect(status, text).toBe(201)
  return body.id
}

it("nothing is left to publish when the service has stopped, however busy it was", async () => {
  const database = await freshDatabase()
  const service = await start({ DATABASE_URL: database, WORKERS: "2" })
  const crowd = Trade.crowd(service, await Trade.times(5, () => Trade.create(service, 100_000)))
  await until("many orders are placed", () => crowd.acknowledged.size >= 300)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
  await crowd.leave()
  expect(await behind(database)).toBe(0)
  await Trade.verify(database)
})

it("the thread that brings facts out is replaced when it dies under load: no buyer notices, no fact is lost", async () => {
  const database = await freshDatabase()
  const folder = mkdtempSync(join(tmpdir(), "jaego-reaper-"))
  const aim = join(folder, "aim")
  writeFileSync(aim, "facts")
  const service = await start({ DATABASE_URL: database, WORKERS: "1", JAEGO_REAPER_AIM: aim }, [
    "--import",
    join(ROOT, "test/support/thread-reaper.ts"),
  ])
  const product = await Trade.create(service, 100_000)
  const crowd = Trade.crowd(service, [product])
  for (let death = 1; death <= 2; death++) {
    await until("facts leave", async () => (await service.metric("jaego_relaying")) === 1)
    const before = crowd.acknowledged.size
    await until("business goes on", () => crowd.acknowledged.size >= before + 100)
    service.process.signalAlone("SIGUSR2")
    await until("it is counted", async () => (await service.metric("jaego_facts_thread_deaths_total")) === death)
  }
  const before = crowd.acknowledged.size
  await until("business goes on", () => crowd.acknowledged.size >= before + 100)
  await crowd.leave()
  expect([...crowd.refused.keys()]).toEqual([])
  await until("everything has left", async () => (await behind(database)) === 0)
  await isTold(service, await buyOne(service, product))
  expect(service.process.stdout + service.process.stderr).toContain("the facts thread died and is replaced")
  await service.stop()
  await Trade.verify(database)
  rmSync(folder, { recursive: true, force: true })
})

it("of two processes one brings the facts out, and the other when that one is killed or loses its session", async () => {
  const database = await freshDatabase()
  const env = { DATABASE_URL: database, WORKERS: "1" }
  const relays = async (service: Service) => (await service.metric("jaego_relaying")) === 1
  const first = await start(env)
  await until("the first relays", () => relays(first))
  const second = await start(env)
  const product = await Trade.create(first, 1_000)
  await isTold(first, await buyOne(first, product))
  expect(await relays(second)).toBe(false)

  await query(
    database,
    `select pg_terminate_backend(a.pid, 5000) from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and a.application_name = 'jaego relay'`,
  )
  // Either may be first; the orders of the one leave through the other, too.
  await isTold(first, await buyOne(first, product))
  await until("one of them relays again", async () => (await relays(first)) !== (await relays(second)))

  await first.kill()
  await until("the second decides", async () => (await second.get("/readyz")).status === 200)
  await isTold(second, await buyOne(second, product))
  expect(await relays(second)).toBe(true)
  await second.stop()
  expect(await behind(database)).toBe(0)
})

it("a process that is asked to leave facts alone does so, and another brings them out", async () => {
  const database = await freshDatabase()
  const seller = await start({ DATABASE_URL: database, WORKERS: "1", FACTS: "off" })
  const product = await Trade.create(seller, 1_000)
  const order = await buyOne(seller, product)
  expect(await behind(database)).toBeGreaterThan(0)
  const other = await start({ DATABASE_URL: database, WORKERS: "1" })
  await isTold(seller, order)
  await until("everything has left", async () => (await behind(database)) === 0)
  expect(await seller.metric("jaego_relaying")).toBe(0)
  await seller.stop()
  await other.stop()
})

it("with no database the whole life of an order happens all the same", async () => {
  const service = await start({ STORE: "memory", SHIPPING_AFTER_SECONDS: "0" })
  const product = await Trade.create(service, 10)
  const order = await buyOne(service, product)
  await isTold(service, order)
  await until("it is shipped", async () => (await typesOf(service, order)).includes("jaego.order.shipped.v1"))
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})
