/**
 * Verification: proves a database right or wrong, from SQL alone; reads only. Each check is one statement, in a snapshot of its own.
 *
 * Why it exists: a doubter should not have to believe our code. What is checked stands in `stock.ts`, `products.ts`,
 * `facts.ts`, `history.ts`, `effects.ts`, `orders.ts`, `money.ts`, `shipments.ts` and `missing-shipments.ts`, a query a law, each
 * returning the rows that break it.
 *
 * Law: I1, I2, I3, I5, I7, I11, I13 to I15. Safe beside a running service: each check sees one moment, and every moment must be lawful. Tables
 * that are compared are read by the same statement, so nothing is gained by one snapshot for all checks; it would keep dead rows for as
 * long as all of them take.
 * Limits: a snapshot is open for as long as the longest check takes.
 * Fails: DatabaseUnusable, one line.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseUnusable } from "../suitability.ts"
import type { Check } from "./check.ts"
import { EFFECT_CHECKS } from "./effects.ts"
import { FACT_CHECKS } from "./facts.ts"
import { goesOnFrom, type Head, HISTORY_CHECKS } from "./history.ts"
import { MISSING_SHIPMENT_CHECKS } from "./missing-shipments.ts"
import { MONEY_CHECKS } from "./money.ts"
import { ORDER_CHECKS } from "./orders.ts"
import { PRODUCT_CHECKS } from "./products.ts"
import { SHIPMENT_CHECKS } from "./shipments.ts"
import { STOCK_CHECKS } from "./stock.ts"

export interface Verdict {
  readonly law: Check["law"]
  readonly name: string
  /** How many rows break it. */
  readonly violations: number
  /** The first of them. */
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}

export interface Report {
  readonly ok: boolean
  readonly checks: ReadonlyArray<Verdict>
}

/** Offending rows shown a check: enough to see the pattern. */
const ROWS_SHOWN = 20

export const CHECKS: ReadonlyArray<Check> = [
  ...STOCK_CHECKS,
  ...PRODUCT_CHECKS,
  ...FACT_CHECKS,
  ...HISTORY_CHECKS,
  ...EFFECT_CHECKS,
  ...ORDER_CHECKS,
  ...MONEY_CHECKS,
  ...SHIPMENT_CHECKS,
  ...MISSING_SHIPMENT_CHECKS,
]

/**
 * These queries read everything, so they undo what the pool sets for small look-ups: whole tables are scanned and hashed,
 * and it takes as long as it takes.
 */
const SETTINGS = ["enable_seqscan = on", "statement_timeout = 0", "work_mem = '64MB'"]

const runCheck = ({ law, name, parameters, query }: Check) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql.unsafe<{ readonly found: string }>(
      `with broken as materialized (${query})
       select json_build_object('violations', (select count(*) from broken),
         'rows', (select coalesce(json_agg(shown), '[]') from (select * from broken limit ${ROWS_SHOWN}) shown))::text as found`,
      parameters,
    )
    const found = JSON.parse(rows[0]!.found) as Pick<Verdict, "violations" | "rows">
    return { law, name, ...found } satisfies Verdict
  })

const inItsSnapshot = (check: Check) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    return yield* Effect.forEach(SETTINGS, (setting) => sql.unsafe(`set local ${setting}`), { discard: true }).pipe(
      Effect.andThen(runCheck(check)),
      sql.withTransaction,
      Effect.provideService(SqlClient.BeginTransaction, "begin read only"),
    )
  })

const unreadable = (error: SqlError) => {
  const cause: unknown = error.reason.cause
  const why = cause instanceof Error ? cause.message : error.message
  return Effect.fail(new DatabaseUnusable({ message: `the verification could not read the database: ${why}` }))
}

/** `noted`: heads that the history has to go on from. */
export const verifyFrom = Effect.fnUntraced(
  function* (noted: ReadonlyArray<Head>) {
    const sql = yield* PgClient.PgClient
    const tables = yield* sql<{ readonly found: boolean }>`select to_regclass('outbox') is not null as found`
    if (!tables[0]!.found)
      return yield* new DatabaseUnusable({ message: "this database has no shop in it: run `jaego migrate` first" })
    const asked = noted.length === 0 ? CHECKS : [...CHECKS, goesOnFrom(noted)]
    const checks = yield* Effect.forEach(asked, inItsSnapshot)
    return { ok: checks.every((check) => check.violations === 0), checks } satisfies Report
  },
  Effect.catchTag("SqlError", unreadable),
)

export const verify: Effect.Effect<Report, DatabaseUnusable, PgClient.PgClient> = verifyFrom([])
