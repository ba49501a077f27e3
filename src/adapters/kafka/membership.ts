/**
 * What one consumer does with the partitions its group gives it: begins each where the handler's own position says, hands
 * over batch after batch, and lets go of all of them when the group changes.
 *
 *     joined -> places looked up, sought -> eachBatch ... -> joined (interrupted, looked up again) -> ...
 *
 * Law: one batch of a source at a time, each beginning exactly where the last one ended. The group's heart beats while a
 * batch is handled, however long that takes.
 */
import { Cause, type Effect, Exit } from "effect"
import type { Admin, Consumer, EachBatchPayload, KafkaMessage } from "kafkajs"
import type { Delivery, Handler } from "../../ports/event-stream.ts"
import type { Topic } from "../../ports/events.ts"

export const HEARTBEAT_MS = 1_000

/** Offsets that hold no message of ours (another's transactions) look like a batch from the wrong place, every time. */
const STRAYS_MAX = 2

interface Place {
  readonly topic: Topic
  /** The topic as the broker knows it. */
  readonly name: string
  readonly partition: number
  readonly source: string
  /** Where the next batch has to begin. */
  next: number
  /** Batches in a row that began elsewhere. */
  strays: number
}

class Interrupted extends Error {}

export interface Surroundings {
  readonly admin: Admin
  readonly consumer: Consumer
  readonly handler: Handler
  /** Of the topics, as the broker knows them: what they are to us, and what their partitions are called for ever. */
  readonly topics: ReadonlyMap<string, { readonly topic: Topic; readonly source: string }>
  readonly run: <A>(effect: Effect.Effect<A>, options: { readonly signal: AbortSignal }) => Promise<Exit.Exit<A>>
  /** The session is over. */
  readonly fail: (error: unknown) => void
}

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`

const headersOf = ({ headers = {} }: KafkaMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const deliveryOf = (topic: Topic, message: KafkaMessage): Delivery => ({
  topic,
  offset: Number(message.offset),
  key: message.key?.toString() ?? "",
  value: message.value?.toString() ?? "",
  headers: headersOf(message),
})

/** Ends as `promise` does, or as soon as the group says that this member is out. */
const beating = <A>(promise: Promise<A>, heartbeat: () => Promise<void>): Promise<A> => {
  const { promise: end, reject, resolve } = Promise.withResolvers<A>()
  const timer = setInterval(() => void heartbeat().catch(reject), HEARTBEAT_MS)
  promise.then(resolve, reject)
  return end.finally(() => clearInterval(timer))
}

export class Membership {
  readonly #around: Surroundings
  #places: Promise<ReadonlyMap<string, Place>> = Promise.resolve(new Map())
  /** What is being handled or looked up. */
  readonly #running = new Map<AbortController, Promise<unknown>>()
  /** What has been handled and was not committed to the group. */
  readonly #uncommitted = new Map<string, Place>()
  #state: "open" | "closed" = "open"

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** The group has given us these. */
  joined(assignment: Readonly<Record<string, ReadonlyArray<number>>>): void {
    const before = this.#places
    this.#uncommitted.clear()
    this.#places = before.then(() => this.#take(assignment))
    this.#places.catch(this.#around.fail)
  }

  async #take(assignment: Readonly<Record<string, ReadonlyArray<number>>>): Promise<ReadonlyMap<string, Place>> {
    await this.interrupt()
    const { topics } = this.#around
    const places = Object.entries(assignment).flatMap(([name, partitions]) => {
      const known = topics.get(name)
      if (known === undefined) return []
      return partitions.map((partition): Place => {
        const source = `${known.source}/${partition}`
        return { topic: known.topic, name, partition, source, next: 0, strays: 0 }
      })
    })
    await this.#seek(places)
    return new Map(places.map((place) => [nameOf(place.name, place.partition), place]))
  }

  /**
   * From the handler's position; from the oldest message when it has none. One that the topic no longer keeps, or does not
   * reach, is noticed.
   */
  async #seek(places: ReadonlyArray<Place>): Promise<void> {
    const { admin, consumer, handler } = this.#around
    for (const [topic, each] of Map.groupBy(places, (place) => place.name)) {
      const kept = new Map((await admin.fetchTopicOffsets(topic)).map((offsets) => [offsets.partition, offsets]))
      await Promise.all(
        each.map(async (place) => {
          const { partition, source } = place
          const position = await this.#run(handler.position(source))
          const { high, low } = kept.get(partition) ?? { high: "0", low: "0" }
          const isKept = position !== null && position >= Number(low) && position <= Number(high)
          place.next = isKept ? position : Number(low)
          if (position !== null && !isKept)
            await this.#run(handler.notice({ _tag: "Jumped", source, from: position, to: place.next }))
          consumer.seek({ topic, partition, offset: String(place.next) })
        }),
      )
    }
  }

  async #run<A>(effect: Effect.Effect<A>): Promise<A> {
    const controller = new AbortController()
    const { signal } = controller
    // It begins in a turn of its own: what its first step wakes may close us at once, and has to find it here.
    const running = Promise.resolve().then(() =>
      signal.aborted ? Exit.interrupt() : this.#around.run(effect, { signal }),
    )
    this.#running.set(controller, running)
    try {
      const exit = await running
      if (exit._tag === "Success") return exit.value
      throw Cause.hasInterruptsOnly(exit.cause) ? new Interrupted() : Cause.squash(exit.cause)
    } finally {
      this.#running.delete(controller)
    }
  }

  /** Whatever is handled or looked up now; done when it has ended. */
  async interrupt(): Promise<void> {
    for (const controller of this.#running.keys()) controller.abort()
    await Promise.allSettled(this.#running.values())
  }

  /** Nothing is handled any more. */
  async close(): Promise<void> {
    this.#state = "closed"
    await this.interrupt()
  }

  async eachBatch({ batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const places = await beating(this.#places, heartbeat)
    const place = places.get(nameOf(batch.topic, batch.partition))
    // It was fetched before the place was known.
    if (place === undefined || isStale() || !isRunning() || this.#state === "closed") return
    const { fetchedOffset } = batch as unknown as { readonly fetchedOffset: string }
    if (Number(fetchedOffset) !== place.next && place.strays < STRAYS_MAX) {
      place.strays++
      return await beating(this.#seek([place]), heartbeat)
    }
    place.strays = 0
    const deliveries = batch.messages.map((message) => deliveryOf(place.topic, message))
    await this.#handle(place, deliveries, heartbeat)
    place.next = Number(batch.lastOffset()) + 1
    resolveOffset(batch.lastOffset())
    this.#uncommitted.set(place.source, place)
  }

  async #handle({ source }: Place, deliveries: ReadonlyArray<Delivery>, heartbeat: () => Promise<void>): Promise<void> {
    const handling = this.#run(this.#around.handler.handle({ source, deliveries })).then(
      () => null,
      (error: unknown) => ({ error }),
    )
    const end = await beating(handling, heartbeat).catch(async (out) => {
      // No handler may be at it when the partition is another member's.
      await this.interrupt()
      throw out
    })
    if (end === null) return
    if (!(end.error instanceof Interrupted)) this.#around.fail(end.error)
    throw end.error
  }

  /** Reports to the group how far we are, for monitoring; a failure has no consequence. */
  async commit(): Promise<void> {
    const places = [...this.#uncommitted.values()]
    this.#uncommitted.clear()
    if (places.length === 0) return
    const offsets = places.map(({ name, next, partition }) => ({ topic: name, partition, offset: String(next) }))
    await this.#around.consumer.commitOffsets(offsets).catch(() => undefined)
  }
}
