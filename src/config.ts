/**
 * Every knob of the service: its default, unit and bound, and how knobs must relate; checked once, at start.
 *
 * Read only in the outer ring (`main`, `worker`, `cli`). Fails: `ConfigProblem`, one clear line.
 */

import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { Schema } from "effect"

export interface Config {
  /** Address and port to listen on; port 0 is "any free one". */
  readonly host: string
  readonly port: number
  /** `postgres` is durable; `memory` forgets everything at exit and is for a first look and for tests. */
  readonly store: "postgres" | "memory"
  /**
   * Who decides. `actors`: owners in memory, who commit in batches. `atomic`: one transaction a command, with a guarded
   * update, on the same tables; it is what the owners are measured against.
   */
  readonly inventory: "actors" | "atomic"
  /** An existing Postgres (15 or newer); null: an embedded one under `home`. */
  readonly databaseUrl: string | null
  /** Folder of the embedded database. */
  readonly home: string
  /** Inventory threads, 1..64 (there are 64 lanes to share). */
  readonly workers: number
  /** Threads that serve HTTP, each with its own listener on the one port, 1..64; 0: the main thread does. Linux only. */
  readonly httpThreads: number
  /** How long a buyer waits for the payment outcome before the answer is 202, milliseconds. */
  readonly paymentDeadlineMs: number
  /** How long an unpaid hold lives, seconds. */
  readonly holdSeconds: number
  /** How long beyond the hold a pending charge may keep it, seconds. */
  readonly paymentGraceSeconds: number
  /** How long after payment a shipment is registered, seconds: a buyer may think again. */
  readonly shippingAfterSeconds: number
  /** How long a carrier that does not answer is asked to take a shipment, seconds; then the order is cancelled. */
  readonly shippingGiveUpSeconds: number
  /** The carrier; null: one played in this process. */
  readonly carrierUrl: string | null
  /** One call to the carrier, milliseconds. */
  readonly carrierTimeoutMs: number
  /** What the carrier signs its callbacks with; null: none are heard. */
  readonly carrierWebhookSecret: string | null
  /** Whether this process brings facts out and does what follows from them, or leaves that to other processes. */
  readonly facts: "on" | "off"
  /** Kafka, where facts go, `host:port` each; none: they are handed to the consumers of this process. */
  readonly kafkaBrokers: ReadonlyArray<string>
  /** Of topics that are not there yet, 1..1024: as many consumers may share a topic. */
  readonly kafkaPartitions: number
  /** Copies of each partition of topics that are not there yet, 1..16. */
  readonly kafkaReplication: number
  /** How long a fact that has left stays in the outbox, at least, hours. */
  readonly outboxRetentionHours: number
}

export class ConfigProblem extends Schema.TaggedError<ConfigProblem>()("ConfigProblem", { message: Schema.String }) {}

type Env = Readonly<Record<string, string | undefined>>

const integer = (env: Env, name: string, fallback: number, minimum: number, maximum: number): number => {
  const text = env[name]
  if (text === undefined || text === "") return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < minimum || value > maximum)
    throw new ConfigProblem({ message: `${name} must be a whole number from ${minimum} to ${maximum}, not "${text}"` })
  return value
}

const store = (env: Env): Config["store"] => {
  const value = env["STORE"] || "postgres"
  if (value !== "postgres" && value !== "memory")
    throw new ConfigProblem({ message: `STORE must be postgres or memory, not "${value}"` })
  return value
}

const inventory = (env: Env): Config["inventory"] => {
  const value = env["INVENTORY"] || "actors"
  if (value !== "actors" && value !== "atomic")
    throw new ConfigProblem({ message: `INVENTORY must be actors or atomic, not "${value}"` })
  return value
}

const facts = (env: Env): Config["facts"] => {
  const value = env["FACTS"] || "on"
  if (value !== "on" && value !== "off") throw new ConfigProblem({ message: `FACTS must be on or off, not "${value}"` })
  return value
}

const databaseUrl = (env: Env): string | null => {
  const text = env["DATABASE_URL"]
  if (text === undefined || text === "") return null
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text))
    throw new ConfigProblem({ message: "DATABASE_URL must look like postgres://user:password@host:port/database" })
  return text
}

const carrierUrl = (env: Env): string | null => {
  const text = env["CARRIER_URL"]
  if (text === undefined || text === "") return null
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new ConfigProblem({ message: `CARRIER_URL must look like http://host:port, not "${text}"` })
  return text.replace(/\/+$/, "")
}

/** Shorter ones can be guessed. */
const SECRET_MIN = 16

const secret = (env: Env): string | null => {
  const text = env["CARRIER_WEBHOOK_SECRET"]
  if (text === undefined || text === "") return null
  if (text.length < SECRET_MIN)
    throw new ConfigProblem({ message: `CARRIER_WEBHOOK_SECRET must have at least ${SECRET_MIN} characters` })
  return text
}

const kafkaBrokers = (env: Env): ReadonlyArray<string> => {
  const brokers = (env["KAFKA_BROKERS"] ?? "").split(",").filter((each) => each.trim() !== "")
  const wrong = brokers.find((each) => !/^[^\s:/]+:\d{1,5}$/.test(each.trim()))
  if (wrong !== undefined)
    throw new ConfigProblem({ message: `KAFKA_BROKERS must be host:port, separated by commas, not "${wrong.trim()}"` })
  return brokers.map((each) => each.trim())
}

const httpThreads = (env: Env, platform: NodeJS.Platform): number => {
  const threads = integer(env, "HTTP_THREADS", 0, 0, 64)
  if (threads > 0 && platform !== "linux")
    throw new ConfigProblem({ message: "HTTP_THREADS needs Linux, where threads can share a port; leave it at 0" })
  return threads
}

/** Throws `ConfigProblem`. */
export const read = (env: Env, platform: NodeJS.Platform = process.platform): Config => {
  const config: Config = {
    host: env["HOST"] || "127.0.0.1",
    port: integer(env, "PORT", 3000, 0, 65_535),
    store: store(env),
    inventory: inventory(env),
    databaseUrl: databaseUrl(env),
    home: resolve(env["JAEGO_HOME"] || ".jaego"),
    workers: integer(env, "WORKERS", Math.max(1, availableParallelism() - 1), 1, 64),
    httpThreads: httpThreads(env, platform),
    paymentDeadlineMs: integer(env, "PAYMENT_DEADLINE_MS", 2_000, 1, 60_000),
    holdSeconds: integer(env, "HOLD_SECONDS", 600, 1, 86_400),
    paymentGraceSeconds: integer(env, "PAYMENT_GRACE_SECONDS", 60, 0, 3_600),
    facts: facts(env),
    kafkaBrokers: kafkaBrokers(env),
    kafkaPartitions: integer(env, "KAFKA_PARTITIONS", 12, 1, 1_024),
    kafkaReplication: integer(env, "KAFKA_REPLICATION", 1, 1, 16),
    outboxRetentionHours: integer(env, "OUTBOX_RETENTION_HOURS", 72, 1, 8_760),
    shippingAfterSeconds: integer(env, "SHIPPING_AFTER_SECONDS", 3, 0, 604_800),
    shippingGiveUpSeconds: integer(env, "SHIPPING_GIVE_UP_SECONDS", 3_600, 1, 604_800),
    carrierUrl: carrierUrl(env),
    carrierTimeoutMs: integer(env, "CARRIER_TIMEOUT_MS", 2_000, 1, 60_000),
    carrierWebhookSecret: secret(env),
  }
  if (config.paymentDeadlineMs > config.holdSeconds * 1_000)
    throw new ConfigProblem({ message: "PAYMENT_DEADLINE_MS must not be longer than HOLD_SECONDS" })
  if (config.inventory === "atomic" && config.store === "memory")
    throw new ConfigProblem({ message: "INVENTORY=atomic needs a database: it cannot go with STORE=memory" })
  if (config.kafkaBrokers.length > 0 && config.store === "memory")
    throw new ConfigProblem({ message: "KAFKA_BROKERS needs a database: it cannot go with STORE=memory" })
  return config
}
