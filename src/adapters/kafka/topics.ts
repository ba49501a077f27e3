/**
 * The topics: made when they are missing, and otherwise taken as they are, whatever the knobs say.
 *
 * Law: a topic never gets more partitions, since keys would move and their order would be lost.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Admin, ITopicConfig, Kafka } from "kafkajs"
import { ORDERS, STOCK } from "../../ports/events.ts"
import type { Options } from "./client.ts"

export const deadLetterTopic = (topic: string): string => `${topic}.dlq`

/** 30 days: somebody has to come and look. */
const DEAD_LETTERS_KEPT_MS = 30 * 24 * 3_600_000

/** So many replicas and more can lose one and still take what is written with acks=all. */
const SAFE_REPLICATION = 3

const config = (topic: string, { partitions, replication }: Options, more: Record<string, string>): ITopicConfig => ({
  topic,
  numPartitions: partitions,
  replicationFactor: replication,
  configEntries: Object.entries({
    // A backlog that arrives late has its whole time before it, and a clock that is wrong makes no message unacceptable.
    "message.timestamp.type": "LogAppendTime",
    ...(replication >= SAFE_REPLICATION ? { "min.insync.replicas": "2" } : {}),
    ...more,
  }).map(([name, value]) => ({ name, value })),
})

const wanted = (options: Options): ReadonlyArray<ITopicConfig> =>
  [ORDERS, STOCK].flatMap((topic) => [
    config(topic, options, {}),
    config(deadLetterTopic(topic), options, { "retention.ms": String(DEAD_LETTERS_KEPT_MS) }),
  ])

/** A topic that was just made is known to its brokers a little later: asked for every 50 ms, for at most 5 s. */
const LOOK_MS = 50
const LOOKS = 100

/** Idempotent; two processes may do it at once. */
export const ensure = async (admin: Admin, options: Options): Promise<void> => {
  const topics = wanted(options)
  const existing = new Set(await admin.listTopics())
  // `false` (somebody else was faster) is as good as `true`.
  for (const topic of topics)
    if (!existing.has(topic.topic)) await admin.createTopics({ topics: [topic], waitForLeaders: false })
  const names = topics.map(({ topic }) => topic)
  for (let look = 1; ; look++) {
    try {
      return void (await admin.fetchTopicMetadata({ topics: names }))
    } catch (error) {
      if (look === LOOKS) throw error
    }
    await sleep(LOOK_MS)
  }
}

/** An administrator for as long as it is used. */
export const withAdmin = async <A>(kafka: Kafka, use: (admin: Admin) => Promise<A>): Promise<A> => {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
