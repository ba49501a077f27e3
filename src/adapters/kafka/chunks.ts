/** Messages on their way to a broker, gathered by topic and partition, in pieces that a topic takes. Pure. */
import { partitionOf } from "./partition.ts"
import type * as ProduceRequest from "./produce-request.ts"

export interface Outgoing<Origin> extends ProduceRequest.Message {
  /** As the broker knows it. */
  readonly topic: string
  /** What it was made of. */
  readonly origin: Origin
}

export type Chunk<Origin> = Map<string, Map<number, ReadonlyArray<Outgoing<Origin>>>>

export const getOrMake = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Where the messages of a partition go on. */
interface End<Origin> {
  readonly chunk: number
  bytes: number
  readonly messages: Array<Outgoing<Origin>>
}

/**
 * In chunks that go one after another, so that no partition's part of one is above `bytesMax` of its topic (a single message may
 * be); each partition keeps its order.
 */
export const chunks = <Origin>(
  outgoing: Iterable<Outgoing<Origin>>,
  partitionsOf: (topic: string) => number,
  bytesMax: (topic: string) => number,
): ReadonlyArray<Chunk<Origin>> => {
  const all: Array<Chunk<Origin>> = []
  const ends = new Map<string, Map<number, End<Origin>>>()
  for (const message of outgoing) {
    const { topic } = message
    const partition = partitionOf(message.key, partitionsOf(topic))
    const ofTopic = getOrMake(ends, topic, () => new Map<number, End<Origin>>())
    let end = ofTopic.get(partition)
    if (end === undefined || end.bytes + message.bytes > bytesMax(topic)) {
      end = { chunk: end === undefined ? 0 : end.chunk + 1, bytes: 0, messages: [] }
      ofTopic.set(partition, end)
      if (end.chunk === all.length) all.push(new Map())
      getOrMake(all[end.chunk]!, topic, () => new Map()).set(partition, end.messages)
    }
    end.bytes += message.bytes
    end.messages.push(message)
  }
  return all
}

export const bytesOf = (messages: ReadonlyArray<ProduceRequest.Message>): number =>
  messages.reduce((sum, { bytes }) => sum + bytes, 0)
