/**
 * A producer: connections to the leaders of all our partitions. It is made anew after any trouble: an old one may still
 * have a request under way, and what it knows of the brokers is of yesterday.
 *
 * Law: acks=all; one request at a time to each partition; it repeats nothing by itself.
 * Fails: with whatever went wrong; then everything that was to be sent may be there or not.
 */
import { ORDERS, STOCK } from "../../ports/events.ts"
import * as Client from "./client.ts"
import * as Internals from "./kafkajs-internals.ts"
import { partitionOf } from "./partition.ts"
import * as ProduceRequest from "./produce-request.ts"
import * as Topics from "./topics.ts"

/** How long a broker waits for its replicas; less than we wait for the broker. */
const REPLICAS_TIMEOUT_MS = 8_000

/** Of one partition in one request: brokers refuse a batch above 1 MB unless told otherwise. */
const BATCH_BYTES_MAX = 900 * 1024

export interface Outgoing extends ProduceRequest.Message {
  readonly topic: string
}

export interface Producer {
  /** Done when all replicas in sync have all of it. */
  readonly send: (outgoing: Iterable<Outgoing>) => Promise<void>
  readonly close: () => void
}

type Chunk = Map<string, Map<number, Array<ProduceRequest.Message>>>

const getOrMake = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Where the messages of a partition go on. */
interface End {
  readonly chunk: number
  bytes: number
  readonly messages: Array<ProduceRequest.Message>
}

/** In chunks that go one after another, so that no partition's part of one is too large; each partition keeps its order. */
const chunks = (outgoing: Iterable<Outgoing>, partitionsOf: (topic: string) => number): ReadonlyArray<Chunk> => {
  const all: Array<Chunk> = []
  const ends = new Map<string, Map<number, End>>()
  for (const message of outgoing) {
    const { topic } = message
    const partition = partitionOf(message.key, partitionsOf(topic))
    const ofTopic = getOrMake(ends, topic, () => new Map<number, End>())
    let end = ofTopic.get(partition)
    if (end === undefined || end.bytes + message.bytes > BATCH_BYTES_MAX) {
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

/** Makes the topics that are missing. */
export const open = async (options: Client.Options): Promise<Producer> => {
  await Topics.withAdmin(Client.kafka(options), (admin) => Topics.ensure(admin, options))
  const cluster = Internals.cluster({
    brokers: options.brokers,
    clientId: Client.CLIENT_ID,
    connectionTimeout: Client.CONNECTION_TIMEOUT_MS,
    requestTimeout: Client.REQUEST_TIMEOUT_MS,
    retry: { retries: 0 },
  })
  try {
    await cluster.connect()
    const topics = [ORDERS, STOCK].flatMap((topic) => [topic, Topics.deadLetterTopic(topic)])
    await cluster.addMultipleTargetTopics(topics)
    return producer(cluster, topics)
  } catch (error) {
    close(cluster)
    throw error
  }
}

/** Nobody waits for it: it may take as long as the request that is lost. */
const close = (cluster: Internals.Cluster): void => void cluster.disconnect().catch(() => undefined)

const producer = (cluster: Internals.Cluster, topics: ReadonlyArray<string>): Producer => {
  /** Leader of each partition. */
  const leaders = new Map<string, ReadonlyArray<number>>(
    topics.map((topic) => {
      const partitions = cluster.findTopicPartitionMetadata(topic)
      return [topic, partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader)]
    }),
  )
  const partitionsOf = (topic: string): number => leaders.get(topic)!.length

  const byLeader = (chunk: Chunk): Map<number, Chunk> => {
    const parts = new Map<number, Chunk>()
    for (const [topic, partitions] of chunk)
      for (const [partition, messages] of partitions) {
        const part = getOrMake(parts, leaders.get(topic)![partition]!, () => new Map())
        getOrMake(part, topic, () => new Map()).set(partition, messages)
      }
    return parts
  }

  const produce = async (leader: number, records: ProduceRequest.Records): Promise<void> => {
    const broker = await cluster.findBroker({ nodeId: String(leader) })
    const buffer = ProduceRequest.encode(records, REPLICAS_TIMEOUT_MS, Date.now())
    await broker.connectionPool.send({
      request: {
        apiKey: 0,
        apiVersion: 7,
        apiName: "Produce",
        expectResponse: () => true,
        encode: async () => ({ buf: buffer, buffer }),
      },
      response: Internals.produceResponse,
    })
  }

  return {
    send: async (outgoing) => {
      for (const chunk of chunks(outgoing, partitionsOf)) {
        // All have ended before anybody hears of a failure: none is under way when it is tried again.
        const ends = await Promise.allSettled([...byLeader(chunk)].map(([leader, part]) => produce(leader, part)))
        for (const end of ends) if (end.status === "rejected") throw end.reason
      }
    },
    close: () => close(cluster),
  }
}
