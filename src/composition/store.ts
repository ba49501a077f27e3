/**
 * Where each service is kept: what decides, what is only shown (which a cache or a replica may stand before), the workers that
 * write, and what becomes of the facts that are written.
 */
import { Effect, Layer } from "effect"
import * as DiskRoom from "../adapters/embedded-postgres/disk-room.ts"
import * as EmbeddedPostgres from "../adapters/embedded-postgres/server.ts"
import * as MemoryCatalog from "../adapters/memory/catalog.ts"
import * as MemoryCommittedOrders from "../adapters/memory/committed-orders.ts"
import * as MemoryEventStream from "../adapters/memory/event-stream.ts"
import * as MemoryExplanations from "../adapters/memory/explanations.ts"
import * as MemoryImports from "../adapters/memory/imports.ts"
import * as MemoryInbox from "../adapters/memory/inbox.ts"
import * as MemoryLease from "../adapters/memory/lease.ts"
import * as MemoryLedger from "../adapters/memory/ledger.ts"
import * as MemoryOrderBook from "../adapters/memory/order-book.ts"
import * as MemoryOutbox from "../adapters/memory/outbox.ts"
import * as MemoryPauses from "../adapters/memory/pauses.ts"
import * as MemoryShipments from "../adapters/memory/shipments.ts"
import * as MemoryStore from "../adapters/memory/store.ts"
import * as MemoryUnsettled from "../adapters/memory/unsettled.ts"
import * as MemoryViewCounts from "../adapters/memory/view-counts.ts"
import * as MemoryWriteTrial from "../adapters/memory/write-trial.ts"
import * as Backlog from "../adapters/postgres/backlog.ts"
import * as PostgresCatalog from "../adapters/postgres/catalog.ts"
import * as PostgresClient from "../adapters/postgres/client.ts"
import * as PostgresCommittedOrders from "../adapters/postgres/committed-orders.ts"
import * as DatabaseSize from "../adapters/postgres/database-size.ts"
import * as PostgresExplanations from "../adapters/postgres/explanations.ts"
import * as PostgresImports from "../adapters/postgres/imports.ts"
import * as PostgresInbox from "../adapters/postgres/inbox.ts"
import * as PostgresLease from "../adapters/postgres/lease.ts"
import * as PostgresLedger from "../adapters/postgres/ledger.ts"
import * as LogPosition from "../adapters/postgres/log-position.ts"
import * as Migrations from "../adapters/postgres/migrations.ts"
import * as OldestSnapshot from "../adapters/postgres/oldest-snapshot.ts"
import * as PostgresOrderBook from "../adapters/postgres/order-book.ts"
import * as PostgresPauses from "../adapters/postgres/pauses.ts"
import * as PoolWait from "../adapters/postgres/pool-wait.ts"
import * as Pools from "../adapters/postgres/pools.ts"
import * as Replicas from "../adapters/postgres/replicas.ts"
import * as PostgresShipments from "../adapters/postgres/shipments.ts"
import * as Suitability from "../adapters/postgres/suitability.ts"
import * as PostgresTimeline from "../adapters/postgres/timeline.ts"
import * as TransactionalWorkers from "../adapters/postgres/transactional/workers.ts"
import * as PostgresUnsettled from "../adapters/postgres/unsettled.ts"
import * as PostgresViewCounts from "../adapters/postgres/view-counts.ts"
import * as PostgresWriteTrial from "../adapters/postgres/write-trial.ts"
import { THREAD } from "../adapters/system/thread-name.ts"
import * as FactsThread from "../adapters/threads/facts/link.ts"
import * as InventoryThreads from "../adapters/threads/inventory/workers.ts"
import * as FactPipeline from "../app/fact-pipeline.ts"
import * as LocalWorkers from "../app/inventory/local-workers.ts"
import type { Config } from "../config/config.ts"
import * as Position from "../ports/position.ts"
import * as SingleInventory from "./single-inventory.ts"

export const layer = (config: Config) => (config.database.store === "memory" ? memory(config) : postgres(config))

/** Everything in this thread, nothing durable. */
const memory = ({ inventory, shipping }: Config) => {
  const consumers = FactPipeline.consumers(shipping.consumers)
  const facts = FactPipeline.layer(consumers, FactPipeline.unwanted(consumers)).pipe(
    Layer.provide(MemoryEventStream.layer(consumers.map(({ name }) => name))),
  )
  const deciding = Layer.mergeAll(
    MemoryLedger.layer,
    MemoryUnsettled.layer,
    MemoryCommittedOrders.layer,
    MemoryShipments.layer,
    MemoryOutbox.layer,
    MemoryInbox.layer,
    MemoryLease.layer,
    MemoryImports.layer,
    MemoryPauses.layer,
    MemoryWriteTrial.layer,
  )
  const shown = Layer.mergeAll(
    MemoryCatalog.layer,
    MemoryOrderBook.layer,
    MemoryViewCounts.layer,
    MemoryExplanations.layer,
  )
  return LocalWorkers.layer.pipe(
    Layer.provide(facts),
    Layer.provideMerge(Layer.merge(deciding, shown)),
    Layer.provide(Layer.succeed(LocalWorkers.HoldsPerCustomer, inventory.holdsPerCustomer)),
    Layer.provide(Layer.succeed(LocalWorkers.BatchSizeMax, inventory.batchSizeMax)),
    Layer.provide(MemoryStore.layer),
  )
}

/** An older version may own the lanes: then this process stands by, and brings the tables up to date when it takes over. */
const migrated = Effect.catchTag(Migrations.migrate, "LanesOwned", () =>
  Effect.logInfo("an older version owns the lanes: the database is migrated when it ends"),
)

/** On the primary, never behind what was committed. */
const deciding = Layer.mergeAll(
  PostgresLedger.layer,
  PostgresUnsettled.layer,
  PostgresCommittedOrders.layer,
  PostgresImports.layer,
  PostgresPauses.layer,
  PostgresShipments.layer,
  PostgresInbox.layer,
  PostgresLease.layer,
  PostgresWriteTrial.layer,
)

/** What may be behind. */
const shown = Layer.mergeAll(
  PostgresCatalog.layer,
  PostgresOrderBook.layer,
  PostgresTimeline.layer,
  PostgresViewCounts.layer,
  PostgresExplanations.layer,
)

/** Workers and facts on threads of their own, so that they hold up no request. */
const postgres = (config: Config) => {
  const { connections, replicas } = config.database
  const pools = Pools.ofMain(connections.main)
  const positions = replicas.length === 0 ? null : Position.share(config.inventory.workers)
  return Layer.unwrap(
    Effect.map(databaseUrl(config), (url) =>
      workers(config, url, positions).pipe(
        Layer.provide(facts(config, url)),
        Layer.provideMerge(Layer.merge(deciding, Layer.provide(shown, Replicas.layer(replicas, pools)))),
        Layer.provide(LogPosition.layer(positions, Position.MAIN)),
        Layer.merge(Layer.succeed(Position.Reached, positions)),
        Layer.provide(Layer.merge(Backlog.layer, DatabaseSize.layer)),
        Layer.merge(Layer.mergeAll(OldestSnapshot.layer, PoolWait.layer(THREAD), room(config))),
        Layer.provide(Layer.effectDiscard(migrated)),
        Layer.provide(Layer.effectDiscard(Suitability.hasRoom(connections.all))),
        Layer.provide(PostgresClient.layer(url, pools)),
      ),
    ),
  )
}

/** The disk of a database that is elsewhere is not seen from here. */
const room = ({ database: { home, url } }: Config) => (url === null ? DiskRoom.layer(home) : Layer.empty)

const databaseUrl = ({ database: { home, url } }: Config) =>
  url === null ? Effect.map(EmbeddedPostgres.start(home), (embedded) => embedded.url) : Effect.succeed(url)

/** Owners on threads, or one transaction a command. */
const workers = (
  { cache, database: { connections }, inventory }: Config,
  databaseUrl: string,
  positions: Position.Slots | null,
) =>
  inventory.guard !== null
    ? TransactionalWorkers.layer.pipe(
        Layer.provide(SingleInventory.layer(inventory.guard, connections.commands, cache.redis)),
      )
    : InventoryThreads.layer(
        new URL("../inventory-thread.ts", import.meta.url),
        {
          databaseUrl,
          connections: connections.worker,
          holdsPerCustomer: inventory.holdsPerCustomer,
          batchSizeMax: inventory.batchSizeMax,
          positions,
        },
        inventory.workers,
      )

const facts = ({ database: { connections }, events, shipping }: Config, databaseUrl: string) =>
  events.facts === "off"
    ? Layer.empty
    : FactsThread.layer(new URL("../facts-thread.ts", import.meta.url), {
        databaseUrl,
        connections: connections.facts,
        outboxRetentionHours: events.outboxRetentionHours,
        idempotencyRetentionHours: events.idempotencyRetentionHours,
        timelineRetentionHours: events.timelineRetentionHours,
        audit: events.audit,
        kafka: events.kafka,
        ...shipping.consumers,
      })
