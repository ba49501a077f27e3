/**
 * Kafka for tests: the one of `KAFKA_BROKERS`, or one of the run's own. Where it cannot be had, the run says so and leaves
 * those tests out; with CI=true that is a failure.
 */
import type { Kafka, KafkaMessage } from "kafkajs"
import { inject } from "vitest"
import * as Door from "./door.ts"
import * as KafkaBroker from "./kafka-broker.ts"
import { freshId } from "./scribe.ts"

const lacking = process.env["KAFKA_BROKERS"] ? null : KafkaBroker.missing()

/** For `describe.skipIf`. */
export const isMissing = lacking !== null

if (lacking !== null) {
  const line = `NOT TESTED: Kafka, because there is no ${lacking} (Debian: apt-get install openjdk-17-jre-headless maven)`
  if (process.env["CI"] === "true") throw new Error(line)
  console.warn(line)
}

/** `host:port`, comma separated. */
export const brokers = async (): Promise<string> => {
  const given = process.env["KAFKA_BROKERS"]
  if (given) return given
  return (await Door.knock<{ brokers: string }>(inject("kafkaDoor"))).brokers
}

/** The first message of a topic with this key, read as any other program would. */
export const firstMessage = async (kafka: Kafka, topic: string, key: string): Promise<KafkaMessage> => {
  const consumer = kafka.consumer({ groupId: `reader-${freshId()}` })
  const { promise, resolve } = Promise.withResolvers<KafkaMessage>()
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (message.key?.toString() === key) resolve(message)
    },
  })
  try {
    return await promise
  } finally {
    await consumer.disconnect()
  }
}
