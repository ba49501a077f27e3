/** Keepers of imports keep their contract, in memory and on a real database. */
import { Layer } from "effect"
import * as MemoryImports from "../../src/adapters/memory/imports.ts"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as PostgresImports from "../../src/adapters/postgres/imports.ts"
import * as PostgresLease from "../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../src/adapters/postgres/ledger.ts"
import { freshClient } from "../support/postgres.ts"
import { runAll } from "./check.ts"
import { checks } from "./imports.ts"

const memory = Layer.mergeAll(MemoryLedger.layer, MemoryLease.layer, MemoryImports.layer).pipe(
  Layer.provide(Store.layer),
)
const postgres = Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer, PostgresImports.layer).pipe(
  Layer.provide(freshClient),
)

runAll("imports (memory)", checks, memory)
runAll("imports (postgres)", checks, postgres)
