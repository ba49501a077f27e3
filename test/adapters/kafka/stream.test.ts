/** What only Kafka can do to a stream: groups that have committed, topics that do not reach, batches that are too large. */
import { Effect, type Layer } from "effect"
import { type Admin, Kafka } from "kafkajs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { groupOf } from "../../../src/adapters/kafka/source.ts"
import * as KafkaStream from "../../../src/adapters/kafka/stream.ts"
import * as Topics from "../../../src/adapters/kafka/topics.ts"
import * as CloudEvent from "../../../src/ports/cloud-event.ts"
import { type DeadLetter, EventSource, EventStream, type Handler } from "../../../src/ports/event-stream.ts"
import { type Event, ORDERS } from "../../../src/ports/events.ts"
import { Listener, SHOP, Story } from "../../contracts/event-stream.ts"
import { brokers, firstMessage, isMissing } from "../../support/kafka.ts"
import { freshId } from "../../support/scribe.ts"

describe.skipIf(isMissing)("over a real broker, the stream", () => {
  let kafka: Kafka
  let admin: Admin
  let layer: Layer.Layer<EventStream | EventSource>

  beforeAll(async () => {
    const found = (await brokers()).split(",")
    kafka = new Kafka({ brokers: found, logCreator: () => () => {} })
    admin = kafka.admin()
    await admin.connect()
    layer = KafkaStream.layer({ brokers: found, prefix: "", partitions: 4, replication: 1 })
  })
  afterAll(() => admin?.disconnect())

  const over = <A>(program: Effect.Effect<A, unknown, EventStream | EventSource>): Promise<A> =>
    Effect.runPromise(Effect.provide(program, layer))

  const publish = (events: ReadonlyArray<Event>) => EventStream.use((stream) => stream.publish(events))

  /** Listens until it has heard so many of the key. */
  const hear = (listener: Listener, key: string, count: number, handler: Handler = listener.handler()) =>
    EventSource.use((source) => Effect.raceFirst(source.consume(handler), listener.until(key, count)))

  it("takes far more of one key than a batch may hold, in order, whatever script it is in", async () => {
    const story = new Story()
    const events = story.chapter(3_000).map((event) => {
      const data = JSON.stringify({ version: event.version, reason: "заказ 注文 🧺 ".repeat(20) })
      return { ...event, data }
    })
    const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(CloudEvent.encode(event)), 0)
    expect(bytes).toBeGreaterThan(2 * 1024 * 1024)
    const listener = new Listener([ORDERS])
    await over(Effect.andThen(publish(events), hear(listener, story.key, events.length)))
    expect(listener.of(story.key).map(({ delivery }) => delivery.value)).toEqual(events.map(CloudEvent.encode))
    expect(listener.of(story.key)[0]!.delivery.headers).toEqual({ "content-type": CloudEvent.CONTENT_TYPE })
  })

  it("is heard from the beginning by one that has no position, though its group has committed", async () => {
    const story = new Story()
    const first = new Listener([ORDERS])
    const committed = async () => {
      const { delivery, source } = first.of(story.key).at(-1)!
      const [topic] = await admin.fetchOffsets({
        groupId: groupOf({ prefix: "" }, { consumer: first.consumer, shop: SHOP }),
        topics: [ORDERS],
      })
      const ofSource = topic!.partitions.find(({ partition }) => source.endsWith(`/${partition}`))
      return ofSource!.offset === String(delivery.offset + 1)
    }
    const waits = Effect.gen(function* () {
      yield* first.until(story.key, 3)
      while (!(yield* Effect.promise(committed))) yield* Effect.sleep("100 millis")
    })
    await over(
      Effect.gen(function* () {
        yield* publish(story.chapter(3))
        yield* EventSource.use((source) => Effect.raceFirst(source.consume(first.handler()), waits))
        const again = new Listener([ORDERS])
        yield* hear(again, story.key, 3, { ...again.handler(), consumer: first.consumer })
        expect(again.ids(story.key)).toEqual(first.ids(story.key))
      }),
    )
  })

  it("is heard from the beginning by one whose position the topic does not reach, and that is logged", async () => {
    const story = new Story()
    const listener = new Listener([ORDERS])
    await over(
      Effect.andThen(
        publish(story.chapter(3)),
        hear(listener, story.key, 3, { ...listener.handler(), position: () => Effect.succeed(1_000_000_000) }),
      ),
    )
    expect(listener.ids(story.key)).toHaveLength(3)
    expect(listener.notices).toContainEqual(expect.objectContaining({ _tag: "Jumped", from: 1_000_000_000 }))
  })

  it("comes back to a consumer whose handler broke down", async () => {
    const story = new Story()
    let breakdowns = 0
    const listener = new Listener([ORDERS], ({ deliveries }) =>
      deliveries.some(({ key }) => key === story.key) && ++breakdowns === 1
        ? Effect.die(new Error("the handler has a bug"))
        : Effect.void,
    )
    await over(Effect.andThen(publish(story.chapter(2)), hear(listener, story.key, 2)))
    expect(listener.ids(story.key)).toHaveLength(2)
    expect(breakdowns).toBeGreaterThan(1)
  })

  it("buries dead letters as they came, with where from, for whom and why", async () => {
    const letter: DeadLetter = {
      consumer: "shipping",
      source: `kafka/cluster/${ORDERS}/3`,
      delivery: {
        topic: ORDERS,
        offset: 42,
        key: freshId(),
        value: "no sense at all",
        headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
      },
      error: "not a CloudEvent: заказ",
      attempts: 3,
    }
    await over(EventSource.use((source) => source.bury([letter])))
    const message = await firstMessage(kafka, Topics.deadLetterTopicOf({ prefix: "" }, ORDERS), letter.delivery.key)
    expect(message.value!.toString()).toBe("no sense at all")
    expect(Object.fromEntries(Object.entries(message.headers!).map(([name, value]) => [name, String(value)]))).toEqual({
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "dlq-consumer": "shipping",
      "dlq-source": `kafka/cluster/${ORDERS}/3`,
      "dlq-topic": ORDERS,
      "dlq-offset": "42",
      "dlq-error": "not a CloudEvent: заказ",
      "dlq-attempts": "3",
      "dlq-trace-id": "0af7651916cd43dd8448eb211c80319c",
    })
  })
})
