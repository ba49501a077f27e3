/** The books, the workers that write them, and what becomes of the facts that are written. */
import { Effect, Layer } from "effect"
import * as EmbeddedPostgres from "../adapters/embedded-postgres/server.ts"
import * as MemoryBooks from "../adapters/memory/books.ts"
import * as MemoryEventStream from "../adapters/memory/event-stream.ts"
import * as PostgresBooks from "../adapters/postgres/books.ts"
import * as PostgresClient from "../adapters/postgres/client.ts"
import * as Pools from "../adapters/postgres/pools.ts"
import * as Suitability from "../adapters/postgres/suitability.ts"
import * as TransactionalWorkers from "../adapters/postgres/transactional/workers.ts"
import * as FactsThread from "../adapters/threads/facts/link.ts"
import * as InventoryThreads from "../adapters/threads/inventory/workers.ts"
import * as Facts from "../app/facts.ts"
import * as LocalWorkers from "../app/inventory/local-workers.ts"
import type { Config } from "../config/config.ts"
import * as SingleInventory from "./single-inventory.ts"

export const layer = (config: Config) => (config.database.store === "memory" ? memory(config) : postgres(config))

/** Everything in this thread, nothing durable. */
const memory = ({ shipping }: Config) => {
  const consumers = Facts.consumers(shipping.consumers)
  const facts = Facts.layer(consumers, Facts.unwanted(consumers)).pipe(
    Layer.provide(MemoryEventStream.layer(consumers.map(({ name }) => name))),
  )
  return LocalWorkers.layer.pipe(Layer.provide(facts), Layer.provideMerge(MemoryBooks.layer))
}

/** Workers and facts on threads of their own, so that they hold up no request. */
const postgres = (config: Config) =>
  Layer.unwrap(
    Effect.map(databaseUrl(config), (url) =>
      workers(config, url).pipe(
        Layer.provide(facts(config, url)),
        Layer.provideMerge(PostgresBooks.layer),
        Layer.provide(Layer.effectDiscard(Suitability.hasRoom(config.database.connections.all))),
        Layer.provide(PostgresClient.layer(url, Pools.ofMain(config.database.connections.main))),
      ),
    ),
  )

const databaseUrl = ({ database: { home, url } }: Config) =>
  url === null ? Effect.map(EmbeddedPostgres.start(home), (embedded) => embedded.url) : Effect.succeed(url)

/** Owners on threads, or one transaction a command. */
const workers = ({ cache, database: { connections }, inventory }: Config, databaseUrl: string) =>
  inventory.guard !== null
    ? TransactionalWorkers.layer.pipe(
        Layer.provide(SingleInventory.layer(inventory.guard, connections.commands, cache.redis)),
      )
    : InventoryThreads.layer(
        new URL("../inventory-thread.ts", import.meta.url),
        { databaseUrl, connections: connections.worker },
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
        kafka: events.kafka,
        ...shipping.consumers,
      })
