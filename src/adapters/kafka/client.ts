/** How kafkajs is spoken to: its name, its patience, and no word on the console. */
import { Kafka } from "kafkajs"
import "./codecs.ts"
import { KafkaJSProtocolError, maskBroker, socketFactory } from "./kafkajs-internals.ts"

export interface Options {
  /** `host:port` of some brokers, IPv6 in brackets; the others are learnt from them. */
  readonly brokers: ReadonlyArray<string>
  /** Before the name of each topic and group, so that several shops can share a broker; may be empty. */
  readonly prefix: string
  /** Of topics that are not there yet. */
  readonly partitions: number
  readonly replication: number
}

export const CLIENT_ID = "jaego"

/** For a broker that does not answer the call at the door. */
export const CONNECTION_TIMEOUT_MS = 3_000

/** For an answer: longer than the broker waits for its replicas, so that its own word comes first. */
export const REQUEST_TIMEOUT_MS = 10_000

/** What every connection of ours is made with. */
export const connection = ({ brokers }: Options) => ({
  brokers,
  clientId: CLIENT_ID,
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
})

/** Its callers have their own plan for failures; kafkajs tries again only within one step of its own. */
export const kafka = (options: Options): Kafka =>
  new Kafka({
    ...connection(options),
    brokers: options.brokers.map(maskBroker),
    socketFactory,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    // What matters reaches the probe and the failures of the ports; its log reports every reconnection as an error.
    logCreator: () => () => {},
  })

export const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What is sent in one batch, or one message of it, is more than a topic takes (`max.message.bytes`, `segment.bytes`). */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof KafkaJSProtocolError && ["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"].includes(error.type)

/** Kafka's own word, or that of the way to it. */
export const isKafkas = (error: unknown): boolean => error instanceof Error && error.name.startsWith("KafkaJS")
