/**
 * The real service killed while its facts are on their way: whatever became of them is there once. In the process, and
 * over Kafka with a second service that takes over; stock that is rebuilt from the stream is what stands in the tables.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, type Scope } from "effect"
import { Kafka, Partitioners } from "kafkajs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as KafkaStream from "../../src/adapters/kafka/stream.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import type { Stock } from "../../src/domain/stock.ts"
import { EventSource } from "../../src/ports/event-stream.ts"
import { ORDERS } from "../../src/ports/events.ts"
import type { Parked } from "../../src/ports/inbox.ts"
import { isMissing } from "../support/kafka.ts"
import * as KafkaBroker from "../support/kafka-broker.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, run, type Service, start, until } from "../support/service.ts"
import { holding, terminate, waitingForLock } from "../support/sessions.ts"
import { StockMirror } from "../support/stock-mirror.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const on = <A, E>(url: string, effect: Effect.Effect<A, E, PgClient.PgClient | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(PostgresClient.layer(url))))

const count = (url: string, query: string): Promise<number> =>
  on(
    url,
    Effect.flatMap(PgClient.PgClient, (sql) =>
      Effect.map(sql.unsafe<{ readonly n: bigint }>(`select count(*) as n from (${query}) q`), ([row]) =>
        Number(row!.n),
      ),
    ),
  )

/** Lanes whose facts have not all left. */
const BEHIND = "select from lanes l join relay_cursors c using (lane) where c.seq <> l.seq"

/** Orders of which some change has not come back from the stream, or has twice. */
const UNTOLD = `select from orders o where array(select version from timeline t where t.order_id = o.id
  and t.version is not null order by version) <> array(select generate_series(2, o.version))`

/** Paid orders without a shipment, and shipments without a paid order. */
const MISSHIPPED = `select from orders o full join shipments s on s.order_id = o.id
  where (o.status is not distinct from 'paid') <> (s.order_id is not null)`

/** A paid order that was cancelled keeps its shipment, which is withdrawn when it is due. */
const CANCELLED = `${MISSHIPPED} and o.status is distinct from 'cancelled'`

const letters = (url: string) => count(url, "select from dead_letters where state <> 'discarded'")

/** Orders that are still being driven. */
const UNPAID = "select from orders where attempt_token is not null or refund = 'due' or elsewhere"

/** Everything has left, and everything that was to come of it has come, once. */
const settled = async (url: string, misshipped = MISSHIPPED) => {
  // What a killed service had begun to charge is charged by the next one, and that has facts too.
  await until("no payment is under way", async () => (await count(url, UNPAID)) === 0)
  await until("all facts have left", async () => (await count(url, BEHIND)) === 0)
  await until("every order's changes have come back", async () => (await count(url, UNTOLD)) === 0)
  await until("every paid order has its shipment", async () => (await count(url, misshipped)) === 0)
  expect(await letters(url)).toBe(0)
  expect(await count(url, "select from timeline")).toBeGreaterThan(0)
}

const stocksIn = (url: string): Promise<ReadonlyMap<string, Stock>> =>
  on(
    url,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const rows = yield* sql<{
        readonly id: string
        readonly on_hand: bigint
        readonly reserved: bigint
        readonly version: bigint
      }>`select product_id as id, on_hand, reserved, version from stock`
      return new Map(
        rows.map((row) => [
          row.id,
          { onHand: Number(row.on_hand), reserved: Number(row.reserved), version: Number(row.version) },
        ]),
      )
    }),
  )

const whatCameOfIt = (url: string) =>
  on(
    url,
    Effect.flatMap(PgClient.PgClient, (sql) =>
      Effect.all([sql`select * from timeline order by order_id, id`, sql`select * from shipments order by order_id`]),
    ),
  )

const tellAllAgain = (forget: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    Effect.all([sql`update relay_cursors set seq = 0`, sql`delete from consumer_positions`, sql.unsafe(forget)]),
  )

const busy = (crowd: Trade.Crowd, orders: number) =>
  until("many orders are placed", () => crowd.acknowledged.size >= orders)

const products = (service: Service) => Trade.times(3, () => Trade.create(service, 100_000))

/** The service dies while an intake of the timeline stands between what it wrote and its commit. */
const killedInAnIntake = (url: string, service: Service, productId: string, then: "rolled back" | "committed") =>
  on(
    url,
    Effect.gen(function* () {
      const lock = yield* holding("lock table timeline in exclusive mode")
      yield* Effect.promise(() => Trade.times(10, () => Trade.buy(service, productId)))
      const pid = yield* waitingForLock("jaego_take_in")
      yield* Effect.promise(() => service.kill())
      if (then === "rolled back") yield* terminate(pid)
      yield* lock.commit
    }),
  )

describe("a service that is killed while facts are on their way", () => {
  it("between the effect of an event and its commit: what was rolled back happens, what was committed not again", async () => {
    const url = await freshDatabase()
    const env = { DATABASE_URL: url, WORKERS: "1" }
    const first = await start(env)
    const [productId] = await products(first)
    await killedInAnIntake(url, first, productId!, "rolled back")
    expect(await count(url, "select from timeline")).toBe(0)
    const second = await start(env)
    await settled(url)
    const before = await count(url, "select from timeline")
    await killedInAnIntake(url, second, productId!, "committed")
    await until(
      "the dead service's intake is committed",
      async () => (await count(url, "select from timeline")) > before,
    )
    const third = await start(env)
    await settled(url)
    expect(await third.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(url)
  })

  it("again and again under load: each change of an order is entered once, and when everything is published again nothing changes", async () => {
    const url = await freshDatabase()
    const env = { DATABASE_URL: url, WORKERS: "1" }
    let ids: ReadonlyArray<string> = []
    for (const orders of [40, 90, 150]) {
      const service = await start(env)
      if (ids.length === 0) ids = await products(service)
      const crowd = Trade.crowd(service, ids)
      await busy(crowd, orders)
      await service.kill()
      await crowd.leave()
    }
    const last = await start(env)
    await settled(url)
    expect(await last.stop()).toEqual({ code: 0, signal: null })

    // Everything is published again, and nothing changes: the ids are known, and without them the versions.
    const before = await whatCameOfIt(url)
    for (const forget of ["select 1", "truncate inbox"]) {
      await on(url, tellAllAgain(forget))
      const publisher = await start(env)
      await settled(url)
      await until(
        "all was published",
        async () => (await publisher.metric("jaego_events_handled_total", "timeline")) >= 100,
      )
      expect(await publisher.metric("jaego_event_effects_total")).toBe(0)
      expect(await whatCameOfIt(url)).toEqual(before)
      expect(await publisher.stop()).toEqual({ code: 0, signal: null })
    }
  })
})

const inKafka = async <A>(brokers: string, use: (kafka: Kafka) => Promise<A>): Promise<A> =>
  use(new Kafka({ brokers: [brokers], logCreator: () => () => {} }))

/** No event, under the key of an order. */
const poison = (brokers: string, key: string) =>
  inKafka(brokers, async (kafka) => {
    const producer = kafka.producer({ createPartitioner: Partitioners.JavaCompatiblePartitioner })
    await producer.connect()
    await producer.send({ topic: ORDERS, messages: [{ key, value: "{" }] })
    await producer.disconnect()
  })

/** What lies in the dead-letter topic, as soon as so many do. */
const dead = (brokers: string, wanted: number) =>
  inKafka(brokers, async (kafka) => {
    const consumer = kafka.consumer({ groupId: "undertaker" })
    const values: Array<string> = []
    await consumer.connect()
    await consumer.subscribe({ topic: `${ORDERS}.dlq`, fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
    await until("the dead letters are in their topic", () => values.length >= wanted)
    await consumer.disconnect()
    return values
  })

describe.skipIf(isMissing)("two services over Kafka, of which the first is killed under load", () => {
  let broker: KafkaBroker.Broker
  beforeAll(async () => {
    broker = await KafkaBroker.create()
    await broker.start()
  })
  afterAll(async () => {
    await killAll()
    await broker?.close()
  })

  it("lose nothing and double nothing, and stock rebuilt from the stream is what stands in the tables", async () => {
    const url = await freshDatabase()
    const env = { DATABASE_URL: url, WORKERS: "1", KAFKA_BROKERS: broker.brokers, KAFKA_PARTITIONS: "3" }
    const first = await start(env)
    const second = await start(env)
    const ids = await products(first)
    const crowd = Trade.crowd(first, ids)
    await busy(crowd, 200)
    await first.kill()
    await crowd.leave()
    await until("the second takes over", async () => (await second.get("/readyz")).status === 200)
    const next = Trade.crowd(second, ids)
    await busy(next, 200)
    await next.leave()
    await settled(url)

    const stocks = await stocksIn(url)
    const mirror = new StockMirror()
    const kafka = KafkaStream.layer({ brokers: [broker.brokers], prefix: "", partitions: 3, replication: 1 })
    await Effect.runPromise(
      Effect.gen(function* () {
        const mirroring = yield* Effect.forkChild(EventSource.use((source) => source.consume(mirror.handler)))
        yield* Effect.timeout(mirror.until(stocks), "30 seconds")
        yield* Fiber.interrupt(mirroring)
      }).pipe(Effect.provide(kafka)),
    )
    expect(mirror.mistakes).toEqual([])
    expect(mirror.stocks).toEqual(stocks)

    const poisoned = [...next.acknowledged.keys()][0]!
    await poison(broker.brokers, poisoned)
    const cancelled = await second.post(`/v1/orders/${poisoned}/cancel`, { reason: "changed my mind" })
    expect(cancelled.status, cancelled.text).toBe(200)
    const other = await Trade.buy(second, ids[0]!)
    await until("the others go on", () =>
      count(url, `select from timeline where order_id = '${other.body.id}'`).then((entries) => entries > 0),
    )
    await until("the poisoned order's changes wait", async () => (await letters(url)) >= 3)
    const stuck = JSON.parse((await run(["dlq", "list", "--database", url, "--json"])).stdout).letters
    expect(stuck.every((each: Parked) => each.delivery.key === poisoned)).toBe(true)
    expect(
      stuck
        .filter(({ state }: Parked) => state === "poison")
        .map(({ consumer }: Parked) => consumer)
        .sort(),
    ).toEqual(["shipping", "timeline"])
    expect(await dead(broker.brokers, 2)).toEqual(["{", "{"])
    for (const { id, state } of stuck as ReadonlyArray<Parked>)
      if (state === "poison") expect((await run(["dlq", "discard", String(id), "--database", url])).code).toBe(0)
    await settled(url, CANCELLED)

    expect(await second.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(url)
  })
})
