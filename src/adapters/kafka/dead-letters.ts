/**
 * Dead letters as messages: key, text and headers as they came, and beside them where from, for whom, and why.
 */
import * as Text from "../../domain/text.ts"
import type { DeadLetter } from "../../ports/event-stream.ts"
import * as ProduceRequest from "./produce-request.ts"
import type { Outgoing } from "./producer.ts"
import { deadLetterTopic } from "./topics.ts"

/** A header is for a line of a log; the whole story is in the log of the consumer. */
const ERROR_CHARACTERS = 1_000

/** `traceparent`: version, trace id, span id, flags. */
const traceId = (traceparent: string | undefined): string | undefined => traceparent?.split("-")[1]

export const outgoing = ({ attempts, consumer, delivery, error, source }: DeadLetter): Outgoing => {
  const trace = traceId(delivery.headers["traceparent"])
  const headers = ProduceRequest.headers({
    ...delivery.headers,
    "dlq-consumer": consumer,
    "dlq-source": source,
    "dlq-topic": delivery.topic,
    "dlq-offset": String(delivery.offset),
    "dlq-error": Text.clean(error, ERROR_CHARACTERS),
    "dlq-attempts": String(attempts),
    ...(trace === undefined ? {} : { "dlq-trace-id": trace }),
  })
  const { key, value } = delivery
  return {
    topic: deadLetterTopic(delivery.topic),
    key,
    value,
    headers,
    bytes: ProduceRequest.bound(key, value, headers),
  }
}
