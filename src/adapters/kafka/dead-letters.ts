/**
 * Dead letters as messages: key, text and headers as they came, and beside them where from, for whom, and why. One that the topic
 * does not take with all of that comes without its text and its headers.
 */
import * as Text from "../../domain/text.ts"
import type { DeadLetter } from "../../ports/event-stream.ts"
import type { Outgoing } from "./chunks.ts"
import type { Options } from "./client.ts"
import * as ProduceRequest from "./produce-request.ts"
import type { Words } from "./producer.ts"
import * as Topics from "./topics.ts"

/** A header is for a line of a log; the whole story is in the log of the consumer. */
const ERROR_CHARACTERS = 1_000

/** `traceparent`: version, trace id, span id, flags. */
const traceId = (traceparent: string | undefined): string | undefined => traceparent?.split("-")[1]

/** Where from, for whom, and why. */
const whyOf = ({ attempts, consumer, delivery, error, source }: DeadLetter) => {
  const trace = traceId(delivery.headers["traceparent"])
  return {
    "dlq-consumer": consumer,
    "dlq-source": source,
    "dlq-topic": delivery.topic,
    "dlq-offset": String(delivery.offset),
    "dlq-error": Text.clean(error, ERROR_CHARACTERS),
    "dlq-attempts": String(attempts),
    ...(trace === undefined ? {} : { "dlq-trace-id": trace }),
  }
}

const message = (key: string, value: string, entries: Readonly<Record<string, string>>): ProduceRequest.Message => {
  const headers = ProduceRequest.headers(entries)
  return { key, value, headers, bytes: ProduceRequest.bound(key, value, headers) }
}

export const outgoing = (options: Pick<Options, "prefix">, letter: DeadLetter): Outgoing<DeadLetter> => {
  const { headers, key, topic, value } = letter.delivery
  return {
    topic: Topics.deadLetterTopicOf(options, topic),
    origin: letter,
    ...message(key, value, { ...headers, ...whyOf(letter) }),
  }
}

export const words: Words<DeadLetter> = {
  name: ({ delivery, source }) => `the dead letter of ${source} at ${delivery.offset}`,
  // The whole of it is parked in the database, and lies where the headers say.
  smaller: (letter) => {
    const { key, value } = letter.delivery
    return message(key, "", { ...whyOf(letter), "dlq-value-bytes": String(Buffer.byteLength(value)) })
  },
}
