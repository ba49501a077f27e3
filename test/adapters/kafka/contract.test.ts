/** Kafka keeps the contract of the event stream. */
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import * as KafkaStream from "../../../src/adapters/kafka/stream.ts"
import { eventStreamContract } from "../../contracts/event-stream.ts"
import { brokers, isMissing } from "../../support/kafka.ts"

describe.skipIf(isMissing)("over a real broker", () => {
  eventStreamContract(
    "kafka",
    Layer.unwrap(
      Effect.map(Effect.promise(brokers), (found) =>
        KafkaStream.layer({ brokers: found.split(","), prefix: "", partitions: 4, replication: 1 }),
      ),
    ),
  )
})
