/** Postgres keeps the contract of shipments. */
import { Layer } from "effect"
import * as PostgresInbox from "../../../src/adapters/postgres/inbox.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresShipments from "../../../src/adapters/postgres/shipments.ts"
import * as PostgresTimeline from "../../../src/adapters/postgres/timeline.ts"
import { shipmentsContract } from "../../contracts/shipments.ts"
import { freshClient } from "../../support/postgres.ts"

const postgres = Layer.mergeAll(
  PostgresLedger.layer,
  PostgresLease.layer,
  PostgresInbox.layer,
  PostgresShipments.layer,
  PostgresTimeline.layer,
).pipe(Layer.provide(freshClient))

shipmentsContract("postgres", postgres)
