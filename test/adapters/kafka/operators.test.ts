/**
 * Kafka as operators run it: topics that the broker packs, that take less than we send, that forget, that were made by hand or made
 * anew, and that other shops use as well. Each test has topics of its own.
 */
import { type AddressInfo, connect, createServer } from "node:net"
import { Effect, Logger } from "effect"
import { type Admin, CompressionCodecs, CompressionTypes, Kafka } from "kafkajs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Options } from "../../../src/adapters/kafka/client.ts"
import * as KafkaStream from "../../../src/adapters/kafka/stream.ts"
import * as Topics from "../../../src/adapters/kafka/topics.ts"
import * as CloudEvent from "../../../src/ports/cloud-event.ts"
import { type Delivery, EventSource, EventStream, type Handler } from "../../../src/ports/event-stream.ts"
import { type Event, ORDERS, STOCK } from "../../../src/ports/events.ts"
import { Listener, Story } from "../../contracts/event-stream.ts"
import { brokers, firstMessage, isMissing } from "../../support/kafka.ts"
import { freshId } from "../../support/scribe.ts"
import { until } from "../../support/service.ts"

describe.skipIf(isMissing)("over a real broker", () => {
  let kafka: Kafka
  let admin: Admin
  let found: ReadonlyArray<string>

  beforeAll(async () => {
    found = (await brokers()).split(",")
    kafka = new Kafka({ brokers: [...found], logCreator: () => () => {} })
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(() => admin?.disconnect())

  const shop = (more: Partial<Options> = {}): Options => ({
    brokers: found,
    prefix: `${freshId()}.`,
    partitions: 2,
    replication: 1,
    ...more,
  })

  /** Runs it, and returns what was logged. */
  const over = async (options: Options, program: Effect.Effect<unknown, unknown, EventStream | EventSource>) => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    await program.pipe(
      Effect.provide(KafkaStream.layer(options)),
      Effect.provide(Logger.layer([logger])),
      Effect.runPromise,
    )
    return lines
  }

  const publish = (events: ReadonlyArray<Event>) => EventStream.use((stream) => stream.publish(events))

  /** Listens until it has heard so many of the key. */
  const hear = (listener: Listener, key: string, count: number, more: Partial<Handler> = {}) =>
    EventSource.use((source) =>
      Effect.raceFirst(source.consume({ ...listener.handler(), ...more }), listener.until(key, count)),
    )

  /** As an operator makes it, before we come. */
  const made = (topic: string, settings: Readonly<Record<string, string>>, partitions = 2) =>
    Effect.promise(() =>
      admin.createTopics({
        topics: [
          {
            topic,
            numPartitions: partitions,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    )

  /** What a topic takes whose `max.message.bytes` an operator has set lower than ours. */
  const SMALL = { "max.message.bytes": "9000" }

  const bulky = (story: Story, length: number, characters: number): ReadonlyArray<Event> =>
    story.chapter(length).map((event) => ({
      ...event,
      data: JSON.stringify({ version: event.version, status: "paid", lines: ["x".repeat(characters)] }),
    }))

  const values = (listener: Listener, key: string) => listener.of(key).map(({ delivery }) => delivery.value)

  type Codec = { readonly decompress: (packed: Buffer) => Promise<Buffer> }
  const codecs: Record<number, () => Codec> = CompressionCodecs

  /** While it lasts, the codec does this. */
  const replaced = <A, E, R>(type: number, codec: (honest: Codec) => Codec, during: Effect.Effect<A, E, R>) => {
    const honest = codecs[type]!
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        codecs[type] = () => codec(honest())
      }),
      () => during,
      () =>
        Effect.sync(() => {
          codecs[type] = honest
        }),
    )
  }

  it.each([
    ["gzip", CompressionTypes.GZIP],
    ["lz4", CompressionTypes.LZ4],
    ["zstd", CompressionTypes.ZSTD],
    ["snappy", CompressionTypes.Snappy],
  ] as const)("a topic that the broker packs with %s is read", async (name, type) => {
    const options = shop()
    const story = new Story()
    // Long enough for several blocks of any codec.
    const events = bulky(story, 400, 700)
    const listener = new Listener([ORDERS])
    let unpacked = 0
    const counting = (honest: Codec): Codec => ({
      decompress: (packed) => {
        unpacked++
        return honest.decompress(packed)
      },
    })
    const program = Effect.gen(function* () {
      yield* made(Topics.nameOf(options, ORDERS), { "compression.type": name })
      yield* publish(events)
      yield* hear(listener, story.key, events.length)
    })
    await over(options, replaced(type, counting, program))
    expect(values(listener, story.key)).toEqual(events.map(CloudEvent.encode))
    expect(unpacked).toBeGreaterThan(0)
  })

  it("a topic that cannot be read is logged, again and again, and is read once it can be", async () => {
    const options = shop()
    const story = new Story()
    const events = bulky(story, 50, 200)
    const listener = new Listener([ORDERS])
    const lost = () => listener.notices.filter(({ _tag }) => _tag === "Lost")
    const broken = (honest: Codec): Codec => ({
      decompress: (packed) =>
        lost().length < 3 ? Promise.reject(new Error("a codec that is not known")) : honest.decompress(packed),
    })
    const program = Effect.gen(function* () {
      yield* made(Topics.nameOf(options, ORDERS), { "compression.type": "zstd" })
      yield* publish(events)
      yield* hear(listener, story.key, events.length)
    })
    const lines = await over(options, replaced(CompressionTypes.ZSTD, broken, program))
    expect(lost()).toHaveLength(3)
    expect(lost()[0]).toMatchObject({ detail: expect.stringContaining("a codec that is not known") })
    expect(lines.filter((line) => line.includes("has lost its stream"))).toHaveLength(1)
    expect(listener.notices.at(-1)).toEqual({ _tag: "Flowing" })
  })

  it("a topic that takes less than we send at once is given less, in order", async () => {
    const options = shop()
    const story = new Story()
    const first = story.chapter(1)
    const events = bulky(story, 500, 300)
    const stock = new Story(STOCK)
    const listener = new Listener([ORDERS])
    const stocks = new Listener([STOCK])
    await over(
      options,
      Effect.gen(function* () {
        yield* made(Topics.nameOf(options, ORDERS), SMALL)
        yield* publish(first)
        yield* publish([...events, ...stock.chapter(3)])
        yield* hear(listener, story.key, first.length + events.length)
        yield* hear(stocks, stock.key, 3)
      }),
    )
    const ids = [...new Set(values(listener, story.key))]
    expect(ids).toEqual([...first, ...events].map(CloudEvent.encode))
  })

  it("an order that is larger than its topic takes leaves without its lines, and that is logged", async () => {
    const options = shop()
    const story = new Story()
    const [before] = story.chapter(1)
    const [large] = bulky(story, 1, 20_000)
    const after = story.chapter(2)
    const listener = new Listener([ORDERS])
    const lines = await over(
      options,
      Effect.gen(function* () {
        yield* made(Topics.nameOf(options, ORDERS), SMALL)
        yield* publish([before!])
        yield* publish([large!, ...after])
        yield* hear(listener, story.key, 4)
      }),
    )
    const [, published, ...rest] = [...new Set(values(listener, story.key))].map((text) => JSON.parse(text))
    expect(published.id).toBe(large!.id)
    expect(published.data).toEqual({ version: 2, status: "paid", linesOmitted: 1 })
    expect(rest.map(({ data }) => data.version)).toEqual([3, 4])
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`event ${large!.id} .*max.message.bytes`)))
  })

  it("a fact that is larger than its topic takes, and has no lines to leave out, is not passed over", async () => {
    const options = shop()
    const [event] = new Story(STOCK).chapter(1)
    const large = { ...event!, data: JSON.stringify({ version: 1, reason: "x".repeat(20_000) }) }
    let failure: unknown
    await over(
      options,
      Effect.gen(function* () {
        yield* made(Topics.nameOf(options, STOCK), SMALL)
        yield* publish([event!])
        failure = yield* Effect.flip(publish([large]))
      }),
    )
    expect(failure).toMatchObject({ _tag: "StreamDown", detail: expect.stringContaining("max.message.bytes") })
  })

  it("a dead letter that is larger than its topic takes comes without its text", async () => {
    const options = shop()
    const topic = Topics.deadLetterTopicOf(options, ORDERS)
    const key = freshId()
    const delivery: Delivery = {
      topic: ORDERS,
      offset: 7,
      key,
      value: "x".repeat(20_000),
      headers: { more: "y".repeat(9_000) },
    }
    await over(
      options,
      Effect.gen(function* () {
        yield* made(topic, SMALL)
        const { bury } = yield* EventSource
        yield* bury([{ consumer: "shipping", source: "kafka/c/t/0", delivery, error: "no sense", attempts: 1 }])
      }),
    )
    const message = await firstMessage(kafka, topic, key)
    expect(message.value?.toString() ?? "").toBe("")
    expect(Object.keys(message.headers!)).not.toContain("more")
    expect(String(message.headers!["dlq-value-bytes"])).toBe("20000")
    expect(String(message.headers!["dlq-offset"])).toBe("7")
  })

  it("what was deleted before a consumer came to it is logged, and what is there still comes", async () => {
    const options = shop({ partitions: 1 })
    const story = new Story()
    const listener = new Listener([ORDERS])
    await over(
      options,
      Effect.gen(function* () {
        yield* publish(story.chapter(10))
        yield* hear(listener, story.key, 10)
        listener.heard.length = 0
        const [source] = [...listener.positions.keys()]
        listener.positions.set(source!, 2)
        const topic = Topics.nameOf(options, ORDERS)
        yield* Effect.promise(async () => {
          // It has to know the topic's leaders first.
          await admin.fetchTopicOffsets(topic)
          await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "6" }] })
        })
        yield* hear(listener, story.key, 4)
        expect(listener.notices).toContainEqual({ _tag: "Jumped", source, from: 2, to: 6 })
      }),
    )
    expect(listener.of(story.key).map(({ delivery }) => delivery.offset)).toEqual([6, 7, 8, 9])
  })

  it("a topic that was deleted and made anew while a consumer was away is read from its beginning", async () => {
    const options = shop({ partitions: 1 })
    const [old, fresh] = [new Story(), new Story()]
    const listener = new Listener([ORDERS])
    await over(options, Effect.andThen(publish(old.chapter(2)), hear(listener, old.key, 2)))
    await admin.deleteTopics({ topics: [Topics.nameOf(options, ORDERS)] })
    await until("the topic has gone", async () => !(await admin.listTopics()).includes(Topics.nameOf(options, ORDERS)))
    // More than the old one had: its position lies inside of the new one.
    await over(options, Effect.andThen(publish(fresh.chapter(5)), hear(listener, fresh.key, 5)))
    expect(listener.of(fresh.key).map(({ delivery }) => delivery.offset)).toEqual([0, 1, 2, 3, 4])
    expect(new Set(listener.heard.map(({ source }) => source)).size).toBe(2)
    expect(listener.heard[0]!.source).toMatch(/^kafka\/[^/]+\/[^/]+jaego\.orders@[A-Za-z0-9_-]{22}\/0$/)
  })

  it("two shops on the same topics are each given everything", async () => {
    const options = shop({ partitions: 4 })
    const stories = Array.from({ length: 8 }, () => new Story())
    const listeners = ["one", "two"].map(
      (name) => [new Listener([ORDERS]), { consumer: "shipping", shop: name }] as const,
    )
    await over(
      options,
      Effect.gen(function* () {
        yield* publish(stories.flatMap((story) => story.chapter(2)))
        yield* Effect.forEach(
          listeners,
          ([listener, more]) =>
            EventSource.use((source) =>
              Effect.raceFirst(
                source.consume({ ...listener.handler(), ...more }),
                Effect.forEach(stories, ({ key }) => listener.until(key, 2), { concurrency: "unbounded" }),
              ),
            ),
          { concurrency: "unbounded" },
        )
      }),
    )
    for (const [listener] of listeners) expect(new Set(listener.heard.map(({ delivery }) => delivery.key)).size).toBe(8)
  })

  it("shops with prefixes have topics and groups of their own", async () => {
    const [one, two] = [shop(), shop()]
    const story = new Story()
    await over(one, publish(story.chapter(1)))
    const listener = new Listener([ORDERS])
    await over(two, publish(new Story().chapter(1)))
    await over(one, hear(listener, story.key, 1))
    const topics = await admin.listTopics()
    for (const { prefix } of [one, two])
      for (const topic of ["jaego.orders", "jaego.orders.dlq", "jaego.stock", "jaego.stock.dlq"])
        expect(topics).toContain(prefix + topic)
    const { groups } = await admin.listGroups()
    const ours = groups.filter(({ groupId }) => groupId.includes(listener.consumer))
    expect(ours.map(({ groupId }) => groupId.startsWith(`${one.prefix}jaego-`))).toEqual([true])
  })

  it("topics that were made by hand in a way that costs something are logged", async () => {
    const options = shop({ partitions: 6 })
    const story = new Story()
    const listener = new Listener([ORDERS])
    const lines = await over(
      options,
      Effect.gen(function* () {
        yield* made(Topics.nameOf(options, ORDERS), { "cleanup.policy": "compact" }, 1)
        yield* publish(story.chapter(3))
        yield* hear(listener, story.key, 3)
      }),
    )
    expect(lines).toContainEqual(expect.stringMatching(/jaego\.orders is compacted/))
    expect(lines).toContainEqual(expect.stringMatching(/jaego\.orders has 1 partitions, fewer than KAFKA_PARTITIONS=6/))
    expect(lines.some((line) => line.includes("jaego.stock"))).toBe(false)
  })

  it("a broker is reached at an IPv6 address", async ({ skip }) => {
    const target = Number(found[0]!.split(":").at(-1))
    const proxy = createServer((client) => {
      const broker = connect(target, "127.0.0.1")
      client.on("error", () => broker.destroy()).pipe(broker)
      broker.on("error", () => client.destroy()).pipe(client)
    })
    const isThere = await new Promise<boolean>((resolve) => {
      proxy.once("error", () => resolve(false))
      proxy.listen(0, "::1", () => resolve(true))
    })
    if (!isThere) {
      if (process.env["CI"] === "true") throw new Error("NOT TESTED: IPv6, because this machine has no ::1")
      console.warn("NOT TESTED: IPv6, because this machine has no ::1")
      return skip()
    }
    let connections = 0
    proxy.on("connection", () => connections++)
    const story = new Story()
    const listener = new Listener([ORDERS])
    const options = shop({ brokers: [`[::1]:${(proxy.address() as AddressInfo).port}`] })
    await over(options, Effect.andThen(publish(story.chapter(1)), hear(listener, story.key, 1)))
    expect(connections).toBeGreaterThan(0)
    proxy.close()
  })
})
