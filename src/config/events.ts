/** Where facts are published, by which processes, and how long they and idempotency keys are kept. */
import type * as Kafka from "../adapters/kafka/client.ts"
import { type Bounds, ConfigProblem, type Env, integer, oneOf, text } from "./knob.ts"

export interface Events {
  /** Whether this process publishes facts and runs their consumers, or leaves that to other processes. */
  readonly facts: "on" | "off"
  /** Whether this process audits what is committed, beside its facts. */
  readonly audit: "on" | "off"
  /** Null: facts are handed to the consumers of this process. */
  readonly kafka: Kafka.Options | null
  /** How long a fact that has left stays in the outbox, at least, hours. */
  readonly outboxRetentionHours: number
  /** How long an idempotency key is kept, at least, hours; 0: for ever. */
  readonly idempotencyRetentionHours: number
  /** How long the timeline of an order that has ended is kept, at least, hours; 0: for ever. */
  readonly timelineRetentionHours: number
}

/**
 * Thirty days, hours. Each day is a partition of the outbox, and the relay looks into each of them for every lane that is behind, twenty
 * times a second: a year of them would cost it more than the facts do.
 */
const RETENTION_MAX = 720

/** Promised to every caller, hours. */
const KEYS_MIN = 24

/** A year, hours. */
const KEYS_MAX = 8_760

/** Longer than events may come again: the inbox knows their ids for a fortnight, and the outbox keeps them for a month at most, hours. */
const TIMELINES_MIN = RETENTION_MAX

/** Ten years, hours. */
const TIMELINES_MAX = 87_600

/** Hours, or 0, for ever. */
const retention = (env: Env, name: string, { min, ...bounds }: Bounds): number => {
  const hours = integer(env, name, { ...bounds, min: 0 })
  if (hours > 0 && hours < min)
    throw new ConfigProblem({ message: `${name} must be 0 (for ever) or at least ${min}, not "${hours}"` })
  return hours
}

export const read = (env: Env): Events => ({
  facts: oneOf(env, "FACTS", ["on", "off"]),
  audit: oneOf(env, "AUDIT", ["on", "off"]),
  kafka: kafka(env),
  outboxRetentionHours: integer(env, "OUTBOX_RETENTION_HOURS", { fallback: 72, min: 1, max: RETENTION_MAX }),
  // Thirty days: longer than any client repeats itself, and owners read all keys when they start.
  idempotencyRetentionHours: retention(env, "IDEMPOTENCY_RETENTION_HOURS", {
    fallback: 720,
    min: KEYS_MIN,
    max: KEYS_MAX,
  }),
  // A year: longer than it is asked where a parcel has been.
  timelineRetentionHours: retention(env, "TIMELINE_RETENTION_HOURS", {
    fallback: 8_760,
    min: TIMELINES_MIN,
    max: TIMELINES_MAX,
  }),
})

/** A name, an IPv4 address, or an IPv6 address in brackets; and a port. */
const BROKER = /^([^\s:/[\]@]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/

/** What Kafka takes in names, and leaves room for ours. */
const PREFIX = /^[A-Za-z0-9._-]{0,100}$/

/** Brokers are not quoted: a password that was put there must not reach a log. */
const kafka = (env: Env): Kafka.Options | null => {
  const brokers = (text(env, "KAFKA_BROKERS") ?? "").split(",").flatMap((each) => each.trim() || [])
  if (!brokers.every((each) => BROKER.test(each)))
    throw new ConfigProblem({ message: "KAFKA_BROKERS must be host:port, separated by commas; IPv6 as [::1]:9092" })
  const prefix = text(env, "KAFKA_PREFIX") ?? ""
  if (!PREFIX.test(prefix))
    throw new ConfigProblem({
      message: `KAFKA_PREFIX must be at most 100 letters, digits, ".", "_" and "-", not ${JSON.stringify(prefix)}`,
    })
  const options = {
    brokers,
    prefix,
    partitions: integer(env, "KAFKA_PARTITIONS", { fallback: 12, min: 1, max: 1_024 }),
    replication: integer(env, "KAFKA_REPLICATION", { fallback: 1, min: 1, max: 16 }),
  }
  return brokers.length === 0 ? null : options
}
