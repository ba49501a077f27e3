/**
 * The event stream in Kafka: facts as CloudEvents, structured, with all replicas' word for each.
 *
 * Law: the first occurrences of a key's facts are in order. A repeat may come late: a request whose answer was lost may
 * still reach the broker after the next one; consumers let only newer versions have an effect.
 */
import { Effect, Layer } from "effect"
import * as CloudEvent from "../../ports/cloud-event.ts"
import { EventSource, EventStream } from "../../ports/event-stream.ts"
import type { Event } from "../../ports/events.ts"
import type { Options } from "./client.ts"
import * as DeadLetters from "./dead-letters.ts"
import * as Line from "./line.ts"
import * as ProduceRequest from "./produce-request.ts"
import type { Outgoing } from "./producer.ts"
import * as Source from "./source.ts"

const HEADERS = ProduceRequest.headers({ "content-type": CloudEvent.CONTENT_TYPE })

const outgoing = (event: Event): Outgoing => {
  const value = CloudEvent.encode(event)
  return {
    topic: event.topic,
    key: event.key,
    value,
    headers: HEADERS,
    bytes: ProduceRequest.bound(event.key, value, HEADERS),
  }
}

const stream = (options: Options): Layer.Layer<EventStream> =>
  Layer.effect(
    EventStream,
    Effect.map(Line.make(options), (line) => ({
      publish: (events) => (events.length === 0 ? Effect.void : line.send(() => events.map(outgoing))),
    })),
  )

const source = (options: Options): Layer.Layer<EventSource> =>
  Layer.effect(
    EventSource,
    // A line of its own: consumers never wait for the relay.
    Effect.map(Line.make(options), (line) => ({
      consume: (handler) => Source.consume(options, handler),
      bury: (letters) => (letters.length === 0 ? Effect.void : line.send(() => letters.map(DeadLetters.outgoing))),
    })),
  )

export const layer = (options: Options): Layer.Layer<EventStream | EventSource> =>
  Layer.merge(stream(options), source(options))
