/** Every service of one store, for tests that do not care which is which. The service itself puts them together one by one. */
import { Effect, Layer } from "effect"
import * as MemoryCatalog from "../../src/adapters/memory/catalog.ts"
import * as MemoryExplanations from "../../src/adapters/memory/explanations.ts"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryOrderBook from "../../src/adapters/memory/order-book.ts"
import * as MemoryOutbox from "../../src/adapters/memory/outbox.ts"
import * as MemoryShipments from "../../src/adapters/memory/shipments.ts"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import * as MemoryUnsettled from "../../src/adapters/memory/unsettled.ts"
import * as PostgresCatalog from "../../src/adapters/postgres/catalog.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as PostgresExplanations from "../../src/adapters/postgres/explanations.ts"
import * as PostgresInbox from "../../src/adapters/postgres/inbox.ts"
import * as PostgresLease from "../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../src/adapters/postgres/ledger.ts"
import * as Migrations from "../../src/adapters/postgres/migrations.ts"
import * as PostgresOrderBook from "../../src/adapters/postgres/order-book.ts"
import * as PostgresShipments from "../../src/adapters/postgres/shipments.ts"
import * as PostgresTimeline from "../../src/adapters/postgres/timeline.ts"
import * as PostgresUnsettled from "../../src/adapters/postgres/unsettled.ts"

/** On these tables. */
export const memoryOn = (store: Layer.Layer<MemoryStore.Store>) =>
  Layer.mergeAll(
    MemoryLedger.layer,
    MemoryUnsettled.layer,
    MemoryCatalog.layer,
    MemoryOrderBook.layer,
    MemoryExplanations.layer,
    MemoryShipments.layer,
    MemoryOutbox.layer,
    MemoryInbox.layer,
    MemoryLease.layer,
  ).pipe(Layer.provideMerge(store))

export const memory = memoryOn(MemoryStore.layer)

/** On a database of this build's schema, or an empty one. */
export const postgres = (url: string) =>
  Layer.mergeAll(
    PostgresLedger.layer,
    PostgresUnsettled.layer,
    PostgresCatalog.layer,
    PostgresOrderBook.layer,
    PostgresExplanations.layer,
    PostgresShipments.layer,
    PostgresInbox.layer,
    PostgresTimeline.layer,
    PostgresLease.layer,
  ).pipe(Layer.provide(Layer.effectDiscard(Effect.orDie(Migrations.migrate))), Layer.provide(PostgresClient.layer(url)))
