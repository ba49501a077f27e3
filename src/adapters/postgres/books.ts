/** All books of the shop on one Postgres, brought up to date first. Fails: DatabaseUnusable, one line. */
import { Effect, Layer } from "effect"
import * as PostgresCatalog from "./catalog.ts"
import * as PostgresClient from "./client.ts"
import * as PostgresLease from "./lease.ts"
import * as PostgresLedger from "./ledger.ts"
import { migrate } from "./migrations.ts"
import * as PostgresOrderBook from "./order-book.ts"
import * as OutboxPartitions from "./outbox-partitions.ts"
import * as PostgresShipments from "./shipments.ts"

export const layer = (url: string) =>
  Layer.mergeAll(
    PostgresLedger.layer,
    PostgresCatalog.layer,
    PostgresOrderBook.layer,
    PostgresShipments.layer,
    PostgresLease.layer,
  ).pipe(
    Layer.provide(Layer.effectDiscard(Effect.andThen(migrate, OutboxPartitions.makeAhead))),
    Layer.provide(PostgresClient.layer(url)),
  )
