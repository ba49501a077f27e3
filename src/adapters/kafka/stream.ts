/**
 * The event stream in Kafka: facts as CloudEvents, structured, with all replicas' word for each.
 *
 * Law: the first occurrences of a key's facts are in order. A repeat may come late: a request whose answer was lost may
 * still reach the broker after the next one; consumers let only newer versions have an effect.
 */
import { Effect, Layer } from "effect"
import * as CloudEvent from "../../ports/cloud-event.ts"
import { EventSource, EventStream } from "../../ports/event-stream.ts"
import { type Event, TOPICS, type Topic } from "../../ports/events.ts"
import * as Facts from "../../ports/facts.ts"
import type { Outgoing } from "./chunks.ts"
import type { Options } from "./client.ts"
import * as DeadLetters from "./dead-letters.ts"
import * as Line from "./line.ts"
import * as ProduceRequest from "./produce-request.ts"
import type { Words } from "./producer.ts"
import * as Source from "./source.ts"
import * as Topics from "./topics.ts"

const HEADERS = ProduceRequest.headers({ "content-type": CloudEvent.CONTENT_TYPE })

const headersOf = ({ trace }: Event): Uint8Array =>
  trace == null ? HEADERS : ProduceRequest.headers({ "content-type": CloudEvent.CONTENT_TYPE, traceparent: trace })

const outgoing = (topic: string, event: Event): Outgoing<Event> => {
  const value = CloudEvent.encode(event)
  const headers = headersOf(event)
  const bytes = ProduceRequest.bound(event.key, value, headers)
  return { topic, key: event.key, value, headers, bytes, origin: event }
}

const WORDS: Words<Event> = {
  name: ({ id, key }) => `event ${id} of ${key}`,
  smaller: (event) => {
    const data = Facts.withoutLines(event.data)
    return data === null ? null : outgoing("", { ...event, data })
  },
}

const stream = (options: Options): Layer.Layer<EventStream> => {
  const names = Object.fromEntries(TOPICS.map((topic) => [topic, Topics.nameOf(options, topic)])) as Record<
    Topic,
    string
  >
  return Layer.effect(
    EventStream,
    Effect.map(Line.make(options, WORDS), (line) => ({
      publish: (events) =>
        events.length === 0 ? Effect.void : line.send(() => events.map((event) => outgoing(names[event.topic], event))),
    })),
  )
}

const source = (options: Options): Layer.Layer<EventSource> =>
  Layer.effect(
    EventSource,
    // A line of its own: consumers never wait for the relay.
    Effect.map(Line.make(options, DeadLetters.words), (line) => ({
      consume: (handler) => Source.consume(options, handler),
      bury: (letters) =>
        letters.length === 0
          ? Effect.void
          : line.send(() => letters.map((letter) => DeadLetters.outgoing(options, letter))),
    })),
  )

export const layer = (options: Options): Layer.Layer<EventStream | EventSource> =>
  Layer.merge(stream(options), source(options))
