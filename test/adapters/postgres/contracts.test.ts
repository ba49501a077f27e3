/** Postgres keeps the contract of every port it implements. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as PostgresCatalog from "../../../src/adapters/postgres/catalog.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import { catalogContract } from "../../contracts/catalog.ts"
import { leaseContract, Severing } from "../../contracts/lease.ts"
import { ledgerContract } from "../../contracts/ledger.ts"
import { orderBookContract } from "../../contracts/order-book.ts"
import { freshClient } from "../../support/postgres.ts"

const severing = Layer.effect(
  Severing,
  Effect.map(PgClient.PgClient, (sql) => ({
    // Whoever holds the lease, not those who wait for it; waits until its backend is gone.
    sever: sql`
      select pg_terminate_backend(l.pid, 5000) from pg_locks l
      where l.locktype = 'advisory' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())`,
  })),
)

const postgres = Layer.mergeAll(
  PostgresLedger.layer,
  PostgresLease.layer,
  PostgresCatalog.layer,
  PostgresOrderBook.layer,
  severing,
).pipe(Layer.provide(freshClient))

ledgerContract("postgres", postgres)
catalogContract("postgres", postgres)
orderBookContract("postgres", postgres)
leaseContract("postgres", postgres)
