/**
 * All books of the shop on one Postgres, brought up to date first, unless an owner of an older version runs on it: then this
 * process stands by, and brings them up to date when it takes over. Fails: DatabaseUnusable, one line.
 */
import { Effect, Layer } from "effect"
import * as PostgresCatalog from "./catalog.ts"
import * as PostgresClient from "./client.ts"
import * as PostgresLease from "./lease.ts"
import * as PostgresLedger from "./ledger.ts"
import { migrate } from "./migrations.ts"
import * as PostgresOrderBook from "./order-book.ts"
import * as PostgresShipments from "./shipments.ts"
import * as PostgresWriteTrial from "./write-trial.ts"

const prepared = Effect.catchTag(migrate, "LanesOwned", () =>
  Effect.logInfo("an older version owns the lanes: the database is migrated when it ends"),
)

export const layer = Layer.mergeAll(
  PostgresLedger.layer,
  PostgresCatalog.layer,
  PostgresOrderBook.layer,
  PostgresShipments.layer,
  PostgresLease.layer,
  PostgresWriteTrial.layer,
).pipe(Layer.provide(Layer.effectDiscard(prepared)))

/** On a client of their own. */
export const at = (url: string) => Layer.provide(layer, PostgresClient.layer(url))
