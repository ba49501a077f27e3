/**
 * The topics: made when they are missing, and otherwise taken as they are, whatever the knobs say. What was made by hand in a way
 * that costs something is logged.
 *
 * Law: a topic never gets more partitions, since keys would move and their order would be lost.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Admin, ITopicConfig, Kafka } from "kafkajs"
import { TOPICS, type Topic } from "../../ports/events.ts"
import type { Options } from "./client.ts"
import { ConfigResourceTypes } from "./kafkajs-internals.ts"

/** A topic of ours as this broker knows it. */
export const nameOf = ({ prefix }: Pick<Options, "prefix">, topic: Topic): string => prefix + topic

export const deadLetterTopicOf = (options: Pick<Options, "prefix">, topic: Topic): string =>
  `${nameOf(options, topic)}.dlq`

/** All of them. */
export const namesOf = (options: Pick<Options, "prefix">): ReadonlyArray<string> =>
  TOPICS.flatMap((topic) => [nameOf(options, topic), deadLetterTopicOf(options, topic)])

/** 30 days: time for a person to come and look. */
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
  TOPICS.flatMap((topic) => [
    config(nameOf(options, topic), options, {}),
    config(deadLetterTopicOf(options, topic), options, { "retention.ms": String(DEAD_LETTERS_KEPT_MS) }),
  ])

/** A topic that was just made is known to its brokers a little later: asked for every 50 ms, for at most 5 s. */
const LOOK_MS = 50
const LOOKS = 100

/** Idempotent; two processes may do it at once. */
export const ensure = async (admin: Admin, options: Options): Promise<void> => {
  const topics = wanted(options)
  const existing = new Set(await admin.listTopics())
  // `false` (another process was faster) is as good as `true`.
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

export type Config = Readonly<Record<string, string | undefined>>

/** Of each topic these settings; none of any where the broker does not let us look. */
export const configsOf = async (
  admin: Admin,
  topics: ReadonlyArray<string>,
  configNames: ReadonlyArray<string>,
): Promise<(topic: string) => Config> => {
  const resources = topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: [...configNames] }))
  const described = await admin.describeConfigs({ includeSynonyms: false, resources }).catch(() => ({ resources: [] }))
  const found = new Map(
    described.resources.map(({ configEntries, resourceName }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
  return (topic) => found.get(topic) ?? {}
}

/** What to know of topics that were made by hand, a sentence each; a broker that does not let us look has nothing to say. */
export const remarks = async (admin: Admin, options: Options): Promise<ReadonlyArray<string>> => {
  const topics = TOPICS.map((topic) => nameOf(options, topic))
  const configOf = await configsOf(admin, topics, ["cleanup.policy"])
  const compacted = topics.flatMap((topic) =>
    configOf(topic)["cleanup.policy"]?.includes("compact")
      ? [`${topic} is compacted: events go as soon as their key has a newer one (set cleanup.policy=delete)`]
      : [],
  )
  const metadata = await admin.fetchTopicMetadata({ topics })
  const few = metadata.topics.flatMap(({ name, partitions }) =>
    partitions.length < options.partitions
      ? [`${name} has ${partitions.length} partitions, fewer than KAFKA_PARTITIONS=${options.partitions}: it stays so`]
      : [],
  )
  return [...compacted, ...few]
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
