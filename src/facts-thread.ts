/**
 * The facts thread: publishes facts, and runs their consumers. A third small hexagon with its own root, which
 * needs Postgres and, where brokers are configured, Kafka. It never holds up a request.
 */
// First, before any schema is used: schemas are compiled to plain functions.
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import * as KafkaStream from "./adapters/kafka/stream.ts"
import * as MemoryEventStream from "./adapters/memory/event-stream.ts"
import * as Auditor from "./adapters/postgres/audit/auditor.ts"
import * as PostgresClient from "./adapters/postgres/client.ts"
import * as PostgresInbox from "./adapters/postgres/inbox.ts"
import * as InboxPartitions from "./adapters/postgres/inbox-partitions.ts"
import * as KeyRetention from "./adapters/postgres/key-retention.ts"
import { migrated } from "./adapters/postgres/migrations.ts"
import * as PostgresOutbox from "./adapters/postgres/outbox.ts"
import * as OutboxPartitions from "./adapters/postgres/outbox-partitions.ts"
import * as PoolWait from "./adapters/postgres/pool-wait.ts"
import * as Pools from "./adapters/postgres/pools.ts"
import * as TimelineRetention from "./adapters/postgres/timeline-retention.ts"
import * as Logs from "./adapters/system/log-level.ts"
import * as ThreadMeter from "./adapters/system/thread-meter.ts"
import { THREAD } from "./adapters/system/thread-name.ts"
import * as FactsServe from "./adapters/threads/facts/serve.ts"
import * as FactPipeline from "./app/fact-pipeline.ts"

const { audit, connections, databaseUrl, kafka, shippingAfterMs, ...retention } = FactsServe.settings()
const consumers = FactPipeline.consumers({ shippingAfterMs })

NodeRuntime.runMain(
  FactsServe.serve(
    FactPipeline.layer(consumers, kafka === null ? FactPipeline.unwanted(consumers) : []).pipe(
      Layer.provide(
        kafka === null ? MemoryEventStream.layer(consumers.map(({ name }) => name)) : KafkaStream.layer(kafka),
      ),
      Layer.provide(Layer.mergeAll(PostgresOutbox.layer, PostgresInbox.layer)),
      Layer.provide(InboxPartitions.layer),
      Layer.merge(OutboxPartitions.layer(retention.outboxRetentionHours)),
      Layer.merge(KeyRetention.layer(retention.idempotencyRetentionHours)),
      Layer.merge(TimelineRetention.layer(retention.timelineRetentionHours)),
      Layer.merge(audit === "on" ? Auditor.layer : Layer.empty),
      Layer.merge(ThreadMeter.layer()),
      Layer.merge(PoolWait.layer(THREAD)),
      // A standby of a newer version waits here until its process has taken the lanes, and migrated the database.
      Layer.provide(Layer.effectDiscard(migrated)),
      Layer.provide(PostgresClient.layer(databaseUrl, Pools.ofFacts(connections))),
      Layer.provide(Layer.mergeAll(FactsServe.probe, FactsServe.wake)),
    ),
  ).pipe(Effect.provide(Logs.layer())),
)
