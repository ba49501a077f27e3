/** Checks of the Kafka that events go to. */
import { Effect } from "effect"
import { TOPICS } from "../../ports/events.ts"
import { type Check, type Finding, findings, unknown } from "../../ports/finding.ts"
import * as Client from "./client.ts"
import * as Topics from "./topics.ts"

interface TopicSeen {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly config: Topics.Config
}

interface Seen {
  readonly brokers: number
  /** Those of ours that are there. */
  readonly topics: ReadonlyArray<TopicSeen>
}

const DAY_MS = 86_400_000

const each = ({ topics }: Seen, text: (topic: TopicSeen) => string): string =>
  topics.length === 0 ? "no topics yet" : topics.map((topic) => `${topic.name} ${text(topic)}`).join(", ")

const retention = ({ config }: TopicSeen): number => {
  const ms = Number(config["retention.ms"] ?? Number.NaN)
  return ms < 0 ? Number.POSITIVE_INFINITY : ms
}

const CHECKS: ReadonlyArray<Check<Seen>> = [
  {
    name: "kafka-replication",
    judge: (seen) => {
      const enough = seen.topics.every(
        ({ config, replicas }) => replicas >= 3 && Number(config["min.insync.replicas"]) >= 2,
      )
      return [
        enough ? "green" : "yellow",
        `${seen.brokers} brokers; ${each(seen, ({ config, replicas }) => `${replicas} replicas, ${config["min.insync.replicas"] ?? "?"} in sync`)}`,
      ]
    },
    remedy: "three brokers, KAFKA_REPLICATION=3 and min.insync.replicas=2: else the loss of a broker loses events",
  },
  {
    name: "kafka-retention",
    judge: (seen) => [
      seen.topics.some((topic) => retention(topic) < DAY_MS) ? "yellow" : "green",
      each(seen, (topic) => `${Math.round(retention(topic) / 3_600_000)} h`),
    ],
    remedy: "keep events for days (retention.ms): a consumer that is down for longer misses them",
  },
  {
    name: "kafka-cleanup",
    judge: (seen) => [
      seen.topics.some(({ config }) => config["cleanup.policy"]?.includes("compact")) ? "red" : "green",
      each(seen, ({ config }) => config["cleanup.policy"] ?? "?"),
    ],
    remedy: "set cleanup.policy=delete: a compacted topic loses all but the newest event of a key",
  },
]

const NAMES = ["retention.ms", "cleanup.policy", "min.insync.replicas"]

const look = (options: Client.Options): Promise<Seen> =>
  Topics.withAdmin(Client.kafka(options), async (admin) => {
    const { brokers } = await admin.describeCluster()
    const there = new Set(await admin.listTopics())
    const names = TOPICS.map((topic) => Topics.nameOf(options, topic)).filter((name) => there.has(name))
    if (names.length === 0) return { brokers: brokers.length, topics: [] }
    const { topics } = await admin.fetchTopicMetadata({ topics: names })
    const configOf = await Topics.configsOf(admin, names, NAMES)
    return {
      brokers: brokers.length,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.length,
        replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        config: configOf(name),
      })),
    }
  })

/** Connects on its own. */
export const checkup = (options: Client.Options): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.tryPromise({ try: () => look(options), catch: Client.describe }).pipe(
    Effect.map(
      (seen): ReadonlyArray<Finding> => [
        { name: "kafka", verdict: "green", found: `${seen.brokers} brokers answer`, remedy: null },
        ...findings(CHECKS, seen),
      ],
    ),
    Effect.catch((why) =>
      Effect.succeed([
        {
          name: "kafka",
          verdict: "red",
          found: why,
          remedy: "orders go on without it, and events wait in the outbox; look at KAFKA_BROKERS",
        } satisfies Finding,
        ...unknown(CHECKS, "Kafka does not answer"),
      ]),
    ),
  )
