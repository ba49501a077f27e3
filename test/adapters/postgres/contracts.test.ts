/** Postgres keeps the contract of every port it implements. */
import { Layer } from "effect"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { ledgerContract } from "../../contracts/ledger.ts"
import { freshClient } from "../../support/postgres.ts"

ledgerContract("postgres", Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provide(freshClient)))
