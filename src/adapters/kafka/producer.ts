/**
 * A producer: connections to the leaders of all our partitions. It is made anew after any trouble: an old one may still
 * have a request under way, and what it knows of the brokers is of yesterday.
 *
 * Law: acks=all; one request at a time to each partition; it repeats nothing by itself, but for what a broker has refused as too
 * large: that is halved, and what cannot be halved is said in fewer bytes, or else fails.
 * Fails: with whatever went wrong; then everything that was to be sent may be there or not.
 */
import * as Chunks from "./chunks.ts"
import * as Client from "./client.ts"
import * as Internals from "./kafkajs-internals.ts"
import * as ProduceRequest from "./produce-request.ts"
import * as Topics from "./topics.ts"

/** How long a broker waits for its replicas; less than we wait for the broker. */
const REPLICAS_TIMEOUT_MS = 8_000

/** Of one partition in one request: brokers refuse a batch above 1 MB unless configured otherwise. */
const BATCH_BYTES_MAX = 900 * 1024

/** What can be said of an origin whose message is too large. */
export interface Words<Origin> {
  /** What it is, for the log. */
  readonly name: (origin: Origin) => string
  /** The same in fewer bytes; null: it cannot be said in fewer. */
  readonly smaller: (origin: Origin) => ProduceRequest.Message | null
}

export interface Producer<Origin> {
  /** Done when all replicas in sync have all of it. What to know of it, a sentence each. */
  readonly send: (outgoing: Iterable<Chunks.Outgoing<Origin>>) => Promise<ReadonlyArray<string>>
  readonly close: () => void
  /** What to know of the topics, a sentence each. */
  readonly remarks: ReadonlyArray<string>
}

/** Makes the topics that are missing. */
export const open = async <Origin>(options: Client.Options, words: Words<Origin>): Promise<Producer<Origin>> => {
  const remarks = await Topics.withAdmin(Client.kafka(options), async (admin) => {
    await Topics.ensure(admin, options)
    return Topics.remarks(admin, options)
  })
  const cluster = Internals.cluster({ ...Client.connection(options), retry: { retries: 0 } })
  try {
    await cluster.connect()
    const topics = Topics.namesOf(options)
    await cluster.addMultipleTargetTopics(topics)
    return { remarks, ...producer(cluster, topics, words) }
  } catch (error) {
    close(cluster)
    throw error
  }
}

/** Not waited for: it may take as long as the request that is lost. */
const close = (cluster: Internals.Cluster): void => void cluster.disconnect().catch(() => undefined)

/** Leaders of each topic's partitions. */
type Leaders = ReadonlyMap<string, ReadonlyArray<number>>

const leadersOf = (cluster: Internals.Cluster, topics: ReadonlyArray<string>): Leaders =>
  new Map(
    topics.map((topic) => {
      const partitions = cluster.findTopicPartitionMetadata(topic)
      return [topic, partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader)]
    }),
  )

const byLeader = <Origin>(leaders: Leaders, chunk: Chunks.Chunk<Origin>): Map<number, Chunks.Chunk<Origin>> => {
  const parts = new Map<number, Chunks.Chunk<Origin>>()
  for (const [topic, partitions] of chunk)
    for (const [partition, messages] of partitions) {
      const part = Chunks.getOrMake(parts, leaders.get(topic)![partition]!, () => new Map())
      Chunks.getOrMake(part, topic, () => new Map()).set(partition, messages)
    }
  return parts
}

const produceBy = async (
  cluster: Internals.Cluster,
  leader: number,
  records: ProduceRequest.Records,
): Promise<void> => {
  const broker = await cluster.findBroker({ nodeId: String(leader) })
  const body = ProduceRequest.encode(records, REPLICAS_TIMEOUT_MS, Date.now())
  await broker.connectionPool.send(Internals.call("Produce", 0, 7, body, Internals.produceResponse))
}

/** What is left of one that its topic does not take. */
const smaller = <Origin>(words: Words<Origin>, topic: string, { bytes, origin }: Chunks.Outgoing<Origin>) => {
  const excess = `${words.name(origin)} has ${bytes} bytes, more than ${topic} takes (max.message.bytes)`
  const rest = words.smaller(origin)
  if (rest === null) throw new Error(excess)
  return { rest, remark: `${excess}: it is published in ${rest.bytes}` }
}

/** All have ended before a failure is reported: none is under way when it is tried again. */
const all = async (under: ReadonlyArray<Promise<string[]>>): Promise<string[]> => {
  const ends = await Promise.allSettled(under)
  return ends.flatMap((end) => {
    if (end.status === "rejected") throw end.reason
    return end.value
  })
}

const producer = <Origin>(
  cluster: Internals.Cluster,
  topics: ReadonlyArray<string>,
  words: Words<Origin>,
): Omit<Producer<Origin>, "remarks"> => {
  type Messages = ReadonlyArray<Chunks.Outgoing<Origin>>
  const leaders = leadersOf(cluster, topics)
  const partitionsOf = (topic: string): number => leaders.get(topic)!.length

  /** Of topics that have refused a batch: what they are given at once from now on. */
  const limits = new Map<string, number>()
  const bytesMax = (topic: string): number => limits.get(topic) ?? BATCH_BYTES_MAX

  const produce = (leader: number, records: ProduceRequest.Records) => produceBy(cluster, leader, records)

  /** To one partition; the broker's own limits are found out by halves. */
  const sendByHalves = async (topic: string, partition: number, messages: Messages): Promise<string[]> => {
    const to = (some: ReadonlyArray<ProduceRequest.Message>) =>
      produce(leaders.get(topic)![partition]!, new Map([[topic, new Map([[partition, some]])]]))
    try {
      await to(messages)
      return []
    } catch (error) {
      if (!Client.isTooLarge(error)) throw error
    }
    const half = messages.length >> 1
    if (half > 0) {
      limits.set(topic, Math.min(bytesMax(topic), Chunks.bytesOf(messages) >> 1))
      const first = await sendByHalves(topic, partition, messages.slice(0, half))
      return [...first, ...(await sendByHalves(topic, partition, messages.slice(half)))]
    }
    const { remark, rest } = smaller(words, topic, messages[0]!)
    await to([rest])
    return [remark]
  }

  const produceAll = async (leader: number, part: Chunks.Chunk<Origin>): Promise<string[]> => {
    try {
      await produce(leader, part)
      return []
    } catch (error) {
      if (!Client.isTooLarge(error)) throw error
    }
    // It does not say which of them: each by itself. What was taken comes twice, as after any lost answer.
    const remarks: Array<string> = []
    for (const [topic, partitions] of part)
      for (const [partition, messages] of partitions) remarks.push(...(await sendByHalves(topic, partition, messages)))
    return remarks
  }

  return {
    send: async (outgoing) => {
      const remarks: Array<string> = []
      for (const chunk of Chunks.chunks(outgoing, partitionsOf, bytesMax))
        remarks.push(...(await all([...byLeader(leaders, chunk)].map(([leader, part]) => produceAll(leader, part)))))
      return remarks
    },
    close: () => close(cluster),
  }
}
