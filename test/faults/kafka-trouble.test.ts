/**
 * Kafka killed and started again under load, answers lost on their way, a request that arrives late, groups that change:
 * nothing is lost, and the first occurrences of each key's facts are in order.
 */
import { Effect, Fiber, type Layer, Ref, Schedule } from "effect"
import { type Admin, Kafka } from "kafkajs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as KafkaStream from "../../src/adapters/kafka/stream.ts"
import { EventSource, EventStream } from "../../src/ports/event-stream.ts"
import { type Event, ORDERS, STOCK } from "../../src/ports/events.ts"
import { Listener, Story } from "../contracts/event-stream.ts"
import { isMissing } from "../support/kafka.ts"
import * as KafkaBroker from "../support/kafka-broker.ts"
import * as KafkaProxy from "../support/kafka-proxy.ts"

const PARTITIONS = 3

describe.skipIf(isMissing)("a stream over a Kafka in trouble", () => {
  let proxy: KafkaProxy.KafkaProxy
  let broker: KafkaBroker.Broker
  let layer: Layer.Layer<EventStream | EventSource>

  beforeAll(async () => {
    proxy = await KafkaProxy.start()
    broker = await KafkaBroker.create(proxy.port)
    proxy.target = broker.port
    layer = KafkaStream.layer({
      brokers: [`127.0.0.1:${proxy.port}`],
      prefix: "",
      partitions: PARTITIONS,
      replication: 1,
    })
  })
  afterAll(async () => {
    await proxy?.close()
    await broker?.close()
  })

  const over = <A>(program: Effect.Effect<A, unknown, EventStream | EventSource>): Promise<A> =>
    Effect.runPromise(Effect.provide(program, layer))

  const publish = (events: ReadonlyArray<Event>) => EventStream.use((stream) => stream.publish(events))

  /** As the relay does: the same again until it is there. */
  const relay = (events: ReadonlyArray<Event>) => publish(events).pipe(Effect.retry(Schedule.spaced("100 millis")))

  const consume = (listener: Listener) =>
    Effect.forkChild(EventSource.use((source) => source.consume(listener.handler())))

  const asAdmin = async <A>(use: (admin: Admin) => Promise<A>): Promise<A> => {
    const admin = new Kafka({ brokers: [`127.0.0.1:${proxy.port}`], logCreator: () => () => {} }).admin()
    await admin.connect()
    try {
      return await use(admin)
    } finally {
      await admin.disconnect()
    }
  }

  it("waits for a broker that is not there yet, and goes on when it is killed under load and started again", async () => {
    const stories = Array.from({ length: 8 }, (_, index) => new Story(index % 2 === 0 ? ORDERS : STOCK))
    const listener = new Listener([ORDERS, STOCK])
    const published = new Map<string, Array<string>>(stories.map(({ key }) => [key, []]))
    await over(
      Effect.gen(function* () {
        yield* consume(listener)
        const goesOn = yield* Ref.make(true)
        let refusals = 0
        const load = Effect.gen(function* () {
          while (yield* Ref.get(goesOn)) {
            const events = stories.flatMap((story) => story.chapter(5))
            yield* publish(events).pipe(
              Effect.tapError(() => Effect.sync(() => refusals++)),
              Effect.retry(Schedule.spaced("100 millis")),
            )
            for (const { id, key } of events) published.get(key)!.push(id)
            yield* Effect.sleep("5 millis")
          }
        })
        const loading = yield* Effect.forkChild(load)
        const count = (key: string) => published.get(key)!.length
        const until = (done: () => boolean) =>
          Effect.gen(function* () {
            while (!done()) yield* Effect.sleep("20 millis")
          })

        yield* until(() => refusals > 0)
        yield* Effect.promise(() => broker.start())
        const [{ key }] = stories as [Story]
        yield* listener.until(key, count(key) + 20)
        const before = refusals
        yield* Effect.promise(() => broker.kill())
        yield* until(() => refusals > before)
        yield* Effect.promise(() => broker.start())
        yield* listener.until(key, count(key) + 20)
        yield* Ref.set(goesOn, false)
        yield* Fiber.join(loading)
        for (const story of stories) yield* listener.until(story.key, count(story.key))
      }),
    )
    for (const { key } of stories) expect(listener.ids(key)).toEqual(published.get(key))
  })

  it("has made its topics as it was asked to, and takes them as they are afterwards", async () => {
    const other = KafkaStream.layer({
      prefix: "",
      brokers: [`127.0.0.1:${proxy.port}`],
      partitions: PARTITIONS + 2,
      replication: 1,
    })
    await Effect.runPromise(Effect.provide(publish([new Story().next()]), other))
    const { topics } = await asAdmin((admin) => admin.fetchTopicMetadata())
    const ours = topics.filter(({ name }) => name.startsWith("jaego."))
    expect(ours.map(({ name, partitions }) => [name, partitions.length]).sort()).toEqual([
      ["jaego.orders", PARTITIONS],
      ["jaego.orders.dlq", PARTITIONS],
      ["jaego.products", PARTITIONS],
      ["jaego.products.dlq", PARTITIONS],
      ["jaego.stock", PARTITIONS],
      ["jaego.stock.dlq", PARTITIONS],
    ])
  })

  it("is published again when the answer is lost: everything twice, and in order", async () => {
    const story = new Story()
    const listener = new Listener([ORDERS])
    const first = story.chapter(3)
    await over(
      Effect.gen(function* () {
        yield* relay([new Story().next()])
        const lost = proxy.loseAnswer(KafkaProxy.PRODUCE)
        expect(yield* Effect.flip(publish(first))).toMatchObject({ _tag: "StreamDown" })
        yield* Effect.promise(() => lost)
        yield* relay([...first, ...story.chapter(2)])
        yield* consume(listener)
        yield* listener.until(story.key, 5)
      }),
    )
    const heard = listener.of(story.key).map(({ delivery }) => JSON.parse(delivery.value).data.version)
    expect(heard).toEqual([1, 2, 3, 1, 2, 3, 4, 5])
  })

  it("may say something again late, when a request was long on its way: never for the first time", async () => {
    const story = new Story()
    const listener = new Listener([ORDERS])
    const first = story.chapter(2)
    await over(
      Effect.gen(function* () {
        yield* relay([new Story().next()])
        const holding = proxy.holdRequest(KafkaProxy.PRODUCE)
        expect(yield* Effect.flip(publish(first))).toMatchObject({ _tag: "StreamDown" })
        const late = yield* Effect.promise(() => holding)
        yield* relay(first)
        yield* relay(story.chapter(2))
        late.release()
        yield* consume(listener)
        yield* listener.until(story.key, 4)
        // The late ones are there, too, before what is published from here on.
        while (listener.of(story.key).length < 6) yield* Effect.sleep("20 millis")
      }),
    )
    const heard = listener.of(story.key).map(({ delivery }) => JSON.parse(delivery.value).data.version)
    expect(heard).toEqual([1, 2, 3, 4, 1, 2])
  })

  it("gives up nothing when members of a group come, go and lose their connections", async () => {
    const stories = Array.from({ length: 12 }, () => new Story())
    // Two members of one group, with one database between them: positions, and what was handled.
    const shared = new Listener([ORDERS])
    const heardBy = { one: 0, two: 0 }
    const handling = new Map<string, number>()
    let together = 0
    const member = (name: "one" | "two") => ({
      ...shared.handler(),
      handle: (deliveries: Parameters<ReturnType<Listener["handler"]>["handle"]>[0]) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const under = (handling.get(deliveries.source) ?? 0) + 1
            handling.set(deliveries.source, under)
            if (under > 1) together++
          }),
          // It takes long enough to be caught in the middle.
          () => Effect.andThen(Effect.sleep("30 millis"), shared.handler().handle(deliveries)),
          () =>
            Effect.sync(() => {
              handling.set(deliveries.source, handling.get(deliveries.source)! - 1)
              heardBy[name]++
            }),
        ),
    })
    const published = new Map<string, Array<string>>(stories.map(({ key }) => [key, []]))
    await over(
      Effect.gen(function* () {
        const goesOn = yield* Ref.make(true)
        const loading = yield* Effect.forkChild(
          Effect.gen(function* () {
            while (yield* Ref.get(goesOn)) {
              const events = stories.flatMap((story) => story.chapter(1))
              yield* relay(events)
              for (const { id, key } of events) published.get(key)!.push(id)
              yield* Effect.sleep("10 millis")
            }
          }),
        )
        const join = (name: "one" | "two") =>
          Effect.forkChild(EventSource.use((source) => source.consume(member(name))))
        const hears = (name: "one" | "two") =>
          Effect.gen(function* () {
            const before = heardBy[name]
            while (heardBy[name] < before + 5) yield* Effect.sleep("20 millis")
          })
        const one = yield* join("one")
        yield* hears("one")
        yield* join("two")
        yield* hears("two")
        yield* hears("one")
        proxy.cutAll()
        yield* hears("two")
        yield* hears("one")
        yield* Fiber.interrupt(one)
        yield* hears("two")
        yield* Ref.set(goesOn, false)
        yield* Fiber.join(loading)
        for (const { key } of stories) yield* shared.until(key, published.get(key)!.length)
      }),
    )
    for (const { key } of stories) expect(shared.ids(key)).toEqual(published.get(key))
    expect(together).toBe(0)
  })
})
