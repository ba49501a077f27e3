/** Postgres keeps the contract of every port it implements. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as PostgresCatalog from "../../../src/adapters/postgres/catalog.ts"
import * as PostgresCommittedOrders from "../../../src/adapters/postgres/committed-orders.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import * as PostgresOutbox from "../../../src/adapters/postgres/outbox.ts"
import * as PostgresUnsettled from "../../../src/adapters/postgres/unsettled.ts"
import { catalogContract } from "../../contracts/catalog.ts"
import { leaseContract, Severing } from "../../contracts/lease.ts"
import { ledgerContract } from "../../contracts/ledger.ts"
import { orderBookContract } from "../../contracts/order-book.ts"
import { LeadershipSevering, outboxContract } from "../../contracts/outbox.ts"
import { freshClient } from "../../support/postgres.ts"

const severing = Layer.effect(
  Severing,
  Effect.map(PgClient.PgClient, (sql) => ({
    sever: terminateHolder(sql, "jaego lease"),
  })),
)

const turnSevering = Layer.effect(
  LeadershipSevering,
  Effect.map(PgClient.PgClient, (sql) => ({
    sever: terminateHolder(sql, "jaego relay"),
  })),
)

/** The holder of the lock, not those that wait for it; waits until its backend is gone. */
function terminateHolder(sql: PgClient.PgClient, name: string) {
  return sql`
    select pg_terminate_backend(l.pid, 5000) from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and a.application_name = ${name}
      and l.database = (select oid from pg_database where datname = current_database())`
}

const postgres = Layer.mergeAll(
  PostgresLedger.layer,
  PostgresLease.layer,
  PostgresCatalog.layer,
  PostgresOrderBook.layer,
  PostgresUnsettled.layer,
  PostgresCommittedOrders.layer,
  PostgresOutbox.layer,
  severing,
  turnSevering,
).pipe(Layer.provide(freshClient))

ledgerContract("postgres", postgres)
catalogContract("postgres", postgres)
orderBookContract("postgres", postgres)
leaseContract("postgres", postgres)
outboxContract("postgres", postgres)
